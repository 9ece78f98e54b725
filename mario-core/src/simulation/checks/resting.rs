//! That whatever can go on has gone on, once all wait.

use std::sync::Arc;
use std::time::Duration;

use super::{Check, GRAIN, LINGER, ends, speed};
use crate::mail::mailbox::Mailbox;
use crate::server::master::BUSY;
use crate::simulation::settings::Settings;
use crate::simulation::sockets::SimBell;
use crate::simulation::wire::Wire;
use crate::simulation::world::{Rest, State, View};

/// All threads wait, and nothing is under way: whatever can go on has gone on.
pub(in crate::simulation) fn resting(state: &State) -> Check {
    for (post, view) in state.posts.iter().flat_map(|post| post.views.iter().map(move |view| (post, view))) {
        let wire = &state.wires[view.wire];
        if matches!(post.rest, Rest::Until(_)) && wire.closed.is_none() && wire.is_seen {
            goes_on(state, wire, view).map_err(|what| format!("client {}: {what}", view.wire))?;
        }
    }
    // While a worker rests, what is dealt to it waits; so does the master, if all rest, and then as long as it may pause.
    let is_past = |since: Duration, time| since.max(state.rested) + time + GRAIN + state.late < state.now;
    // Where all have died over and over, the clock may jump from the rest of one to that of another.
    let may_rest = state.posts.iter().any(|post| post.kills > 2);
    for (number, wire) in state.wires.iter().enumerate() {
        let has_slot = state.posts.iter().flat_map(|post| &post.views).any(|view| view.wire == number);
        if wire.place.is_some() && wire.closed.is_none() && !has_slot {
            return Err(format!("client {number}: its socket is open, and it has no slot"));
        }
        let is_on_its_way = !may_rest && wire.place.is_none() && wire.closed.is_none();
        if is_on_its_way && wire.accepted.is_some_and(|at| is_past(at, 2 * BUSY[1])) {
            return Err(format!("client {number}: it is accepted, and no worker takes it"));
        }
    }
    // All who wait at other listeners may have their turns before.
    let turns = state
        .settings
        .accept_rate
        .map_or(Duration::ZERO, |rate| Duration::from_secs(2 * state.wires.len() as u64) / rate.per_second);
    for (number, door) in state.doors.iter().enumerate() {
        // The longest pause that accepting makes.
        let is_late = is_past(door.moved, Duration::from_secs(1) + turns);
        if !door.wires.is_empty() && !door.is_closed && is_late {
            return Err(format!("listener {number}: {} wait, and are not accepted", door.wires.len()));
        }
    }
    Ok(())
}

fn goes_on(state: &State, wire: &Wire, view: &View) -> Check {
    let Settings { write_timeout, low_water, .. } = state.settings;
    let is_served = wire.life.ended.is_none();
    let late = state.settings.sweep() + GRAIN + state.late;
    let is_past = |deadline: Duration| deadline + late < state.now;
    let fault = if is_served && !view.held && !wire.inbound.is_empty() {
        "what it has sent is not read"
    } else if is_served && !view.held && wire.finished && !wire.end_read {
        "its end is not read"
    } else if is_served && wire.end_read {
        "its end was read, and it goes on"
    } else if is_served && wire.reset && !view.throttled && !view.awaits {
        "its reset is not noticed"
    } else if is_served && !view.held && ends(wire) {
        "what must end it has not"
    } else if view.output > 0 && wire.has_room() {
        "there is room, and what waits is not sent"
    } else if is_served && view.awaits != wire.life.awaits {
        "it waits for an answer that it has got, or does not wait for one"
    } else if view.held && !view.throttled && !view.awaits && view.output <= low_water {
        "it is paused for ever"
    } else if !is_served && view.output == 0 && wire.shut.is_none() {
        "it has ended, and is not closed"
    } else if wire.shut.is_some() && wire.finished {
        "it lingers, and its client has gone"
    } else if wire.shut.is_some_and(|shut| is_past(shut + LINGER)) {
        "it lingers for ever"
    } else if is_served && let Some(what) = overdue(state, wire, view) {
        what
    } else if view.since.is_some_and(|since| is_past(since.max(wire.moved) + write_timeout)) {
        "it takes nothing, and does not time out"
    } else if is_served && wire.life.due.iter().any(|due| *due + GRAIN + state.late < state.now) {
        "a timer does not come"
    } else {
        return Ok(());
    };
    Err(format!("{fault}: {view:?}"))
}

/// Which deadline of a connection that is served has passed.
fn overdue(state: &State, wire: &Wire, view: &View) -> Option<&'static str> {
    let settings = &state.settings;
    let Settings { partial_frame_timeout, first_frame_timeout, login_timeout, proxy_timeout, .. } = *settings;
    let late = settings.sweep() + GRAIN + state.late;
    let is_past = |deadline: Duration| deadline + late < state.now;
    if !wire.life.connected {
        return proxy_timeout.filter(|time| is_past(wire.began + *time)).map(|_| "its header does not come");
    }
    let began = wire.life.began;
    if !wire.life.admitted && login_timeout.is_some_and(|time| is_past(began + time)) {
        return Some("it does not log in, and does not end");
    }
    if view.held {
        return None;
    }
    if speed::is_too_fast(wire, settings, state.late) && wire.held.is_none() {
        return Some("it sends faster than it may");
    }
    // Who is held back at its deadline has the whole time again.
    let since = |time: Duration| time.max(wire.held.unwrap_or_default());
    let silence = settings.silence();
    if !wire.has_spoken()
        && let Some(first) = first_frame_timeout
    {
        return is_past(since(began) + first + silence.unwrap_or_default())
            .then_some("its first frame does not come, and it does not time out");
    }
    if let Some((begun, time)) = wire.partial.zip(partial_frame_timeout) {
        return is_past(since(begun) + time)
            .then_some("it does not go on with a frame, and does not time out");
    }
    match settings.ping {
        // The last question was the last that was written, unless something waits.
        Some(ping) => (view.output == 0 && is_past(since(wire.heard).max(wire.moved) + ping.every))
            .then_some("it is silent, and neither asked nor ended"),
        None => silence
            .is_some_and(|time| is_past(since(wire.heard) + time))
            .then_some("it is silent, and does not time out"),
    }
}

/// All threads wait: there is no mail for those that have not ended, and do not rest.
pub(in crate::simulation) fn delivering(mailboxes: &[Arc<Mailbox<SimBell>>]) -> Check {
    match mailboxes
        .iter()
        .position(|mailbox| !mailbox.is_over() && !mailbox.is_resting() && !mailbox.mail.is_empty())
    {
        Some(worker) => Err(format!("worker {worker}: it has mail, and waits")),
        None => Ok(()),
    }
}
