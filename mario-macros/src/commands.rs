//! `commands![…]`: a list of handlers → a constant table.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Error, Expr, Path, PathArguments, Token};

use crate::errors::Errors;

pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let errors = Errors::new();
    let commands = read(input, &errors);
    match errors.finish() {
        Ok(()) => table(&commands),
        Err(messages) => {
            let table = table(&commands);
            quote!({ #messages #table })
        }
    }
}

/// The paths of the list; what is no path is told and left out.
fn read(input: TokenStream, errors: &Errors) -> Vec<Path> {
    let list = match Punctuated::<Expr, Token![,]>::parse_terminated.parse2(input) {
        Ok(list) => list,
        Err(error) => {
            errors
                .add(Error::new(error.span(), "`commands!` takes functions: `commands![login, chat::say]`"));
            return Vec::new();
        }
    };
    let mut paths = Vec::new();
    for entry in list {
        match entry {
            Expr::Path(entry) if entry.qself.is_none() && entry.attrs.is_empty() => {
                if entry.path.segments.iter().all(|segment| matches!(segment.arguments, PathArguments::None))
                {
                    paths.push(entry.path);
                } else {
                    errors.at(&entry, "a command has no type parameters: write the function's name alone");
                }
            }
            other => errors.at(
                &other,
                "not the name of a function: `commands!` takes what `#[mario::command(id)]` is on",
            ),
        }
    }
    paths
}

/// The service is not named: the commands, or what the table is for, tell it to the compiler.
fn table(commands: &[Path]) -> TokenStream {
    let commands_of = |path: &Path| quote_spanned! {path.span()=> <#path as __mario::Command>::Command };
    let names = commands.iter().map(|path| {
        let command = commands_of(path);
        quote_spanned! {path.span()=> __mario::name::<#command>() }
    });
    let entries = commands.iter().map(|path| {
        let command = commands_of(path);
        quote_spanned! {path.span()=> __mario::entry::<_, #command>() }
    });
    let distinct = commands.iter().enumerate().map(|(at, path)| {
        quote_spanned! {path.span()=> const _: () = if !__DISTINCT { __mario::assert_distinct(__NAMES, #at) }; }
    });
    quote! {{
        use ::mario::__private as __mario;

        const __NAMES: &[(u16, &str)] = &[#(#names),*];
        const __DISTINCT: bool = __mario::all_distinct(__NAMES);
        #(#distinct)*
        const __PAGES: usize = __mario::page_count(__NAMES);
        __mario::Commands::new(const { &__mario::Table::<_, _, __PAGES>::new(__NAMES, [#(#entries),*]) })
    }}
}
