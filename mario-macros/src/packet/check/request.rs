//! What a request says of its command.

use super::super::model::Packet;
use crate::errors::Errors;
use crate::id;

pub(super) fn check(packet: &Packet, errors: &Errors) {
    match (&packet.command, &packet.reply) {
        (Some(command), _) => id::is_free(command, errors),
        (None, Some(reply)) if !packet.is_unclear() => errors.at(
            reply,
            "a `reply` answers the command whose request this is: name it too, for example `command = 0x0602`",
        ),
        (None, _) => {}
    }
}
