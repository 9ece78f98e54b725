//! What a client must have got.

use super::Check;
use crate::simulation::expected::frame;
use crate::simulation::service::{GO_AWAY, HELLO, NEWS, PING, PUSH};
use crate::simulation::world::State;

/// What a client has read is the replies to its requests in order, with what else it was sent between them.
pub(in crate::simulation) fn receiving(state: &State, number: usize) -> Check {
    let wire = &state.wires[number];
    let (ping, mut pings) = (frame(state.settings.wording.stx, PING, b""), super::pings(state, wire));
    let mut replies = wire.expected.steps.iter().flat_map(|step| &step.replies).copied();
    let (mut news, mut pushes) = (wire.life.news.iter(), wire.life.pushes.iter());
    let mut left = &wire.received[..];
    while let Some(header) = left.first_chunk::<8>() {
        let len = usize::from(u16::from_le_bytes([header[4], header[5]])).max(8);
        let (frame, rest) = left.split_at(len.min(left.len()));
        let unasked = match u16::from_le_bytes([header[6], header[7]]) {
            HELLO | GO_AWAY | NEWS => Some(&mut news),
            PUSH => Some(&mut pushes),
            _ => None,
        };
        let is_right = match unasked {
            None if pings > 0 && ping.starts_with(frame) && !frame.is_empty() && frame.len() > 7 => {
                pings -= 1;
                true
            }
            Some(unasked) if unasked.as_slice().first().is_some_and(|next| next.starts_with(frame)) => {
                unasked.next().is_some()
            }
            _ => replies.by_ref().take(frame.len()).eq(frame.iter().copied()),
        };
        if !is_right {
            let at = wire.received.len() - left.len();
            let frame = &frame[..frame.len().min(24)];
            return Err(format!("client {number}: what it gets from byte {at} on is wrong: {frame:02x?}"));
        }
        left = rest;
    }
    Ok(())
}
