//! The code: the only stage that knows `quote`.
//!
//! Each packet becomes three impls in a block of its own, in which `__mario` is the library's hidden module.

mod asserts;
mod describe;
mod enums;
mod fields;
mod format;
mod names;
pub(super) mod request;
mod rules;
mod structs;

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{ExprPath, GenericParam, Ident, Lifetime, LifetimeParam};

use super::model::{Body, Field, Packet, policy};
use crate::text::text;
use names::local;

/// What is different between a struct and an enum.
struct Parts {
    shape: TokenStream,
    encode: TokenStream,
    /// The statements that read, and the value that they lead to.
    decode: (TokenStream, TokenStream),
}

pub(super) fn packet(packet: &Packet) -> TokenStream {
    let Packet { name, generics, krate, doc, check, extensible, body, .. } = packet;
    let Parts { shape, encode, decode } = match body {
        Body::Struct(fields) => structs::parts(name, fields, extensible.is_some()),
        Body::Enum(body) => enums::parts(name, body),
        Body::Unsupported => return TokenStream::new(),
    };
    let text_of_name = name.to_string();
    let correlation = correlation(packet);
    let overflow = overflow(packet);
    let any_bytes = any_bytes(packet);
    let request = request::request(packet);
    let (encode, decode) = checked(check.as_ref(), encode, decode);
    let asserts = asserts::of(packet);
    let no_flags = packet.fields().any(|field| field.attributes.bits.is_some()).then(|| {
        quote!(
            #[allow(unused_imports)]
            use __mario::NoFlags as _;
        )
    });
    let checked_by = match check {
        Some(check) => {
            let text = text(check);
            quote!(__mario::Some(#text))
        }
        None => quote!(__mario::None),
    };
    let (input, out) = (local("input"), local("out"));
    let (impl_generics, arguments, bounds) = generics.split_for_impl();

    let mut decoding = generics.clone();
    let payload = packet.lifetime().cloned().unwrap_or_else(|| Lifetime::new("'a", Span::mixed_site()));
    if packet.lifetime().is_none() {
        decoding.params.insert(0, GenericParam::Lifetime(LifetimeParam::new(payload.clone())));
    }
    let (decode_generics, _, _) = decoding.split_for_impl();

    quote! {
        const _: () = {
            use #krate::__private as __mario;
            #no_flags

            #[automatically_derived]
            impl #impl_generics __mario::Packet for #name #arguments #bounds {
                const DESCRIPTION: &'static __mario::Description =
                    &__mario::Description { name: #text_of_name, doc: #doc, check: #checked_by, shape: #shape };
                #overflow
                #correlation
            }

            #[automatically_derived]
            impl #impl_generics __mario::Encode for #name #arguments #bounds {
                const SIZE: __mario::Size = <Self as __mario::Packet>::DESCRIPTION.size();
                const TYPE: __mario::Type = __mario::Type::Packet(<Self as __mario::Packet>::DESCRIPTION);
                #any_bytes

                #[inline]
                fn encode(&self, #out: &mut __mario::Encoder<'_>) -> __mario::Result<(), __mario::EncodeError> {
                    #encode
                }
            }

            #[automatically_derived]
            impl #decode_generics __mario::Decode<#payload> for #name #arguments #bounds {
                #[inline]
                fn decode(#input: &mut __mario::Decoder<#payload>) -> __mario::Result<Self, __mario::DecodeError> {
                    #decode
                }
            }

            #request

            #asserts
        };
    }
}

/// What becomes of it if its peer reads too slowly, unless that is as usual.
fn overflow(packet: &Packet) -> Option<TokenStream> {
    let name = packet.overflow.as_ref()?;
    let policy = Ident::new(policy(name)?, name.span());
    Some(quote!(const OVERFLOW: __mario::Overflow = __mario::Overflow::#policy;))
}

/// The bodies of both functions, with the user's check of the whole packet if there is one.
fn checked(
    check: Option<&ExprPath>,
    encode: TokenStream,
    (reads, value): (TokenStream, TokenStream),
) -> (TokenStream, TokenStream) {
    let Some(check) = check else {
        return (encode, quote!(#reads __mario::Ok(#value)));
    };
    let (input, start, packet) = (local("input"), local("start_of_packet"), local("packet"));
    let (sent, read) = (rules::judged(check, &quote!(self)), rules::judged(check, &quote!(&#packet)));
    let encode = quote! {
        if !#sent {
            return __mario::Err(__mario::EncodeError::new(__mario::EncodeErrorKind::Refused));
        }
        #encode
    };
    let decode = quote! {
        let #start = #input.offset();
        #reads
        let #packet = #value;
        if !#read {
            return __mario::Err(__mario::DecodeError::new(__mario::DecodeErrorKind::Refused, #start));
        }
        __mario::Ok(#packet)
    };
    (encode, decode)
}

/// Says that reading one can't fail, if that is for the fields' types to say.
fn any_bytes(packet: &Packet) -> Option<TokenStream> {
    let has_rules = packet.check.is_some() || packet.fields().any(rules::may_refuse);
    (!has_rules && matches!(packet.body, Body::Struct(_))).then(|| {
        quote!(
            const ANY_BYTES: bool = <Self as __mario::Packet>::DESCRIPTION.any_bytes();
        )
    })
}

/// The two methods of the field that a reply is matched to its request by, if there is one.
fn correlation(packet: &Packet) -> Option<TokenStream> {
    let Field { member, ty, .. } = packet.fields().find(|field| field.attributes.correlation.is_some())?;
    Some(quote! {
        #[inline]
        fn correlation(&self) -> __mario::Option<u64> {
            __mario::Some(self.#member as u64)
        }

        #[inline]
        fn set_correlation(&mut self, correlation: u64) {
            self.#member = correlation as #ty;
        }
    })
}
