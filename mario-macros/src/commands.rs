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

fn table(commands: &[Path]) -> TokenStream {
    let Some(first) = commands.first() else {
        return quote!(::mario::__private::Commands::new(&[0; 256], &[], &[]));
    };
    let entries =
        commands.iter().map(|path| quote_spanned! {path.span()=> __mario::entry::<__Service, #path>() });
    let distinct = commands.iter().enumerate().map(|(at, path)| {
        quote_spanned! {path.span()=> const _: () = if !__DISTINCT { __mario::assert_distinct(__ENTRIES, #at) }; }
    });
    quote! {{
        use ::mario::__private as __mario;

        type __Service = <#first as __mario::Command>::Service;
        const __ENTRIES: &[__mario::Entry<__Service>] = &[#(#entries),*];
        const __DISTINCT: bool = __mario::all_distinct(__ENTRIES);
        #(#distinct)*
        const __DIRECTORY: &[u16; 256] = &__mario::directory(__ENTRIES);
        const __PAGES: &[__mario::Page<__Service>] =
            &__mario::pages::<__Service, { __mario::page_count(__ENTRIES) }>(__ENTRIES);
        __mario::Commands::new(__DIRECTORY, __PAGES, __ENTRIES)
    }}
}
