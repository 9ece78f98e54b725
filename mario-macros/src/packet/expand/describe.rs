//! Fields as constant data.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Expr, ExprRange, RangeLimits};

use super::super::model::{Field, Fields};
use super::super::types::{Kind, kind};
use super::names::Place;
use super::{fields, rules};
use crate::text::text;

/// The list of the fields, of which the first starts `at` so many bytes.
pub(super) fn fields(fields: &Fields, at: usize, place: &Place<'_>) -> TokenStream {
    if fields.all.is_empty() {
        return quote!(&[]);
    }
    let at = Literal::usize_unsuffixed(at);
    let fields = fields.all.iter().map(|field| described(field, place));
    quote!(&__mario::fields(#at, [#(#fields),*]))
}

/// The number of a variant that stands for many.
pub(super) fn number(field: Option<&Field>, format: &TokenStream, place: &Place<'_>) -> TokenStream {
    let Some(field) = field else { return quote!(__mario::None) };
    let (path, doc) = (place.path(field), &field.doc);
    quote!(__mario::Some(__mario::number::<#format>(#path, #doc)))
}

fn described(field: &Field, place: &Place<'_>) -> TokenStream {
    let (doc, path) = (&field.doc, place.path(field));
    let attributes = &field.attributes;
    let format = fields::format_of(field);
    let travels = fields::travels(field);
    let range = range(field).map(|(start, end)| quote!(.in_range(#start, #end)));
    let check = attributes.check.as_ref().map(text).map(|check| quote!(.checked(#check)));
    let flags = attributes.bits.as_ref().map(|_| quote!(.flags()));
    let correlation = attributes.correlation.as_ref().map(|_| quote!(.correlation()));
    let since = attributes.default.as_ref().map(|absent| {
        let version = Literal::u16_unsuffixed(field.since());
        let default = absent.value.as_ref().map_or_else(|| "Default::default()".to_owned(), text);
        quote!(.since(#version, #default))
    });
    // Where these tokens stand is where a mistake in the type is reported.
    let described = quote_spanned! {fields::place_of(field)=>
        __mario::field::<#format>(#path, #doc) #range #check #flags #correlation #since
    };
    match travels {
        None => described,
        Some(travels) => quote!({ #travels #described }),
    }
}

/// The ends of the range, each as a number of the field's type.
fn range(field: &Field) -> Option<(TokenStream, TokenStream)> {
    let Kind::Number(ty) = kind(&field.ty) else { return None };
    let ExprRange { start, limits, end, .. } = field.attributes.range()?;
    let end_is = match limits {
        RangeLimits::HalfOpen(_) => quote!(Excluded),
        RangeLimits::Closed(_) => quote!(Included),
    };
    Some((bound(start.as_deref(), &quote!(Included), ty), bound(end.as_deref(), &end_is, ty)))
}

fn bound(end: Option<&Expr>, is: &TokenStream, ty: &Ident) -> TokenStream {
    let Some(end) = end else { return quote!(__mario::Bound::Unbounded) };
    let end = rules::end(end, ty);
    quote!(__mario::Bound::#is(__mario::Number::#ty(#end)))
}
