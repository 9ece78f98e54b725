//! What may be declared as a packet.

use syn::{GenericParam, Ident, Path};

use super::super::model::{Body, Enum, Field, Packet};
use super::super::types::{self, Kind};
use crate::errors::Errors;

pub(super) fn check(packet: &Packet, errors: &Errors) {
    let rules = [
        no_type_parameters,
        one_lifetime,
        tag_of_fixed_width,
        some_variant,
        numbers_within_tag,
        other_holds_number,
        types_of_the_wire,
        no_recursion,
    ];
    for rule in rules {
        rule(packet, errors);
    }
}

fn no_type_parameters(packet: &Packet, errors: &Errors) {
    for parameter in &packet.generics.params {
        match parameter {
            GenericParam::Lifetime(_) => {}
            GenericParam::Type(parameter) => errors.at(
                parameter,
                format!(
                    "a packet has one layout, which a type parameter leaves open: write the type itself for `{}`",
                    parameter.ident
                ),
            ),
            GenericParam::Const(parameter) => errors.at(
                parameter,
                format!(
                    "a packet has one layout, which a const parameter leaves open: write the number itself for `{}`",
                    parameter.ident
                ),
            ),
        }
    }
}

fn one_lifetime(packet: &Packet, errors: &Errors) {
    let Some(first) = packet.lifetime() else { return };
    for second in packet.generics.lifetimes().skip(1) {
        errors.at(
            second,
            format!("a packet borrows from one payload, and so has one lifetime: use `{first}` for these fields too"),
        );
    }
}

fn tag_of_fixed_width(packet: &Packet, errors: &Errors) {
    let Body::Enum(body) = &packet.body else { return };
    match &body.tag {
        None if body.variants.is_empty() => {}
        None => errors.at(
            &packet.name,
            "how wide is its number on the wire? Add `#[repr(u8)]`, or another integer of a fixed width",
        ),
        Some(tag) if is_known(tag) => {}
        Some(tag) => {
            let why = match tag.to_string().as_str() {
                "usize" | "isize" => "is not the same width everywhere",
                _ => "is no number of at most 64 bits",
            };
            errors.at(tag, format!("`{tag}` {why}: use one of `{}`", types::TAGS.join("`, `")));
        }
    }
}

fn is_known(tag: &Ident) -> bool {
    types::TAGS.iter().any(|known| tag == known)
}

fn some_variant(packet: &Packet, errors: &Errors) {
    if matches!(&packet.body, Body::Enum(body) if body.variants.is_empty()) {
        errors.at(&packet.name, "an enum without variants has no value that could travel: add a variant");
    }
}

/// Of those that rustc refuses, it says so itself: see `Packet::is_numbered`.
fn numbers_within_tag(packet: &Packet, errors: &Errors) {
    let Body::Enum(Enum { tag: Some(tag), variants, .. }) = &packet.body else { return };
    for variant in variants {
        let (Some(range), Some(number)) = (types::range(tag), &variant.declared) else { continue };
        if variant.value > *range.end() {
            errors.at(
                number,
                format!("a `{tag}` goes up to {}: take a lower number, or a wider `repr`", range.end()),
            );
        }
    }
}

fn other_holds_number(packet: &Packet, errors: &Errors) {
    let Body::Enum(Enum { tag: Some(tag), variants, .. }) = &packet.body else { return };
    if !is_known(tag) {
        return;
    }
    let others = variants.iter().filter_map(|variant| Some((variant, variant.other.as_ref()?)));
    for (index, (variant, other)) in others.enumerate() {
        if index > 0 {
            errors.at(
                other,
                "one variant can stand for all numbers that are not declared: remove this `other`",
            );
        }
        match variant.fields.number.as_deref() {
            None => errors.at(
                &variant.name,
                format!("it stands for many numbers, so it has to hold which: `{}({tag})`", variant.name),
            ),
            Some(Field { ty, attributes, .. }) => {
                if !matches!(types::kind(ty), Kind::Number(name) if name == tag) {
                    errors
                        .at(ty, format!("the first field holds the number that was there: it is a `{tag}`"));
                }
                if let Some(attribute) = &attributes.any {
                    errors.at(
                        attribute,
                        "this field holds the number of the variant, as the `repr` says: remove it",
                    );
                }
            }
        }
    }
}

fn types_of_the_wire(packet: &Packet, errors: &Errors) {
    for field in packet.fields().filter(|field| field.integer().is_none()) {
        types::check(&field.ty, errors);
    }
}

fn no_recursion(packet: &Packet, errors: &Errors) {
    for field in packet.fields() {
        types::each_path(&field.ty, &mut |path| {
            if names(path, &packet.name) || path.is_ident("Self") {
                errors.at(
                    path,
                    "a packet cannot contain itself: whoever sends it would choose how deep the decoder goes",
                );
            }
        });
    }
}

/// Whether the path is that name alone, with or without a lifetime.
fn names(path: &Path, name: &Ident) -> bool {
    path.leading_colon.is_none() && path.segments.len() == 1 && path.segments[0].ident == *name
}
