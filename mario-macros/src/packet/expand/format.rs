use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Expr, Ident, Type};

use super::super::model::Field;
use super::super::types::{Kind, kind};

/// The type that says how a field is written: its own, or a format of the library's if its attributes say otherwise.
pub(super) fn of(field: &Field) -> TokenStream {
    let Field { ty, attributes, .. } = field;
    if let Some(len) = &attributes.c_text {
        return quote!(__mario::CText<#ty, { #len }>);
    }
    if let Some(integer) = field.integer() {
        let one_byte = integer == "u8" || integer == "i8";
        return if field.big_endian && !one_byte { quote!(__mario::Big<#integer>) } else { quote!(#integer) };
    }
    let options = Options {
        prefix: attributes.prefix.as_ref(),
        rest: attributes.rest.is_some(),
        max: attributes.max.as_ref(),
        big_endian: field.big_endian,
    };
    options.format(ty).unwrap_or_else(|| quote!(#ty))
}

/// What attributes say about a type, and about what it is made of.
struct Options<'m> {
    prefix: Option<&'m Ident>,
    rest: bool,
    max: Option<&'m Expr>,
    big_endian: bool,
}

impl Options<'_> {
    /// The format of `ty`, if it is not the type itself.
    fn format(&self, ty: &Type) -> Option<TokenStream> {
        match kind(ty) {
            Kind::Number(name) if self.big_endian && name != "u8" && name != "i8" => {
                Some(quote!(__mario::Big<#ty>))
            }
            Kind::Text | Kind::Bytes | Kind::LazyList(_) => self.counted(quote!(#ty), false),
            Kind::List(item) => match self.of_items().format(item) {
                Some(item) => self.counted(quote!(__mario::Items<#item>), true),
                None => self.counted(quote!(#ty), false),
            },
            Kind::Option(inner) => self.format(inner).map(|inner| quote!(__mario::Opt<#inner>)),
            Kind::Array(item, len) => {
                self.of_items().format(item).map(|item| quote!(__mario::Array<#item, { #len }>))
            }
            Kind::Number(_) | Kind::Bool | Kind::Other => None,
        }
    }

    /// The format of a body with a length, or of the rest.
    fn counted(&self, body: TokenStream, formatted: bool) -> Option<TokenStream> {
        let max = self.max.map(|max| quote!(, { #max }));
        if self.rest {
            return Some(quote!(__mario::Rest<#body #max>));
        }
        if !formatted && max.is_none() && self.prefix.is_none() && !self.big_endian {
            return None;
        }
        let prefix = self.prefix.cloned().unwrap_or_else(|| format_ident!("u16"));
        let prefix =
            if self.big_endian && prefix != "u8" { quote!(__mario::Big<#prefix>) } else { quote!(#prefix) };
        Some(quote!(__mario::Prefixed<#body, #prefix #max>))
    }

    /// Lengths are said of the whole, and the order of bytes of everything in it.
    fn of_items(&self) -> Self {
        Self { prefix: None, rest: false, max: None, big_endian: self.big_endian }
    }
}
