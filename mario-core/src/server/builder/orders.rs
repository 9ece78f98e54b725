//! What the workers are told: all settings, checked.

use std::sync::Arc;

use super::{Builder, checked_timeout};
use crate::error::{Error, Result};
use crate::link::ConnId;
use crate::link::outbox::{Marks, Outbox};
use crate::mail::MOST_LETTERS;
use crate::net::admission::Admission;
use crate::parts::buffers::SEGMENT;
use crate::parts::groups::MOST_MEMBERSHIPS;
use crate::server::crew::Orders;
use crate::service::Service;
use crate::service::timers::MOST_TIMERS;
use crate::worker::exchange::Rules;
use crate::worker::{DELIVERIES, LOOKS, Plan};

/// What there is of input by default beside the shares of connections, at least: some of which much is read find room there.
const LEAST_TO_SPARE: usize = 1 << 20;

impl<S: Service> Builder<S> {
    /// What the workers need to know, checked.
    pub(crate) fn orders(&self) -> Result<Orders<S>> {
        let admission = Arc::new(self.admission.check()?);
        Ok(Orders {
            commands: self.commands,
            plan: self.plan(&admission)?,
            admission,
            workers: self.worker_count()?,
            private_descriptors: self.private_descriptors,
        })
    }

    fn worker_count(&self) -> Result<usize> {
        let workers = self
            .workers
            .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, |cores| cores.get()));
        if (1..=ConnId::MAX_WORKERS).contains(&workers) { Ok(workers) } else { Err(Error::Workers(workers)) }
    }

    fn plan(&self, admission: &Admission) -> Result<Plan> {
        if !(1..=ConnId::MAX_SLOTS).contains(&self.connections) {
            return Err(Error::Connections(self.connections));
        }
        if usize::from(self.max_packet) < mario_proto::HEADER_LEN {
            return Err(Error::MaxPacket(self.max_packet));
        }
        let timeouts = [
            ("read timeout", self.read_timeout),
            ("write timeout", Some(self.write_timeout)),
            ("shutdown timeout", Some(self.shutdown_timeout)),
            ("drain", self.drain),
            ("tick", self.tick),
        ];
        for (name, value) in timeouts {
            if let Some(value) = value {
                checked_timeout(name, value)?;
            }
        }
        Ok(Plan {
            connections: self.connections,
            read_timeout: self.read_timeout,
            write_timeout: self.write_timeout,
            greeting: self.admission.greeting()?,
            patience: self.deadlines.patience(&self.commands)?,
            shutdown_timeout: self.shutdown_timeout,
            drain: self.drain,
            tick: self.tick,
            timers: self.timer_count()?,
            mailbox: self.mailbox_room()?,
            memberships: self.membership_count()?,
            deferred: self.deferred_count()?,
            deliveries: DELIVERIES,
            looks: LOOKS,
            rules: self.rules(admission)?,
        })
    }

    fn mailbox_room(&self) -> Result<usize> {
        if (1..=MOST_LETTERS).contains(&self.mailbox) {
            Ok(self.mailbox)
        } else {
            Err(Error::Mailbox(self.mailbox))
        }
    }

    fn deferred_count(&self) -> Result<usize> {
        if (1..=MOST_LETTERS).contains(&self.deferred) {
            Ok(self.deferred)
        } else {
            Err(Error::Deferred(self.deferred))
        }
    }

    fn membership_count(&self) -> Result<usize> {
        let memberships = self.memberships.unwrap_or(self.connections.saturating_mul(4));
        if memberships <= MOST_MEMBERSHIPS { Ok(memberships) } else { Err(Error::Memberships(memberships)) }
    }

    fn timer_count(&self) -> Result<usize> {
        let timers = self.timers.unwrap_or(self.connections + 64);
        if timers <= MOST_TIMERS { Ok(timers) } else { Err(Error::Timers(timers)) }
    }

    /// A share for each connection, and something to spare; as much again where frames may be longer than a share.
    fn usual_input_pool(&self) -> usize {
        let shares = self.connections * SEGMENT;
        let spare = if usize::from(self.max_packet) > SEGMENT { shares } else { 0 };
        shares + spare.max(LEAST_TO_SPARE)
    }

    fn rules(&self, admission: &Admission) -> Result<Rules> {
        let Marks { low_water, high_water, limit } = self.marks;
        if !(low_water <= high_water && high_water + Outbox::CAPACITY <= limit && limit <= self.output_pool) {
            return Err(Error::Marks { low: low_water, high: high_water, limit, pool: self.output_pool });
        }
        if let Some(id) = self.heartbeat {
            let why = if mario_proto::is_reserved(id) {
                Some("it is reserved; take one below 0xfffc")
            } else {
                self.commands.get(id).map(|_| "a handler takes it; take another id or remove the handler")
            };
            if let Some(why) = why {
                return Err(Error::Heartbeat { id, why });
            }
        }
        Ok(Rules {
            stx: self.stx.0,
            max_packet: self.max_packet,
            heartbeat: self.heartbeat,
            marks: self.marks,
            input_pool: self.input_pool.unwrap_or_else(|| self.usual_input_pool()),
            output_pool: self.output_pool,
            keeping: self.keeping,
            slots: self.connections,
            time_commands: self.time_commands,
            census: admission.census.clone(),
            limits: self.throttle.check(self.max_packet)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::{Rate, Server};

    struct Plain;

    impl crate::Service for Plain {
        type Session = ();
        type Worker = ();
    }

    #[test]
    fn what_is_not_set_is_as_documented() {
        let orders = Server::builder(Plain, mario::commands![]).bind("127.0.0.1:0").orders().unwrap();
        assert_eq!(orders.plan.read_timeout, Some(Duration::from_secs(300)));
        assert_eq!(orders.plan.shutdown_timeout, Duration::from_secs(5));
        assert_eq!(orders.plan.rules.max_packet, 1500);
        assert_eq!(orders.workers, std::thread::available_parallelism().unwrap().get());
        assert_eq!((orders.plan.drain, orders.private_descriptors), (None, false));
    }
    #[test]
    fn none_is_off_or_what_is_worked_out() {
        let settings = Server::builder(Plain, mario::commands![])
            .workers(3)
            .timers(1)
            .memberships(1)
            .input_pool(1 << 30)
            .heartbeat(7)
            .tick(Duration::from_secs(1))
            .frame_rate(Rate::per_second(1))
            .byte_rate(Rate::per_second(2_000));
        let settings = settings
            .workers(None)
            .timers(None)
            .memberships(None)
            .input_pool(None)
            .heartbeat(None)
            .tick(None)
            .frame_rate(None)
            .byte_rate(None);
        let (none, unset) = (settings.orders().unwrap(), Server::builder(Plain, mario::commands![]));
        let unset = unset.orders().unwrap();
        assert_eq!((none.workers, format!("{:?}", none.plan)), (unset.workers, format!("{:?}", unset.plan)));
    }
}
