use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::super::model::{Field, Fields};
use super::names::{Place, binding, local};
use super::{Parts, fields};

pub(super) fn parts(name: &Ident, members: &Fields, extensible: bool) -> Parts {
    let place = Place::Struct(name);
    let described = fields::describe(members, &place);
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
        quote!(let #names = if #input.is_empty() { #absent } else { #reads #names };)
    });
    let skip = extensible.then(|| quote!(#input.rest();));
    quote!(#(#versions)* #skip)
}

/// What a field is that was not sent.
fn absent(field: &Field) -> TokenStream {
    match field.attributes.default.as_ref().and_then(|absent| absent.value.as_ref()) {
        Some(value) => quote!(#value),
        None => quote!(__mario::Default::default()),
    }
}

fn tuple(parts: impl Iterator<Item = TokenStream>) -> TokenStream {
    let parts: Vec<_> = parts.collect();
    match parts.as_slice() {
        [part] => part.clone(),
        parts => quote!((#(#parts),*)),
    }
}
