use proc_macro2::Ident;
use quote::quote;

use super::super::model::Fields;
use super::names::Place;
use super::{Parts, fields};

pub(super) fn parts(name: &Ident, members: &Fields) -> Parts {
    let place = Place::Struct(name);
    let described = fields::describe(members, &place);
    let writes = fields::encode(members, &place, |field| {
        let member = &field.member;
        quote!(&self.#member)
    });
    Parts {
        shape: quote!(__mario::Shape::Struct { fields: #described }),
        encode: quote!(#writes __mario::Ok(())),
        decode: fields::decode(members, &place),
    }
}
