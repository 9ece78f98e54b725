//! The number that matches a reply to its request.

use super::super::model::{Body, Packet};
use super::super::types::{Kind, kind};
use crate::errors::Errors;

pub(super) fn check(packet: &Packet, errors: &Errors) {
    let marked = packet.fields().filter_map(|field| Some((field, field.attributes.correlation.as_ref()?)));
    for (index, (field, correlation)) in marked.enumerate() {
        if matches!(packet.body, Body::Enum(_)) {
            errors.at(
                correlation,
                "every value of a packet has a correlation, or none: put it into a struct around the enum",
            );
        } else if index > 0 {
            errors.at(correlation, "a packet has one correlation: remove this one");
        }
        let unsigned = ["u8", "u16", "u32", "u64"];
        let is_unsigned =
            matches!(kind(&field.ty), Kind::Number(name) if unsigned.iter().any(|known| name == known));
        if !is_unsigned || field.integer().is_some() {
            errors.at(
                &field.ty,
                format!("a correlation is a plain number: one of `{}`", unsigned.join("`, `")),
            );
        }
    }
}
