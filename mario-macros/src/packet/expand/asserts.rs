//! What only the compiler can see: each in a constant of its own, at the token that has to change.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Type};

use super::super::model::{Body, Field, Packet};
use super::super::types::{self, Kind, kind};
use super::fields;
use super::names::located_at;
use crate::lifetimes::with_lifetimes;

/// The constants that do not compile where the packet can't travel.
pub(super) fn of(packet: &Packet) -> TokenStream {
    let name = &packet.name;
    let statics = packet.lifetime().map(|_| quote!(<'static>));
    let mut asserts = quote_spanned! {name.span()=>
        const _: () = __mario::assert_fits_frame::<#name #statics>();
    };
    if let Body::Enum(body) = &packet.body {
        for (index, variant) in
            body.variants.iter().enumerate().filter(|(_, variant)| may_be_large(&variant.fields.all))
        {
            asserts.extend(quote_spanned! {variant.name.span()=>
                const _: () = __mario::assert_variant_fits_frame::<#name #statics>(#index);
            });
        }
    }
    for fields in packet.field_lists() {
        for (index, field) in fields.all.iter().enumerate().filter(|(_, field)| field.integer().is_none()) {
            if index + 1 < fields.all.len() {
                asserts.extend(ends(&field.ty, &field.ty));
            }
            asserts.extend(items(&field.ty, &field.ty));
            asserts.extend(limit(field));
        }
    }
    asserts
}

fn may_be_large(fields: &[Field]) -> bool {
    fields.iter().any(|field| matches!(kind(&field.ty), Kind::Array(..) | Kind::Other))
}

/// Of a field that others follow; `whole` is its type.
fn ends(ty: &Type, whole: &Type) -> Option<TokenStream> {
    match kind(ty) {
        Kind::Option(inner) => ends(inner, whole),
        Kind::Other if types::names_users_type(ty) => Some(assert(ty, whole, &quote!(assert_ends))),
        _ => None,
    }
}

/// Of all lists and arrays in the type, which is in the type `whole` of the field.
fn items(ty: &Type, whole: &Type) -> TokenStream {
    let mut asserts = TokenStream::new();
    let (item, is_list) = match kind(ty) {
        Kind::List(item) | Kind::LazyList(item) => (item, true),
        Kind::Array(item, _) => (item, false),
        Kind::Option(inner) => return items(inner, whole),
        _ => return asserts,
    };
    if types::names_users_type(item) {
        asserts.extend(assert(item, whole, &quote!(assert_repeats)));
    }
    if is_list && matches!(kind(item), Kind::Other | Kind::Array(..)) {
        asserts.extend(assert(item, whole, &quote!(assert_some_bytes)));
    }
    asserts.extend(items(item, whole));
    asserts
}

fn assert(ty: &Type, whole: &Type, what: &TokenStream) -> TokenStream {
    let at = types::place(ty);
    // What is no type of the wire is told as everywhere else.
    let travels = types::names_users_type(ty).then(|| fields::type_travels(whole));
    let ty = located_at(at, with_lifetimes(ty, "'static"));
    let assert = quote_spanned!(at=> __mario::#what::<#ty>());
    quote!(const _: () = { #travels #assert };)
}

/// Of a limit that is no literal.
fn limit(field: &Field) -> Option<TokenStream> {
    let max = field.attributes.max.as_ref().filter(|max| !matches!(max, Expr::Lit(_)))?;
    let prefix = field.attributes.prefix.as_ref().map_or_else(|| quote!(u16), ToTokens::to_token_stream);
    (field.attributes.rest.is_none())
        .then(|| quote_spanned!(max.span()=> const _: () = __mario::assert_limit::<#prefix>(#max);))
}
