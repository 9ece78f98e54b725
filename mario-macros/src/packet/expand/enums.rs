use proc_macro2::{Ident, Literal};
use quote::{format_ident, quote};

use super::super::model::Enum;
use super::names::{Place, binding, local};
use super::{Parts, fields};

pub(super) fn parts(name: &Ident, body: &Enum) -> Parts {
    let Some(tag) = &body.tag else { unreachable!("an enum without a tag has been reported") };
    let scalar = format_ident!("{}", tag.to_string().to_uppercase());
    let (order, number) = match tag.to_string().as_str() {
        "u8" | "i8" => (quote!(Little), quote!(#tag)),
        _ if body.big_endian => (quote!(Big), quote!(__mario::Big<#tag>)),
        _ => (quote!(Little), quote!(#tag)),
    };
    let (input, out, start) = (local("input"), local("out"), local("start"));

    let mut described = Vec::new();
    let mut encoded = Vec::new();
    let mut decoded = Vec::new();
    for (index, variant) in body.variants.iter().enumerate() {
        let place = Place::Variant(name, variant, index);
        let (text, doc) = (variant.name.to_string(), &variant.doc);
        let value = Literal::i128_unsuffixed(variant.value);

        let list = fields::describe(&variant.fields, &place);
        described
            .push(quote!(__mario::Variant { name: #text, doc: #doc, value: #value as i64, fields: #list }));

        let pattern = fields::pattern(&variant.fields, &place);
        let writes = fields::encode(&variant.fields, &place, |field| {
            let name = binding(field);
            quote!(#name)
        });
        encoded.push(quote!(#pattern => { #out.tag::<#number>(#value)?; #writes }));

        let (reads, value_of) = fields::decode(&variant.fields, &place);
        decoded.push(quote!(#value => { #reads #value_of }));
    }

    Parts {
        shape: quote!(__mario::Shape::Enum { tag: __mario::Scalar::#scalar, order: __mario::Order::#order, variants: &[#(#described),*] }),
        encode: quote! {
            match self { #(#encoded)* }
            __mario::Ok(())
        },
        decode: (
            quote!(let #start = #input.offset();),
            quote! {
                match #input.tag::<#number>()? {
                    #(#decoded)*
                    found => {
                        let kind = __mario::DecodeErrorKind::UnknownValue { found: found as i64 };
                        return __mario::Err(__mario::DecodeError::new(kind, #start));
                    }
                }
            },
        ),
    }
}
