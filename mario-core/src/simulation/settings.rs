//! The settings of a server, as the dice will have them.

use std::time::Duration;

use super::dice::{Dice, Rate};
use super::expected::Wording;
use super::service::commands::PING;
use super::service::{COMMANDS, Theatre};
use super::sockets::PROXIES;
use crate::link::outbox::{Keeping, Marks, Outbox};
use crate::parts::buffers::SEGMENT;
use crate::parts::rate::Excess;
use crate::server::Server;
use crate::server::crew::Orders;
use crate::stx::Stx;
use crate::worker::Ping;

/// The settings of a server.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) workers: usize,
    /// Each worker accepts for itself.
    pub(super) own_listeners: bool,
    pub(super) slots: usize,
    /// How many sockets may be on their way to a worker.
    pub(super) ring: usize,
    pub(super) read_timeout: Option<Duration>,
    pub(super) write_timeout: Duration,
    pub(super) partial_frame_timeout: Option<Duration>,
    pub(super) first_frame_timeout: Option<Duration>,
    pub(super) login_timeout: Option<Duration>,
    pub(super) ping: Option<Ping>,
    /// How long a proxy's header may take; `None` if connections begin without.
    pub(super) proxy_timeout: Option<Duration>,
    pub(super) shutdown_timeout: Duration,
    pub(super) drain: Option<Duration>,
    pub(super) tick: Option<Duration>,
    pub(super) timers: usize,
    /// How many answers each worker may owe, and how many memberships in groups its connections have.
    pub(super) deferred: usize,
    pub(super) memberships: usize,
    /// How many threads the service's pool has, and how much work may wait for it.
    pub(super) pool_threads: usize,
    pub(super) pool_queue: usize,
    /// How many connections get mail in a round.
    pub(super) deliveries: usize,
    /// How many slots a survey looks at in a round.
    pub(super) looks: u32,
    /// How fast connections may come, and how many of one address.
    pub(super) accept_rate: Option<crate::Rate>,
    pub(super) per_address: Option<u32>,
    /// How fast each client may send.
    pub(super) frame_rate: Option<crate::Rate>,
    pub(super) byte_rate: Option<crate::Rate>,
    pub(super) wording: Wording,
    pub(super) low_water: usize,
    pub(super) high_water: usize,
    pub(super) limit: usize,
    pub(super) input_pool: usize,
    pub(super) output_pool: usize,
    /// How much is kept of pushes that replace each other.
    pub(super) keeping: Keeping,
    /// How often another thread does something to connections.
    pub(super) deeds: Rate,
    /// How often one makes a worker die.
    pub(super) kills: Rate,
    /// After how long the watchdog says that a worker is stuck, and how often one does not go on for a while.
    pub(super) watchdog: Option<Duration>,
    pub(super) stalls: Rate,
    /// How many letters a mailbox takes.
    pub(super) mailbox: usize,
    /// The pools may run out.
    pub(super) is_tight: bool,
}

impl Settings {
    pub(super) fn new(dice: &mut Dice) -> Self {
        let slots = dice.pick(&[1, 2, 3, 5, 8, 40]);
        let high_water = dice.pick(&[100, 2000, 20_000, 64 << 10]);
        let limit = high_water + Outbox::CAPACITY + dice.pick(&[0, 1 << 20]);
        let is_tight = dice.chance(64);
        let ample = slots * (limit + 2 * SEGMENT);
        let (read_timeout, write_timeout) = dice.pick(&[
            (None, 1000),
            (None, 30_000),
            (Some(1), 20),
            (Some(1), 1000),
            (Some(30), 1000),
            (Some(300), 30_000),
        ]);
        let wording = Wording {
            stx: dice.pick(&[0xffff_ffff, 0x8eb6_9af7]),
            max_packet: dice.pick(&[8, 60, 1500, 1500, 1500, 20_000, u16::MAX]),
            heartbeat: dice.pick(&[None, Some(1)]),
        };
        let pool = |dice: &mut Dice| if is_tight { dice.pick(&[0, 1, 4, 40]) * SEGMENT } else { ample };
        Settings {
            workers: dice.within(1..4),
            own_listeners: dice.chance(100),
            slots,
            ring: dice.pick(&[1, 2, 1024]),
            read_timeout: read_timeout.map(Duration::from_secs),
            write_timeout: Duration::from_millis(write_timeout),
            partial_frame_timeout: dice.pick(&[None, Some(700), Some(20_000)]).map(Duration::from_millis),
            first_frame_timeout: dice.pick(&[None, None, Some(100), Some(10_000)]).map(Duration::from_millis),
            login_timeout: dice.pick(&[None, None, None, Some(300), Some(20_000)]).map(Duration::from_millis),
            ping: ping(dice),
            proxy_timeout: dice.pick(&[None, None, None, Some(200), Some(5000)]).map(Duration::from_millis),
            shutdown_timeout: dice.pick(&[1, 1000, 5000].map(Duration::from_millis)),
            drain: dice.pick(&[None, None, Some(1), Some(60)]).map(Duration::from_secs),
            tick: dice.pick(&[None, None, Some(200), Some(60_000)]).map(Duration::from_millis),
            timers: dice.pick(&[0, 1, 100]),
            deferred: dice.pick(&[1, 3, 1000, 1000]),
            memberships: dice.pick(&[0, 1, 5, 1000, 1000]),
            pool_threads: dice.within(1..4),
            pool_queue: dice.pick(&[1, 2, 1000]),
            deliveries: dice.pick(&[1, 2, 7, 256]),
            looks: dice.pick(&[1, 7, 1024, 1024]),
            accept_rate: rate(dice, &[(10, 1), (100, 3)]),
            per_address: dice.pick(&[None, None, None, Some(1), Some(4)]),
            frame_rate: rate(dice, &[(20, 5), (1000, 1)]),
            byte_rate: rate(dice, &[(20_000, 500), (200_000, 100)]).map(|rate| match rate.pauses() {
                true => rate,
                // There must be room for a frame.
                false => rate.burst(wording.max_packet.into()),
            }),
            wording,
            low_water: dice.pick(&[0, high_water / 4, high_water]),
            high_water,
            limit,
            input_pool: pool(dice),
            output_pool: pool(dice),
            keeping: Keeping {
                each: dice.pick(&[1, 2, 64, 64]),
                bytes: dice.pick(&[500, 10_000, 16 << 20, 16 << 20]),
            },
            deeds: dice.pick(&[0, 0, 5, 40, 100]),
            kills: dice.pick(&[0, 0, 0, 1, 5]),
            watchdog: dice.pick(&[None, Some(50), Some(2000)]).map(Duration::from_millis),
            stalls: dice.pick(&[0, 0, 0, 2, 20]),
            mailbox: dice.pick(&[1, 2, 1000]),
            is_tight,
        }
    }

