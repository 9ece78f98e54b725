//! `#[mario::command(id)]`: attribute and function → model → checks → code.

mod check;
mod expand;
mod model;

use proc_macro2::TokenStream;
use quote::quote;
use syn::ItemFn;

use crate::errors::Errors;
use model::Handler;

/// The function as it was written, and beside it what the table needs of it.
pub(crate) fn expand(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let function: ItemFn = match syn::parse2(item.clone()) {
        Ok(function) => function,
        Err(error) => {
            let error = model::not_a_function(&item, &error).into_compile_error();
            return quote!(#error #item);
        }
    };
    let errors = Errors::new();
    let handler = Handler::read(attribute, &function, &errors);
    check::all(&handler, &errors);
    let command = match errors.finish() {
        Ok(()) => expand::command(&handler),
        Err(messages) => {
            let stub = expand::stub(&handler);
            quote!(#messages #stub)
        }
    };
    quote!(#item #command)
}
