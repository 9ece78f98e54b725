//! What the parts of a worker take, by its settings. The size of each part is told beside it.

use super::{Extent, Memory, WorkerMemory};
use crate::link::inbox::Inbox;
use crate::link::message::Message;
use crate::link::outbox::Outbox;
use crate::mail::Mail;
use crate::mail::mailbox;
use crate::mail::users::{Bound, Users};
use crate::net::system::{Bell, SystemStream};
use crate::parts::deadlines::Deadlines;
use crate::parts::groups::Groups;
use crate::parts::slots::{Key, Slots};
use crate::server::accept::Accept;
use crate::server::crew::Orders;
use crate::service::Service;
use crate::service::timers::Timers;
use crate::stats::{CommandCounters, Counters};
use crate::worker::exchange::{Connection, Exchange};
use crate::worker::{self, Plan};

/// Allocations that are small: what others are made of, names, handles, what the system's poll keeps.
const SMALL: usize = 16 << 10;

/// How many lists of all connections there may be at a time: of a push to a group, of a shutdown, and of what is dropped.
const LISTS: usize = 3;

impl Memory {
    pub(crate) fn of<S: Service>(orders: &Orders<S>, accept: Accept) -> Memory {
        let Orders { plan, commands, workers, .. } = orders;
        let (slots, rules) = (plan.connections, &plan.rules);
        let sessions = slots.saturating_mul(size_of::<S::Session>());
        let table = Slots::<Connection<S, SystemStream>>::bytes(slots);
        let users = Users::table_bytes(slots.saturating_mul(*workers));
        let worker = WorkerMemory {
            slots: Extent::fixed(table.saturating_sub(sessions)),
            sessions: Extent::fixed(sessions),
            deadlines: Extent::fixed(plan.kinds_of_deadlines() * Deadlines::bytes(slots)),
            input_pool: Extent::fixed(Inbox::pool_bytes(rules.input_pool)),
            output_pool: Extent::fixed(Outbox::pool_bytes(rules.output_pool)),
            buffers: Extent::fixed(Exchange::<S>::buffers() + worker::events_bytes()),
            ring: Extent::fixed(match accept {
                Accept::Master => mailbox::ring_bytes::<SystemStream, Bell>(),
                Accept::PerWorker => 0,
            }),
            kept: Outbox::kept(rules.keeping, slots),
            mailbox: Extent::fixed(Mail::bytes(plan.room())),
            frames: Extent::later(plan.most_messages().saturating_mul(Message::MOST_BYTES)),
            timers: Extent::fixed(Timers::<S>::bytes(plan.timers, slots)),
            groups: Groups::extent(plan.memberships, slots),
            users: Extent::fixed(Bound::bytes(slots) + users / (*workers).max(1))
                + Extent::later(Users::bytes(slots)),
            limits: Exchange::<S>::limits(rules),
            counters: Counters::extent()
                + Extent::fixed(CommandCounters::bytes(commands, rules.time_commands)),
            log: Extent::fixed(crate::log::bytes_for_thread()),
            others: Extent::fixed(slots * size_of::<Key>() + SMALL)
                + Extent::later(LISTS * slots * size_of::<Key>() + SMALL),
        };
        Memory { workers: *workers, worker }
    }
}

impl Plan {
    /// How many messages a worker has not come to the end of: those that wait, and one that many get.
    fn most_messages(&self) -> usize {
        self.mailbox.saturating_add(self.deferred).saturating_add(1)
    }

    /// How many arrays of deadlines a worker has, but for those of its limits.
    fn kinds_of_deadlines(&self) -> usize {
        2 + usize::from(self.patience.login.is_some()) + 2 * usize::from(self.drain.is_some())
    }
}
