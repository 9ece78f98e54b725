//! Which attributes make sense on which field.

use quote::ToTokens;
use syn::{Expr, ExprLit, Lit, Type};

use super::super::attributes::FieldAttributes;
use super::super::model::{Field, Fields, Packet, policy};
use super::super::types::{self, Kind, Order};
use crate::errors::Errors;

pub(super) fn check(packet: &Packet, errors: &Errors) {
    let rules = [
        length_of_what_has_one,
        prefix_of_three_widths,
        rest_without_prefix,
        limit_within_prefix,
        c_text_is_text,
        order_of_what_has_one,
        lazy_items_in_their_own_order,
        range_of_number,
        integer_of_fixed_width,
    ];
    for field in packet.fields() {
        for rule in rules {
            rule(field, errors);
        }
    }
    overflow_is_known(packet, errors);
    for fields in packet.field_lists() {
        rest_is_last(fields, errors);
    }
}

fn overflow_is_known(packet: &Packet, errors: &Errors) {
    if let Some(name) = packet.overflow.as_ref().filter(|name| policy(name).is_none()) {
        errors
            .at(name, format!("there is no policy `{name}`: write `close`, `drop_newest` or `keep_latest`"));
    }
}

fn length_of_what_has_one(field: &Field, errors: &Errors) {
    let Field { ty, attributes, .. } = field;
    if has_length(ty) || field.integer().is_some() {
        return;
    }
    if let Some(prefix) = &attributes.prefix {
        errors.at(prefix, "text, bytes and lists have a length, and this has none: remove `prefix`");
    }
    if let Some(rest) = &attributes.rest {
        errors.at(rest, "only text, bytes and lists can take the rest of the payload: remove `rest`");
    }
    if let Some(max) = &attributes.max {
        let instead = match types::kind(ty) {
            Kind::Number(_) => format!("limit a number with `range = ..={}`", max.to_token_stream()),
            _ => "remove `max`".to_owned(),
        };
        errors.at(max, format!("`max` limits the length of text, bytes and lists: {instead}"));
    }
}

fn prefix_of_three_widths(field: &Field, errors: &Errors) {
    let Some(prefix) = &field.attributes.prefix else { return };
    if prefix_range(&prefix.to_string()).is_none() {
        errors.at(prefix, format!("a length is a `u8`, a `u16` or a `u32`, not a `{prefix}`"));
    }
}

fn rest_without_prefix(field: &Field, errors: &Errors) {
    let Some(rest) = &field.attributes.rest else { return };
    if field.attributes.prefix.is_some() {
        errors.at(
            rest,
            "with a `prefix` it has a length, and `rest` says that it has none: remove one of them",
        );
    }
    if matches!(types::kind(&field.ty), Kind::Option(_)) {
        errors.at(rest, "what takes the rest may be empty, so there is no need for an `Option` around it");
    }
}

fn rest_is_last(fields: &Fields, errors: &Errors) {
    let Some((_, others)) = fields.all.split_last() else { return };
    for rest in others.iter().filter_map(|field| field.attributes.rest.as_ref()) {
        errors.at(
            rest,
            "this takes the rest of the payload, so it has to be the last field: move it to the end, or use a `prefix`",
        );
    }
}

fn limit_within_prefix(field: &Field, errors: &Errors) {
    let Some(max) = &field.attributes.max else { return };
    if field.attributes.rest.is_some() || !has_length(&field.ty) || field.attributes.unclear {
        return;
    }
    let prefix = field.attributes.prefix.as_ref().map_or("u16".to_owned(), ToString::to_string);
    let (Some(limit), Some(range)) = (literal(max), prefix_range(&prefix)) else { return };
    if limit > range {
        let wider = if limit > u16::MAX.into() { "u32" } else { "u16" };
        errors
            .at(max, format!("a `{prefix}` says {range} at most: use `prefix = {wider}`, or a lower `max`"));
    }
}

