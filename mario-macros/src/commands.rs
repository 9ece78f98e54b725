//! `commands![…]`: a list of handlers → a constant table.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
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
///
/// Each command is imported, which brings the type beside the function too. A function without the attribute has no such
/// type: then the name is found in the block around, as a type of which the compiler says what it lacks.
fn table(commands: &[Path]) -> TokenStream {
    let imported = commands.iter().map(past_variables);
    let aliases: Vec<_> = commands.iter().enumerate().map(|(at, path)| alias(at, path)).collect();
    let command_of = |alias: &Ident| quote_spanned! {alias.span()=> <#alias as __mario::Command>::Command };
    let names = aliases.iter().map(|alias| {
        let command = command_of(alias);
        quote_spanned! {alias.span()=> __mario::name::<#command>() }
    });
    let entries = aliases.iter().map(|alias| {
        let command = command_of(alias);
        quote_spanned! {alias.span()=> __mario::entry::<_, #command>() }
    });
    let distinct = aliases.iter().enumerate().map(|(at, alias)| {
        quote_spanned! {alias.span()=> const _: () = if !__DISTINCT { __mario::assert_distinct(__NAMES, #at) }; }
    });
    quote! {{
        #[allow(unused_imports)]
        mod __no_commands {
            pub(super) use ::mario::__private::{#(NoCommand as #aliases),*};
        }

        #[allow(unused_imports)]
        use __no_commands::*;

        {
            use ::mario::__private as __mario;

            #[allow(unused_imports)]
            use {#(#imported as #aliases),*};

            const __NAMES: &[(u16, &str)] = &[#(#names),*];
            const __DISTINCT: bool = __mario::all_distinct(__NAMES);
            #(#distinct)*
            const __PAGES: usize = __mario::page_count(__NAMES);
            __mario::Commands::new(const { &__mario::Table::<_, _, __PAGES>::new(__NAMES, [#(#entries),*]) })
        }
    }}
}

/// The name that the command number `at` has in the table's block, at the last word of its path.
fn alias(at: usize, path: &Path) -> Ident {
    let place = path.segments.last().map_or_else(|| path.span(), |last| last.ident.span());
    format_ident!("Command{at}", span = place)
}

/// The same path, which means no variable around the list that happens to have the name of the function.
fn past_variables(path: &Path) -> TokenStream {
    match path.get_ident() {
        Some(name) => {
            let mut name = name.clone();
            name.set_span(Span::mixed_site().located_at(name.span()));
            name.into_token_stream()
        }
        None => path.to_token_stream(),
    }
}
