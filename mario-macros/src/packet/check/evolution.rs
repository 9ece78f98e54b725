//! How a packet may grow.

use super::super::attributes::FieldAttributes;
use super::super::model::{Body, Field, Packet};
use crate::errors::Errors;

pub(super) fn check(packet: &Packet, errors: &Errors) {
    let rules = [structs_grow, versions_in_extensible, rest_leaves_nothing, versions_in_order];
    for rule in rules {
        rule(packet, errors);
    }
    let rule = match packet.body {
        Body::Enum(_) => never_absent,
        _ => default_with_since,
    };
    for field in packet.fields().filter(|field| !field.attributes.unclear) {
        rule(field, errors);
    }
}

fn structs_grow(packet: &Packet, errors: &Errors) {
    let Some(extensible) = &packet.extensible else { return };
    if matches!(packet.body, Body::Enum(_)) {
        errors.at(extensible, "an enum grows by variants: keep those of a newer peer with `#[mario(other)]`");
    }
}

fn versions_in_extensible(packet: &Packet, errors: &Errors) {
    if packet.extensible.is_some() || matches!(packet.body, Body::Enum(_)) || packet.is_unclear() {
        return;
    }
    for since in packet.fields().filter_map(|field| field.attributes.since.as_ref()) {
        errors.at(
            since,
            "an older peer refuses a packet that is longer than it knows, unless that is declared \
             `#[mario(extensible)]` from its first version on",
        );
    }
}

fn rest_leaves_nothing(packet: &Packet, errors: &Errors) {
    if packet.extensible.is_none() {
        return;
    }
    for rest in packet.fields().filter_map(|field| field.attributes.rest.as_ref()) {
        errors.at(
            rest,
            "an `extensible` packet may be longer than it says, so nothing can take its rest: use a `prefix`",
        );
    }
}

fn versions_in_order(packet: &Packet, errors: &Errors) {
    let Body::Struct(fields) = &packet.body else { return };
    let mut newest = 1;
    for field in &fields.all {
        match &field.attributes.since {
            None if newest > 1 && !field.attributes.unclear => errors.at(
                &field.ty,
                format!(
                    "an older peer does not send the fields of version {newest} before this one: move it before \
                     them, or add `since`"
                ),
            ),
            None => {}
            Some(since) => match since.base10_parse::<u16>() {
                Err(_) => errors.at(since, "a version is a number from 2 to 65535"),
                Ok(0 | 1) => {
                    errors.at(since, "the first version is 1, and needs no `since`: later ones start at 2");
                }
                Ok(version) if version < newest => {
                    errors.at(since, format!("this stands behind fields of version {newest}: move it before them"));
                }
                Ok(version) => newest = version,
            },
        }
    }
}

/// Of a variant, all fields travel or none.
fn never_absent(field: &Field, errors: &Errors) {
    let FieldAttributes { since, default, .. } = &field.attributes;
    match (since, default) {
        (Some(since), _) => errors.at(
            since,
            "the fields of a variant came with it: add a variant with this field, or put it into an `extensible` \
             struct as the variant's last field",
        ),
        (None, Some(default)) => errors.at(&default.at, "the fields of a variant always travel: remove `default`"),
        (None, None) => {}
    }
}

fn default_with_since(field: &Field, errors: &Errors) {
    match (&field.attributes.since, &field.attributes.default) {
        (Some(since), None) => {
            errors.at(since, "an older peer does not send this field: say what it is then, with `default`");
        }
        (None, Some(default)) => errors.at(
            &default.at,
            "every peer sends this field: `default` is for those that came later, with `since = 2`",
        ),
        _ => {}
    }
}
