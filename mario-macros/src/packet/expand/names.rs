use proc_macro2::{Group, Ident, Literal, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::Member;
use syn::ext::IdentExt;

use super::super::model::{Field, Variant};

/// A variable of generated code, which no field of the same name can shadow.
pub(super) fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// The same tokens, with the same meaning, as if they stood at that place.
pub(super) fn located_at(place: Span, tokens: impl ToTokens) -> TokenStream {
    let tokens = tokens.to_token_stream().into_iter().map(|mut token| {
        let span = token.span().located_at(place);
        if let TokenTree::Group(group) = &token {
            token = Group::new(group.delimiter(), located_at(place, group.stream())).into();
        }
        token.set_span(span);
        token
    });
    tokens.collect()
}

/// The variable that holds a field: its own name, if it has one.
pub(super) fn binding(field: &Field) -> Ident {
    match &field.member {
        Member::Named(name) => name.clone(),
        Member::Unnamed(index) => format_ident!("field_{}", index.index, span = Span::mixed_site()),
    }
}

/// Where fields stand: in a struct, or in a variant of an enum.
pub(super) enum Place<'m> {
    Struct(&'m Ident),
    Variant(&'m Ident, &'m Variant, usize),
}

impl Place<'_> {
    /// What a field is called in errors and descriptions: `SayHello.name`.
    pub(super) fn path(&self, field: &Field) -> String {
        let name = match &field.member {
            Member::Named(name) => name.unraw().to_string(),
            Member::Unnamed(index) => index.index.to_string(),
        };
        match self {
            Self::Struct(packet) => format!("{}.{name}", packet.unraw()),
            Self::Variant(packet, variant, _) => {
                format!("{}.{}.{name}", packet.unraw(), variant.name.unraw())
            }
        }
    }

    /// The path that builds the value.
    pub(super) fn constructor(&self) -> TokenStream {
        match self {
            Self::Struct(_) => quote!(Self),
            Self::Variant(_, variant, _) => {
                let name = &variant.name;
                quote!(Self::#name)
            }
        }
    }

    /// The method that starts the run of the field number `first`.
    pub(super) fn run(&self, first: usize) -> TokenStream {
        let first = Literal::usize_unsuffixed(first);
        match self {
            Self::Struct(_) => quote!(run::<Self, #first>),
            Self::Variant(_, _, index) => {
                let index = Literal::usize_unsuffixed(*index);
                quote!(run_in::<Self, #index, #first>)
            }
        }
    }

    /// The method that goes on to the run of the field number `first`.
    pub(super) fn next_run(&self, first: usize) -> TokenStream {
        let first = Literal::usize_unsuffixed(first);
        match self {
            Self::Struct(_) => quote!(next_run::<Self, #first>),
            Self::Variant(_, _, index) => {
                let index = Literal::usize_unsuffixed(*index);
                quote!(next_run_in::<Self, #index, #first>)
            }
        }
    }
}