fn c_text_is_text(field: &Field, errors: &Errors) {
    let Some(c_text) = &field.attributes.c_text else { return };
    if !matches!(types::kind(&field.ty), Kind::Text) {
        errors.at(&field.ty, "`c_text` is text in a fixed number of bytes: use `&'a str` or `String`");
    }
    let others = &field.attributes;
    if others.prefix.is_some() || others.rest.is_some() || others.max.is_some() {
        errors.at(
            c_text,
            "`c_text` always takes this many bytes: remove `prefix`, `rest` and `max`, which are for other lengths",
        );
    }
}

fn order_of_what_has_one(field: &Field, errors: &Errors) {
    let FieldAttributes { big_endian, prefix, rest, c_text, unclear, .. } = &field.attributes;
    let Some(big_endian) = big_endian else { return };
    let length = has_length(&field.ty) && c_text.is_none() && rest.is_none();
    if field.integer().is_some()
        || *unclear
        || (length && prefix.as_ref().is_none_or(|prefix| prefix != "u8"))
    {
        return;
    }
    match types::order(&field.ty) {
        Order::Some => {}
        Order::None => errors.at(big_endian, "bytes have no order: remove `big_endian`"),
        Order::OfTheType => errors.at(
            big_endian,
            "which byte comes first is for the type itself to say: put `big_endian` on its declaration",
        ),
    }
}

fn lazy_items_in_their_own_order(field: &Field, errors: &Errors) {
    if field.big_endian && matches!(types::kind(&field.ty), Kind::LazyList(_)) {
        errors.at(
            &field.ty,
            "a `List` reads its items as their type says: use `Vec`, or items that are declared `big_endian` themselves",
        );
    }
}

fn range_of_number(field: &Field, errors: &Errors) {
    let FieldAttributes { range: Some(range), unclear, .. } = &field.attributes else { return };
    let is_number = matches!(types::kind(&field.ty), Kind::Number(_)) && field.integer().is_none();
    if !is_number && !unclear {
        errors.at(range, "`range` is for numbers: use `check` with a function of yours");
    } else if field.attributes.range().is_none() {
        errors.at(range, "a range has two dots, and its ends stand here: write `range = 1..=9`");
    }
}

fn integer_of_fixed_width(field: &Field, errors: &Errors) {
    let FieldAttributes { via, bits, prefix, rest, max, c_text, .. } = &field.attributes;
    let Some(integer) = field.integer() else { return };
    let (known, what) = match bits {
        Some(_) => (types::FLAGS, "flags have no sign and at most 64 bits"),
        None => (types::INTEGERS, "it travels as an integer of a fixed width"),
    };
    if via.is_some() && bits.is_some() {
        errors.at(via, "`bits` already says how it travels: remove `via`, or `bits`");
    } else if !known.iter().any(|known| integer == known) {
        errors.at(integer, format!("{what}: use one of `{}`", known.join("`, `")));
    }
    if prefix.is_some() || rest.is_some() || max.is_some() || c_text.is_some() {
        errors.at(integer, "an integer has no length: remove `prefix`, `rest`, `max` and `c_text`");
    }
}

/// Whether `prefix`, `rest` and `max` have a meaning for it.
fn has_length(ty: &Type) -> bool {
    match types::kind(ty) {
        Kind::Text | Kind::Bytes | Kind::List(_) | Kind::LazyList(_) => true,
        Kind::Option(inner) => has_length(inner),
        _ => false,
    }
}

fn prefix_range(prefix: &str) -> Option<u64> {
    match prefix {
        "u8" => Some(u8::MAX.into()),
        "u16" => Some(u16::MAX.into()),
        "u32" => Some(u32::MAX.into()),
        _ => None,
    }
}

fn literal(value: &Expr) -> Option<u64> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Int(int), .. }) => int.base10_parse().ok(),
        _ => None,
    }
}
