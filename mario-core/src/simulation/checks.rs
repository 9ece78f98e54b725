//! What has to hold: whenever the service hears something, whenever a connection ends, and whenever all wait.

mod counting;
mod ending;
mod receiving;
mod resting;
mod speed;

use std::time::Duration;

use mario_proto::HEADER_LEN;

use super::settings::Settings;
use super::sockets::address_of;
use super::wire::{Place, Wire};
use super::world::State;
use crate::parts::buffers::SEGMENT;

pub(super) use counting::counting;
pub(super) use ending::{closing, ending};
pub(super) use receiving::receiving;
pub(super) use resting::{delivering, resting};

type Check = Result<(), String>;

/// How long a closed connection may go on sending: the worker's.
const LINGER: Duration = Duration::from_secs(1);

/// Deadlines and timers are of whole milliseconds, deadlines of odd ones.
pub(super) const GRAIN: Duration = Duration::from_millis(3);

/// The service learns of a connection.
pub(super) fn beginning(state: &State, number: usize) -> Check {
    let wire = &state.wires[number];
    if wire.expected.begin.is_none_or(|begin| wire.read < begin) {
        return Err(format!("client {number}: connected after {} bytes, before its header", wire.read));
    }
    let peer = address_of(number).ip();
    let alike = |other: &usize| {
        let wire = &state.wires[*other];
        wire.expected.counts
            && wire.life.connected
            && wire.closed.is_none()
            && address_of(*other).ip() == peer
    };
    let alike = (0..state.wires.len()).filter(alike).count();
    match state.settings.per_address {
        Some(most) if alike > most as usize => {
            Err(format!("client {number}: connected, and {peer} has {alike} connections of {most}"))
        }
        _ => Ok(()),
    }
}

/// The service has taken one more frame.
pub(super) fn hearing(state: &State, number: usize, command: u16) -> Check {
    let wire = &state.wires[number];
    let heard = wire.life.heard;
    if wire.life.awaits && !wire.life.debts.iter().all(|debt| debt.is_free || debt.is_given) {
        return Err(format!("client {number}: frame {heard} is handled before the one before is answered"));
    }
    match wire.expected.steps.iter().filter(|step| step.heard).nth(heard - 1) {
        Some(step) if step.command == command && step.end <= wire.read => Ok(()),
        step => {
            let step = step.map(|step| (step.command, step.end));
            Err(format!(
                "client {number}: frame {heard} is {command:#06x} after {} bytes, not {step:04x?}",
                wire.read
            ))
        }
    }
}

/// Whether the server has read what must end it.
fn ends(wire: &Wire) -> bool {
    wire.expected.ending.is_some_and(|ending| ending.at <= wire.read)
}

/// How many bytes the service has sent at least, and the network has not taken.
fn unsent(wire: &Wire) -> usize {
    let life = &wire.life;
    let news: usize = life.news.iter().map(Vec::len).sum();
    let pushed = life.offers.iter().filter(|offer| offer.must).map(|offer| offer.push.frame.len());
    let answers = life.debts.iter().filter(|debt| debt.must).map(|debt| debt.frame.len());
    (replies(wire) + news + pushed.chain(answers).sum::<usize>()).saturating_sub(wire.written)
}

/// How many bytes of replies have been sent at least.
fn replies(wire: &Wire) -> usize {
    let done = wire.expected.done(wire.life.heard);
    let done = match done {
        // The last one is to come yet.
        [done @ .., _] if wire.life.awaits => done,
        done => done,
    };
    done.iter().map(|step| step.replies.len()).sum()
}

/// How many bytes the service can have sent.
pub(super) fn produced(state: &State, wire: &Wire) -> usize {
    let steps = wire.expected.steps.iter().filter(|step| step.end <= wire.read);
    let replies: usize = steps.map(|step| step.replies.len()).sum();
    let news: usize = wire.life.news.iter().map(Vec::len).sum();
    let broadcast = wire.place.map_or(0, |place| state.posts[place.worker].broadcast);
    replies + news + wire.life.offered + broadcast + HEADER_LEN * pings(state, wire)
}

/// Whether nothing can have kept a connection from getting what was sent to it in its worker's last step.
pub(super) fn is_calm(state: &State, wire: &Wire) -> bool {
    let is_held = |place: Place| {
        state.posts[place.worker]
            .views
            .iter()
            .any(|view| view.held && state.wires[view.wire].id() == wire.id())
    };
    let Settings { is_tight, high_water, .. } = state.settings;
    let waits = wire.calm.map(|written| produced(state, wire).saturating_sub(written));
    !is_tight && !wire.place.is_some_and(is_held) && waits.is_some_and(|waits| waits <= high_water)
}

/// How often a client can have been asked whether it is there.
fn pings(state: &State, wire: &Wire) -> usize {
    let end = wire.life.ended.map_or(state.now, |(_, end)| end);
    let time = (end + state.late + GRAIN).saturating_sub(wire.life.began).as_nanos();
    state.settings.ping.map_or(0, |ping| (time / ping.every.as_nanos()) as usize)
}

/// Whether a peer may be given up that takes as good as nothing.
fn has_stalled(state: &State, wire: &Wire) -> bool {
    let (latest, timeout) = (state.now + GRAIN + state.late, state.settings.write_timeout);
    let before = wire.progress.iter().rev().find(|(at, _)| *at + timeout <= latest);
    let taken = wire.written - before.map_or(0, |(_, written)| *written);
    produced(state, wire) > wire.written && latest >= wire.began + timeout && taken < SEGMENT
}

/// Whether the server may give up on what is unsent, as it is to end.
fn has_given_up(state: &State) -> bool {
    state.orders.stop.is_some_and(|stop| stop + state.settings.shutdown_timeout <= state.now + state.late)
}
