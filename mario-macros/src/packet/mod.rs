//! `#[derive(Packet)]`: attributes → model → checks → code.

mod attributes;
mod check;
mod expand;
mod model;
mod stub;
mod types;

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::errors::Errors;
use model::Packet;

pub(crate) fn derive(input: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    let errors = Errors::new();
    let packet = Packet::read(&input, &errors);
    check::all(&packet, &errors);
    match errors.finish() {
        Ok(()) if packet.is_numbered() => expand::packet(&packet),
        // Rustc says what is wrong, and no more than that.
        Ok(()) => stub::packet(&packet),
        Err(messages) => {
            let stub = stub::packet(&packet);
            quote!(#messages #stub)
        }
    }
}
