use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, ExprPath, ExprRange, Lit};

use super::super::model::Field;
use super::super::types::{Kind, kind};
use super::names::{local, located_at};

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
    if let Some(bits) = &attributes.bits {
        return Some(
            quote_spanned!(at(bits)=> let #value = __mario::known(<#ty>::from_bits(__mario::Bits::resized(#value)), #value)?;),
        );
    }
    let via = attributes.via.as_ref()?;
    Some(quote_spanned!(at(via)=> let #value = <#ty as __mario::Via<#via>>::arrive(#value);))
}

/// A reference to what travels for the value behind the reference `value`.
pub(super) fn travelling(field: &Field, value: TokenStream) -> TokenStream {
    let Field { ty, attributes, .. } = field;
    if let Some(bits) = &attributes.bits {
        return quote_spanned!(at(bits)=> &(#value).bits());
    }
    match &attributes.via {
        Some(via) => {
            quote_spanned!(at(via)=> &<#ty as __mario::Via<#via>>::travel(#value))
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
    let range = range(field).map(|range| quote!(__mario::within(#value, &(#range))?;));
    let check = field.attributes.check.as_ref().map(|check| {
        let judged = judged(check, value);
        quote!(__mario::allowed(#judged)?;)
    });
    quote!(#range #check)
}

/// The field's range, with ends of the field's type.
fn range(field: &Field) -> Option<TokenStream> {
    let Kind::Number(ty) = kind(&field.ty) else { return None };
    let ExprRange { start, limits, end, .. } = field.attributes.range()?;
    let start = start.as_ref().map(|start| self::end(start, ty));
    let end = end.as_ref().map(|end| self::end(end, ty));
    Some(quote!(#start #limits #end))
}

/// An end of a range as a constant of this type: one of another type is then one mistake, wherever it is used.
pub(super) fn end(end: &Expr, ty: &Ident) -> TokenStream {
    match end {
        Expr::Lit(ExprLit { lit: Lit::Int(_), .. }) if !ty.to_string().starts_with('f') => {
            end.to_token_stream()
        }
        _ => quote_spanned!(end.span()=> { const END: #ty = #end; END }),
    }
}

/// The call of a check of the user's own. All of it stands at the check, where it is told what is wrong with that.
pub(super) fn judged(check: &ExprPath, value: &TokenStream) -> TokenStream {
    let at = check.span();
    let value = located_at(at, value);
    quote_spanned!(at=> #check(#value))
}
