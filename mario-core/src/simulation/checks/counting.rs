//! What must have been counted.

use std::sync::Arc;

use super::Check;
use crate::mail::mailbox::Mailbox;
use crate::simulation::debts::{Debt, Outcome};
use crate::simulation::sockets::SimBell;
use crate::simulation::world::State;
use crate::stats::{Counter, Counters, Door};

/// What was counted in the whole run is what has happened.
pub(in crate::simulation) fn counting(
    state: &State,
    doors: &[Arc<Door>],
    mailboxes: &[Arc<Mailbox<SimBell>>],
) -> Check {
    let sum =
        |of: &dyn Fn(&Counters) -> u64| mailboxes.iter().map(|mailbox| of(&mailbox.counters)).sum::<u64>();
    let read: usize = state.wires.iter().map(|wire| wire.read).sum();
    let begun = state.wires.iter().filter(|wire| wire.life.connected).count() as u64;
    let (bytes, panics) = (sum(&|counters| counters.bytes.get()), sum(&|counters| counters.panics.get()));
    let accepted: u64 = doors.iter().map(|door| door.accepted.get()).sum();
    let ended = sum(&|counters| counters.ended.iter().map(Counter::get).sum());
    let deaths = sum(&|counters| counters.deaths.get());
    let kills: u64 = state.posts.iter().map(|post| post.kills).sum();
    if deaths > kills {
        return Err(format!("{deaths} workers have died of {kills} that were killed"));
    }
    let has_failed = mailboxes.iter().any(|mailbox| mailbox.has_failed());
    // What was on its way to a worker that fails goes with it.
    if ended != accepted && !(has_failed && ended < accepted) {
        return Err(format!("{accepted} connections were accepted, and {ended} have ended"));
    }
    let unanswered = sum(&|counters| counters.unanswered.get());
    let asked: u64 = state.wires.iter().map(|wire| wire.life.unanswered).sum();
    let is_dropped = |debt: &&Debt| debt.is_given && debt.outcome == Outcome::Drop;
    let dropped = state.wires.iter().flat_map(|wire| &wire.life.debts).filter(is_dropped).count() as u64;
    // The service hears of those whose connections are served yet.
    if !(asked..=dropped).contains(&unanswered) {
        return Err(format!("{unanswered} requests were counted as unanswered, not {asked} to {dropped}"));
    }
    for (worker, mailbox) in mailboxes.iter().enumerate() {
        let (pushes, bag) = (&mailbox.counters.pushes, &state.posts[worker].bag);
        let counted = pushes.sent.get() + pushes.dropped.total() + pushes.gone.get() + mailbox.mail.lost();
        if !(bag.least..=bag.most).contains(&counted) {
            return Err(format!(
                "worker {worker}: {counted} pushes counted, not {} to {}",
                bag.least, bag.most
            ));
        }
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
