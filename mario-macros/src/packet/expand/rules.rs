use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};

use super::super::model::Field;
use super::names::local;

/// The closure that makes what was read into the field's value, or refuses it; `None` if it is that already.
pub(super) fn decode(field: &Field) -> Option<TokenStream> {
    let value = local("value");
    let convert = conversion(field, &value);
    let rules = rules(field, &quote!(&#value));
    if rules.is_empty() && convert.is_none() {
        return None;
    }
    Some(quote!(|#value| {
        #convert
        #rules
        __mario::Ok(#value)
    }))
}

/// Makes the integer that travels into the field's value.
fn conversion(field: &Field, value: &Ident) -> Option<TokenStream> {
    let Field { ty, attributes, .. } = field;
    if attributes.bits.is_some() {
        return Some(quote!(let #value = __mario::known(<#ty>::from_bits(#value), #value)?;));
    }
    let via = attributes.via.as_ref()?;
    Some(quote_spanned!(at(via)=> let #value = <#ty as __mario::From<#via>>::from(#value);))
}

/// A reference to what travels for the value behind the reference `value`.
pub(super) fn travelling(field: &Field, value: TokenStream) -> TokenStream {
    let Field { ty, attributes, .. } = field;
    if attributes.bits.is_some() {
        return quote!(&(#value).bits());
    }
    match &attributes.via {
        Some(via) => {
            quote_spanned!(at(via)=> &<#via as __mario::From<#ty>>::from(__mario::Clone::clone(#value)))
        }
        None => value,
    }
}

/// The closure that refuses what must not be sent; `None` if everything may be.
pub(super) fn encode(field: &Field, value: &TokenStream) -> Option<TokenStream> {
    let rules = rules(field, value);
    (!rules.is_empty()).then(|| {
        quote!(|| {
            #rules
            __mario::Ok(())
        })
    })
}

/// Whether a value of the type that travels may yet be refused when it is read.
pub(super) fn may_refuse(field: &Field) -> bool {
    let attributes = &field.attributes;
    attributes.bits.is_some() || attributes.range.is_some() || attributes.check.is_some()
}

/// At the user's integer, where a missing conversion is reported, and yet known to be generated: else a lint of the
/// user's would find our paths too long.
fn at(integer: &Ident) -> Span {
    Span::call_site().located_at(integer.span())
}

fn rules(field: &Field, value: &TokenStream) -> TokenStream {
    let range = field.attributes.range.as_ref().map(|range| quote!(__mario::within(#value, &(#range))?;));
    let check = field.attributes.check.as_ref().map(|check| quote!(__mario::allowed(#check(#value))?;));
    quote!(#range #check)
}
