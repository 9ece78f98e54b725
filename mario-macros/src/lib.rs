//! The macros of mario. Use them through `mario`, which re-exports them.

use proc_macro::TokenStream;

mod command;
mod commands;
mod errors;
mod packet;

/// Encodes and decodes a struct or a field-less enum as a packet.
#[proc_macro_derive(Packet, attributes(mario))]
pub fn derive_packet(input: TokenStream) -> TokenStream {
    packet::derive(input.into()).into()
}

/// Makes a free function the handler of a command.
#[proc_macro_attribute]
pub fn command(attribute: TokenStream, item: TokenStream) -> TokenStream {
    command::expand(attribute.into(), item.into()).into()
}

/// The constant dispatch table of a service, from a list of handlers.
#[proc_macro]
pub fn commands(input: TokenStream) -> TokenStream {
    commands::expand(input.into()).into()
}
