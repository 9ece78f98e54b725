use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Path;
use syn::spanned::Spanned;

use super::super::model::{Field, Fields};
use super::names::{Place, binding, local};
use super::{Parts, describe, fields};

pub(super) fn parts(name: &Ident, members: &Fields, extensible: bool) -> Parts {
    let place = Place::Struct(name);
    let described = describe::fields(members, 0, &place);
    let writes = fields::encode(members, &place, |field| {
        let member = &field.member;
        quote!(&self.#member)
    });
    Parts {
        shape: quote!(__mario::Shape::Struct { fields: #described, extensible: #extensible }),
        encode: quote!(#writes __mario::Ok(())),
        decode: (reads(members, &place, extensible), fields::pattern(members, &place)),
    }
}

/// Reads what each version brought, if it was sent, and skips what nobody here knows.
fn reads(members: &Fields, place: &Place<'_>, extensible: bool) -> TokenStream {
    let input = local("input");
    let versions = members.versions().into_iter().map(|version| {
        let reads = fields::decode(members, version.clone(), place);
        let brought = &members.all[version];
        if brought[0].since() == 1 {
            return reads;
        }
        let names = tuple(brought.iter().map(|field| {
            let name = binding(field);
            quote!(#name)
        }));
        let absent = tuple(brought.iter().map(absent));
        let types = tuple(brought.iter().map(|field| field.ty.to_token_stream()));
        quote!(let #names: #types = if #input.is_empty() { #absent } else { #reads #names };)
    });
    let skip = extensible.then(|| quote!(#input.rest();));
    quote!(#(#versions)* #skip)
}

/// What a field is that was not sent.
fn absent(field: &Field) -> TokenStream {
    let (ty, Some(absent)) = (&field.ty, &field.attributes.default) else { return TokenStream::new() };
    match &absent.value {
        Some(value) => quote!(#value),
        None => quote_spanned!(at(&absent.at)=> <#ty as __mario::Default>::default()),
    }
}

/// At the user's word, where a type without a default is reported.
fn at(word: &Path) -> Span {
    Span::call_site().located_at(word.span())
}

fn tuple(parts: impl Iterator<Item = TokenStream>) -> TokenStream {
    let parts: Vec<_> = parts.collect();
    match parts.as_slice() {
        [part] => part.clone(),
        parts => quote!((#(#parts),*)),
    }
}