    /// What the workers are told.
    pub(super) fn orders(&self, service: Theatre) -> (Orders<Theatre>, Theatre) {
        let Wording { stx, max_packet, heartbeat } = self.wording;
        let mut builder = Server::builder(service, COMMANDS)
            .connections(self.slots)
            .stx(Stx(stx))
            .max_packet(max_packet)
            .timers(self.timers)
            .deferred(self.deferred)
            .memberships(self.memberships)
            .mailbox(self.mailbox)
            .read_timeout(self.read_timeout)
            .partial_frame_timeout(self.partial_frame_timeout)
            .first_frame_timeout(self.first_frame_timeout)
            .login_timeout(self.login_timeout)
            .drain(self.drain)
            .write_timeout(self.write_timeout)
            .shutdown_timeout(self.shutdown_timeout);
        if let Some(id) = heartbeat {
            builder = builder.heartbeat(id);
        }
        if let Some(Ping { command, every, missed }) = self.ping {
            builder = builder.ping(command, every, missed);
        }
        if let Some(timeout) = self.proxy_timeout {
            builder = builder.proxy_protocol(PROXIES).proxy_timeout(timeout);
        }
        if let Some(rate) = self.accept_rate {
            builder = builder.accept_rate(rate);
        }
        if let Some(most) = self.per_address {
            builder = builder.connections_per_address(most);
        }
        if let Some(rate) = self.frame_rate {
            builder = builder.frame_rate(rate);
        }
        if let Some(rate) = self.byte_rate {
            builder = builder.byte_rate(rate);
        }
        if let Some(period) = self.tick {
            builder = builder.tick(period);
        }
        let Keeping { each, bytes } = self.keeping;
        builder = builder.kept_pushes(each, bytes);
        let mut orders = builder.orders().expect("these settings are in range");
        (orders.plan.deliveries, orders.plan.looks) = (self.deliveries, self.looks);
        // A server has more room than this; here it is to run out.
        let rules = &mut orders.plan.rules;
        rules.marks = Marks { low_water: self.low_water, high_water: self.high_water, limit: self.limit };
        (rules.input_pool, rules.output_pool) = (self.input_pool, self.output_pool);
        (orders, builder.service)
    }

    /// How long a client may be silent, all that it is asked included.
    pub(super) fn silence(&self) -> Option<Duration> {
        self.ping.map(|ping| ping.every * (u32::from(ping.missed) + 1)).or(self.read_timeout)
    }

    /// How often a worker looks for deadlines that have passed.
    pub(super) fn sweep(&self) -> Duration {
        let Settings { read_timeout, first_frame_timeout, partial_frame_timeout, .. } = *self;
        let ping = self.ping.map(|ping| ping.every);
        let timeouts = [
            read_timeout,
            first_frame_timeout,
            partial_frame_timeout,
            self.login_timeout,
            self.proxy_timeout,
            ping,
        ];
        let shortest = timeouts.into_iter().flatten().fold(self.write_timeout, Duration::min);
        (shortest / 8).clamp(Duration::from_millis(2), Duration::from_millis(500))
    }
}

/// No rate, or one of these, with their bursts.
fn rate(dice: &mut Dice, rates: &[(u32, u32)]) -> Option<crate::Rate> {
    let excess = dice.pick(&[Excess::Pause, Excess::Pause, Excess::Close]);
    let rate = |(rate, burst)| crate::Rate::per_second(rate).burst(burst).excess(excess);
    dice.chance(40).then(|| dice.pick(rates)).map(rate)
}

/// No pings, or some.
fn ping(dice: &mut Dice) -> Option<Ping> {
    let every = dice.pick(&[None, None, None, Some(300), Some(10_000)]).map(Duration::from_millis);
    every.map(|every| Ping { command: PING, every, missed: dice.pick(&[0, 1, 3]) })
}
