//! Why a connection may end, and when it may be closed.

use super::{Check, GRAIN, LINGER, ends, has_given_up, has_stalled, produced, speed, unsent};
use crate::Reason;
use crate::simulation::expected::{Ending, Why};
use crate::simulation::service::Welcome;
use crate::simulation::service::commands::{ASK, FREE, WORK};
use crate::simulation::wire::Wire;
use crate::simulation::world::State;

/// The service is told that a connection has ended.
pub(in crate::simulation) fn ending(state: &State, number: usize, reason: Reason) -> Check {
    let (wire, settings, now) = (&state.wires[number], &state.settings, state.now);
    let (life, manners) = (&wire.life, state.manners[number]);
    let due = wire.expected.heard_by(wire.read);
    let is_due = |why: Why| {
        wire.expected.ending.is_some_and(|ending| ending.why == why && ending.at <= wire.read)
            && life.heard == due
    };
    let is_past = |deadline| now + GRAIN + state.late >= deadline;
    let may = match reason {
        Reason::Closed => wire.end_read && life.heard == due && !ends(wire),
        Reason::TimedOut => {
            settings.silence().is_some_and(|time| is_past(wire.heard + time)) || has_stalled(state, wire)
        }
        Reason::Incomplete => {
            let partial = wire.partial.zip(settings.partial_frame_timeout);
            let first = settings.first_frame_timeout.filter(|_| !wire.has_spoken());
            partial.is_some_and(|(since, time)| is_past(since + time))
                || first.is_some_and(|time| is_past(life.began + time))
        }
        Reason::NotAdmitted => {
            !life.admitted && settings.login_timeout.is_some_and(|time| is_past(life.began + time))
        }
        Reason::TooFast => speed::may_be_too_fast(wire, settings, now, state.late),
        Reason::WorkerDied => is_dying(state, wire),
        Reason::Error(kind) => wire.errors.contains(&kind),
        Reason::Kicked => life.kicked,
        Reason::Unanswered(FREE | WORK) => life.unanswered > 0,
        Reason::Overflow => {
            settings.is_tight
                || owes_too_much(state, wire)
                || produced(state, wire) - life.written > settings.limit
        }
        Reason::ShutDown => state.orders.stop.is_some(),
        Reason::Panicked => {
            is_due(Why::Panicked)
                || manners.welcome == Welcome::Panic && life.heard == 0
                || manners.drain_panics && life.drained
                || life.panicked
        }
        Reason::Service if life.closed => true,
        Reason::Service if life.debts.iter().any(|debt| debt.is_given && debt.outcome.closes()) => true,
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
pub(in crate::simulation) fn closing(state: &mut State, number: usize) -> Check {
    let wire = &state.wires[number];
    let life = &wire.life;
    if !life.connected {
        return unknown(state, wire).map_err(|what| format!("client {number}: {what}"));
    }
    let Some((reason, _)) = life.ended else {
        return Err(format!("client {number}: it is closed, and was not reported as disconnected"));
    };
    let is_hopeless = matches!(reason, Reason::Error(_) | Reason::Overflow)
        || is_dying(state, wire)
        || !wire.errors.is_empty()
        || state.settings.is_tight
        || has_stalled(state, wire)
        || has_given_up(state);
    state.wires[number].owes_all = !is_hopeless;
    let wire = &state.wires[number];
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

/// Whether its next request can't be answered later, as all answers of its worker are owed already.
fn owes_too_much(state: &State, wire: &Wire) -> bool {
    let heard = wire.expected.steps.iter().filter(|step| step.heard);
    let next = heard.skip(wire.life.heard).map(|step| step.command).next();
    let owed = wire.place.map_or(0, |place| state.posts[place.worker].owed);
    matches!(next, Some(ASK | FREE | WORK)) && owed >= state.settings.deferred
}

fn is_dying(state: &State, wire: &Wire) -> bool {
    wire.place.is_some_and(|place| state.posts[place.worker].is_dying())
}

/// The server closes a socket of which the service does not know.
fn unknown(state: &State, wire: &Wire) -> Check {
    let has_come = wire.place.is_some() && wire.expected.begin.is_some_and(|begin| begin <= wire.read);
    let may_close = state.settings.per_address.is_some() || !wire.errors.is_empty() || is_dying(state, wire);
    if has_come && !may_close {
        return Err("its header has come, and it is closed unserved".into());
    }
    Ok(())
}
