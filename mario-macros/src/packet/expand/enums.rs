use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

use super::super::model::{Enum, Variant};
use super::super::types;
use super::names::{Place, binding, local};
use super::{Parts, describe, fields};

pub(super) fn parts(name: &Ident, body: &Enum) -> Parts {
    let Some(tag) = &body.tag else { unreachable!("an enum without a tag has been reported") };
    let has_order = tag != "u8" && tag != "i8";
    let (order, number) = match body.big_endian && has_order {
        true => (quote!(Big), quote!(__mario::Big<#tag>)),
        false => (quote!(Little), quote!(#tag)),
    };
    let places =
        || body.variants.iter().enumerate().map(|(index, variant)| Place::Variant(name, variant, index));

    let described =
        body.variants.iter().zip(places()).map(|(variant, place)| describe(variant, &place, tag, &number));
    let encoded = body.variants.iter().zip(places()).map(|(variant, place)| encode(variant, &place, &number));
    let (others, declared): (Vec<_>, Vec<_>) =
        body.variants.iter().zip(places()).partition(|(variant, _)| variant.other.is_some());
    let decoded = declared.iter().map(|(variant, place)| decode(variant, place));
    let otherwise = others.first().map_or_else(unknown_value, |(variant, place)| decode(variant, place));

    let scalar = format_ident!("{}", tag.to_string().to_uppercase());
    let (input, start) = (local("input"), local("start"));
    Parts {
        shape: quote! {
            __mario::Shape::Enum {
                tag: __mario::Scalar::#scalar,
                order: __mario::Order::#order,
                variants: &[#(#described),*],
            }
        },
        encode: quote! {
            match self { #(#encoded)* }
            __mario::Ok(())
        },
        decode: (
            if others.is_empty() { quote!(let #start = #input.offset();) } else { TokenStream::new() },
            quote! {
                match #input.tag::<#number>()? { #(#decoded)* #otherwise }
            },
        ),
    }
}

fn describe(variant: &Variant, place: &Place<'_>, tag: &Ident, number: &TokenStream) -> TokenStream {
    let (name, doc, other) = (variant.name.to_string(), &variant.doc, variant.other.is_some());
    let value = Literal::i128_unsuffixed(variant.value);
    let number = describe::number(variant.fields.number.as_deref(), number, place);
    let fields = describe::fields(&variant.fields, types::width(tag), place);
    quote! {
        __mario::Variant {
            name: #name,
            doc: #doc,
            value: #value as i64,
            other: #other,
            number: #number,
            fields: #fields,
        }
    }
}

fn encode(variant: &Variant, place: &Place<'_>, number: &TokenStream) -> TokenStream {
    let out = local("out");
    let pattern = fields::pattern(&variant.fields, place);
    let writes = fields::encode(&variant.fields, place, |field| {
        let name = binding(field);
        quote!(#name)
    });
    let value = match &variant.fields.number {
        Some(field) => {
            let name = binding(field);
            quote!(*#name)
        }
        None => {
            let value = Literal::i128_unsuffixed(variant.value);
            quote!(#value)
        }
    };
    quote!(#pattern => { #out.tag::<#number>(#value)?; #writes })
}

fn decode(variant: &Variant, place: &Place<'_>) -> TokenStream {
    let reads = fields::decode(&variant.fields, 0..variant.fields.all.len(), place);
    let value = fields::pattern(&variant.fields, place);
    match &variant.fields.number {
        Some(field) => {
            let name = binding(field);
            quote!(#name => { #reads #value })
        }
        None => {
            let number = Literal::i128_unsuffixed(variant.value);
            quote!(#number => { #reads #value })
        }
    }
}

fn unknown_value() -> TokenStream {
    let (found, start) = (local("found"), local("start"));
    quote! {
        #found => {
            let kind = __mario::DecodeErrorKind::UnknownValue { found: #found as i64 };
            return __mario::Err(__mario::DecodeError::new(kind, #start));
        }
    }
}
