//! The command whose request a packet is.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::super::model::Packet;
use crate::id;
use crate::lifetimes::{borrows, with_lifetimes};

/// Nothing if the packet names no command.
pub(super) fn request(packet: &Packet) -> TokenStream {
    let Packet { command: Some(command), .. } = packet else { return TokenStream::new() };
    let free = id::value_is_free(command);
    let request = impls(packet, &quote!(#command));
    quote!(#request #free)
}

/// What stands in for it beside a packet with mistakes.
pub(in super::super) fn stub(packet: &Packet) -> TokenStream {
    match packet.command {
        Some(_) => impls(packet, &quote!(__mario::STUB)),
        None => TokenStream::new(),
    }
}

fn impls(packet: &Packet, command: &TokenStream) -> TokenStream {
    let Packet { name, generics, reply, .. } = packet;
    let (impl_generics, arguments, bounds) = generics.split_for_impl();
    let answered = match reply {
        Some(reply) => {
            let ty = with_lifetimes(reply, "'static");
            quote_spanned!(reply.span()=> type Reply = #ty;)
        }
        None => quote!(
            type Reply = __mario::NoReply;
        ),
    };
    let owned = reply.as_ref().filter(|reply| !borrows(reply)).map(|reply| {
        // Told at the reply, but not the user's path, which an import of theirs could make too long.
        let span = Span::mixed_site().located_at(reply.span());
        let owned = quote_spanned!(span=> __mario::OwnedReply);
        quote! {
            #[automatically_derived]
            impl #impl_generics #owned for #name #arguments #bounds {}
        }
    });
    quote! {
        #[automatically_derived]
        impl #impl_generics __mario::Request for #name #arguments #bounds {
            const COMMAND: u16 = #command;
            #answered
        }

        #owned
    }
}
