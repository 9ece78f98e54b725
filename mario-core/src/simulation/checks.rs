//! What has to hold: whenever the service hears something, whenever a connection ends, and whenever all wait.

use std::sync::Arc;
use std::time::Duration;

use super::expected::{Ending, Why};
use super::service::{GO_AWAY, HELLO, NEWS, PUSH, Welcome};
use super::setup::Settings;
use super::sockets::SimBell;
use super::wire::Wire;
use super::world::{Rest, State, View};
use crate::Reason;
use crate::buffers::SEGMENT;
use crate::mailbox::Mailbox;
use crate::stats::{Counter, Counters, Door};

type Check = Result<(), String>;

/// How long a closed connection may go on sending: the worker's.
const LINGER: Duration = Duration::from_secs(1);

/// Deadlines and timers are of whole milliseconds, deadlines of odd ones.
const GRAIN: Duration = Duration::from_millis(3);

/// The service has taken one more frame.
pub(super) fn hearing(state: &State, number: usize, command: u16) -> Check {
    let wire = &state.wires[number];
    let heard = wire.life.heard;
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

/// The service is told that a connection has ended.
pub(super) fn ending(state: &State, number: usize, reason: Reason) -> Check {
    let (wire, settings, now) = (&state.wires[number], &state.settings, state.now);
    let (life, manners) = (&wire.life, state.manners[number]);
    let due = wire.expected.heard_by(wire.read);
    let is_due = |why: Why| {
        wire.expected.ending.is_some_and(|ending| ending.why == why && ending.at <= wire.read)
            && life.heard == due
    };
    let may = match reason {
        Reason::Closed => wire.end_read && life.heard == due && !ends(wire),
        Reason::TimedOut => {
            let was_silent =
                settings.read_timeout.is_some_and(|timeout| now + GRAIN + state.late >= wire.heard + timeout);
            was_silent || has_stalled(state, wire)
        }
        // It may have waited for its turn, and begun before the last of those that were handled.
        Reason::Incomplete => settings.partial_frame_timeout.is_some_and(|timeout| {
            wire.partial.is_some() && now + GRAIN + state.late >= wire.began + timeout
        }),
        Reason::Error(kind) => wire.errors.contains(&kind),
        Reason::Overflow => settings.is_tight || produced(wire) - life.written > settings.limit,
        Reason::ShutDown => state.orders.stop.is_some(),
        Reason::Panicked => {
            is_due(Why::Panicked)
                || manners.welcome == Welcome::Panic && life.heard == 0
                || manners.drain_panics && life.drained
        }
        Reason::Service => is_due(Why::Service) || manners.welcome == Welcome::Close && life.heard == 0,
        _ => wire.expected.ending.is_some_and(|Ending { why, .. }| why.is(&reason) && is_due(why)),
    };
    if may {
        return Ok(());
    }
    Err(format!(
        "client {number}: it ends for {reason:?}, with {} of {due} frames handled, {} bytes read, {:?} to come",
        life.heard, wire.read, wire.expected.ending
    ))
}

/// The server closes its socket.
pub(super) fn closing(state: &State, number: usize) -> Check {
    let wire = &state.wires[number];
    let life = &wire.life;
    if !life.connected {
        return Ok(());
    }
    let Some((reason, _)) = life.ended else {
        return Err(format!("client {number}: it is closed, and was not reported as disconnected"));
    };
    let is_hopeless = matches!(reason, Reason::Error(_) | Reason::Overflow)
        || !wire.errors.is_empty()
        || state.settings.is_tight
        || has_stalled(state, wire)
        || has_given_up(state);
    let unsent = unsent(wire);
    if unsent > 0 && !is_hopeless {
        return Err(format!("client {number}: it is closed for {reason:?} with {unsent} bytes unsent"));
    }
    let has_lingered = wire.shut.is_some_and(|shut| shut + LINGER <= state.now + state.late);
    if wire.told > wire.read && !is_hopeless && !has_lingered {
        let unread = wire.told - wire.read;
        return Err(format!(
            "client {number}: it is closed for {reason:?} with {unread} bytes known and unread"
        ));
    }
    Ok(())
}

/// What a client has read is the replies to its requests in order, with what else it was sent between them.
pub(super) fn receiving(wire: &Wire, number: usize) -> Check {
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

/// All threads wait, and nothing is under way: whatever can go on has gone on.
pub(super) fn resting(state: &State) -> Check {
    for (post, view) in state.posts.iter().flat_map(|post| post.views.iter().map(move |view| (post, view))) {
        let wire = &state.wires[view.wire];
        if matches!(post.rest, Rest::Until(_)) && wire.closed.is_none() && wire.is_seen {
            goes_on(state, wire, view).map_err(|what| format!("client {}: {what}", view.wire))?;
        }
    }
    for (number, wire) in state.wires.iter().enumerate() {
        let has_slot = state.posts.iter().flat_map(|post| &post.views).any(|view| view.wire == number);
        if wire.place.is_some() && wire.closed.is_none() && !has_slot {
            return Err(format!("client {number}: its socket is open, and it has no slot"));
        }
        let is_on_its_way = wire.place.is_none() && wire.closed.is_none();
        if is_on_its_way && wire.accepted.is_some_and(|at| at + GRAIN + state.late < state.now) {
            return Err(format!("client {number}: it is accepted, and no worker takes it"));
        }
    }
    for (number, door) in state.doors.iter().enumerate() {
        // The longest pause that accepting makes.
        let end = door.moved + Duration::from_secs(1) + GRAIN + state.late;
        if !door.wires.is_empty() && !door.is_closed && end < state.now {
            return Err(format!("listener {number}: {} wait, and are not accepted", door.wires.len()));
        }
    }
    Ok(())
}

fn goes_on(state: &State, wire: &Wire, view: &View) -> Check {
    let Settings { read_timeout, write_timeout, partial_frame_timeout, low_water, .. } = state.settings;
    let is_served = wire.life.ended.is_none();
    let late = state.settings.sweep() + GRAIN + state.late;
    // Who has sent a part of a frame has the time for that.
    let partial = wire.partial.and(partial_frame_timeout).unwrap_or_default();
    let is_past = |deadline: Duration| deadline + late < state.now;
    // Who is held back at its deadline has the whole time again, and that may be more than once.
    let read_timeout = read_timeout.filter(|_| !state.settings.is_throttled());
    let fault = if is_served && !view.held && !wire.inbound.is_empty() {
        "what it has sent is not read"
    } else if is_served && !view.held && wire.finished && !wire.end_read {
        "its end is not read"
    } else if is_served && wire.end_read {
        "its end was read, and it goes on"
    } else if is_served && wire.reset && !view.throttled {
        "its reset is not noticed"
    } else if is_served && !view.held && ends(wire) {
        "what must end it has not"
    } else if view.output > 0 && wire.has_room() {
        "there is room, and what waits is not sent"
    } else if view.held && !view.throttled && view.output <= low_water {
        "it is paused for ever"
    } else if !is_served && view.output == 0 && wire.shut.is_none() {
        "it has ended, and is not closed"
    } else if wire.shut.is_some() && wire.finished {
        "it lingers, and its client has gone"
    } else if wire.shut.is_some_and(|shut| is_past(shut + LINGER)) {
        "it lingers for ever"
    } else if is_served
        && !view.held
        && read_timeout.is_some_and(|timeout| is_past(wire.heard + timeout + partial))
    {
        "it is silent, and does not time out"
    } else if is_served
        && !wire.was_held
        && wire.partial.zip(partial_frame_timeout).is_some_and(|(since, timeout)| is_past(since + timeout))
    {
        "it does not go on with a frame, and does not time out"
    } else if view.since.is_some_and(|since| is_past(since.max(wire.moved) + write_timeout)) {
        "it takes nothing, and does not time out"
    } else if is_served && wire.life.due.iter().any(|due| *due + GRAIN + state.late < state.now) {
        "a timer does not come"
    } else {
        return Ok(());
    };
    Err(format!("{fault}: {view:?}"))
}

/// All threads wait: there is no mail for those that have not ended.
pub(super) fn delivering(mailboxes: &[Arc<Mailbox<SimBell>>]) -> Check {
    match mailboxes.iter().position(|mailbox| !mailbox.has_ended() && !mailbox.mail.is_empty()) {
        Some(worker) => Err(format!("worker {worker}: it has mail, and waits")),
        None => Ok(()),
    }
}

/// What was counted in the whole run is what has happened.
pub(super) fn counting(state: &State, doors: &[Arc<Door>], mailboxes: &[Arc<Mailbox<SimBell>>]) -> Check {
    let sum =
        |of: &dyn Fn(&Counters) -> u64| mailboxes.iter().map(|mailbox| of(&mailbox.counters)).sum::<u64>();
    let read: usize = state.wires.iter().map(|wire| wire.read).sum();
    let begun = state.wires.iter().filter(|wire| wire.life.connected).count() as u64;
    let (bytes, panics) = (sum(&|counters| counters.bytes.get()), sum(&|counters| counters.panics.get()));
    let accepted: u64 = doors.iter().map(|door| door.accepted.get()).sum();
    let ended = sum(&|counters| counters.ended.iter().map(Counter::get).sum());
    if ended != accepted {
        return Err(format!("{accepted} connections were accepted, and {ended} have ended"));
    }
    if state.sessions > 0 {
        return Err(format!("{} sessions are left", state.sessions));
    }
    if bytes > read as u64 || panics != state.panics || accepted < begun {
        return Err(format!(
            "counted {bytes} of {read} bytes, {panics} of {} panics, {accepted} accepted of {begun} connected",
            state.panics
        ));
    }
    Ok(())
}

/// Whether the server has read what must end it.
fn ends(wire: &Wire) -> bool {
    wire.expected.ending.is_some_and(|ending| ending.at <= wire.read)
}

/// How many bytes the service has sent at least, and the network has not taken.
fn unsent(wire: &Wire) -> usize {
    let life = &wire.life;
    let replies: usize = wire.expected.done(life.heard).iter().map(|step| step.replies.len()).sum();
    let news: usize = life.news.iter().map(Vec::len).sum();
    (replies + news).saturating_sub(wire.written)
}

/// How many bytes the service can have sent.
fn produced(wire: &Wire) -> usize {
    let steps = wire.expected.steps.iter().filter(|step| step.end <= wire.read);
    let replies: usize = steps.map(|step| step.replies.len()).sum();
    let unasked = wire.life.news.iter().chain(&wire.life.pushes);
    replies + unasked.map(Vec::len).sum::<usize>()
}

/// Whether a peer may be given up that takes as good as nothing.
fn has_stalled(state: &State, wire: &Wire) -> bool {
    let (latest, timeout) = (state.now + GRAIN + state.late, state.settings.write_timeout);
    let before = wire.progress.iter().rev().find(|(at, _)| *at + timeout <= latest);
    let taken = wire.written - before.map_or(0, |(_, written)| *written);
    produced(wire) > wire.written && latest >= wire.began + timeout && taken < SEGMENT
}

/// Whether the server may give up on what is unsent, as it is to end.
fn has_given_up(state: &State) -> bool {
    state.orders.stop.is_some_and(|stop| stop + state.settings.shutdown_timeout <= state.now + state.late)
}
