use proc_macro2::TokenStream;
use quote::quote;
use syn::GenericParam;

use super::expand::request;
use super::model::Packet;
use super::types;

/// The impls without their insides: what uses the packet compiles, and the mistake stays the only message.
///
/// None for what has no fixed size in memory: `Decode` asks for one, and that would be a second message.
pub(super) fn packet(packet: &Packet) -> TokenStream {
    if packet.fields().any(|field| types::is_unsized(&field.ty)) {
        return TokenStream::new();
    }
    let Packet { name, generics, krate, .. } = packet;
    let (impl_generics, arguments, bounds) = generics.split_for_impl();

    // `Decode` has a lifetime of its own, which no parameter of the user's can be in the way of.
    let mut decoding = generics.clone();
    decoding.params.insert(0, GenericParam::Lifetime(syn::parse_quote!('__payload)));
    let (decode_generics, _, _) = decoding.split_for_impl();

    let request = request::stub(packet);

    quote! {
        const _: () = {
            use #krate::__private as __mario;

            #[automatically_derived]
            impl #impl_generics __mario::Packet for #name #arguments #bounds {}

            #[automatically_derived]
            impl #impl_generics __mario::Encode for #name #arguments #bounds {
                const SIZE: __mario::Size = __mario::Size { min: 1, max: __mario::None, open: false };

                fn encode(&self, _: &mut __mario::Encoder<'_>) -> __mario::Result<(), __mario::EncodeError> {
                    loop {}
                }
            }

            #[automatically_derived]
            impl #decode_generics __mario::Decode<'__payload> for #name #arguments #bounds {
                fn decode(_: &mut __mario::Decoder<'__payload>) -> __mario::Result<Self, __mario::DecodeError> {
                    loop {}
                }
            }

            #request
        };
    }
}
