//! The rules, a function a rule. Each reports at the token that has to change, and says what to write instead.

mod attributes;
mod correlation;
mod declaration;
mod evolution;
mod request;

use super::model::Packet;
use crate::errors::Errors;

pub(super) fn all(packet: &Packet, errors: &Errors) {
    declaration::check(packet, errors);
    attributes::check(packet, errors);
    evolution::check(packet, errors);
    correlation::check(packet, errors);
    request::check(packet, errors);
}
