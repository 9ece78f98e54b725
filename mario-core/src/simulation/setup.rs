//! A server, its clients and its troubles, as the dice will have it.

use std::time::Duration;

use super::client::Client;
use super::dice::{Dice, Rate};
use super::expected::{self, Wording};
use super::service::{COMMANDS, Manners, Theatre, Welcome};
use super::wire::Wire;
use super::world::Faults;
use crate::buffers::SEGMENT;
use crate::crew::Orders;
use crate::outbox::{Marks, Outbox};
use crate::server::Server;
use crate::stx::Stx;

/// All that a play begins with.
pub(super) struct Setup {
    pub(super) settings: Settings,
    pub(super) clients: Vec<Client>,
    /// The clients' connections.
    pub(super) wires: Vec<Wire>,
    pub(super) manners: Vec<Manners>,
    pub(super) faults: Faults,
    /// What the clock says at first.
    pub(super) start: Duration,
    /// After how many steps the server is told to end, and then to close; otherwise when nothing is left to do.
    pub(super) stop_at: Option<usize>,
    pub(super) close_at: Option<usize>,
}

impl Setup {
    pub(super) fn new(dice: &mut Dice) -> Self {
        let settings = Settings::new(dice);
        let count = dice.pick(&[1, 2, 4, 8, 20]);
        // As long as the timeouts, and not much longer, as a worker looks at them again and again.
        let sweep = settings.sweep().as_millis() as usize;
        let rest = dice.pick(&[0..1, 0..4 * sweep, 0..50 * sweep, 0..500 * sweep]);
        let clients = (0..count).map(|_| Client::new(dice, settings.wording, rest.clone())).collect();
        Setup::of(dice, settings, clients)
    }

    /// A setup with these clients.
    pub(super) fn of(dice: &mut Dice, settings: Settings, mut clients: Vec<Client>) -> Self {
        let manners: Vec<_> = clients.iter().map(|_| Manners::new(dice)).collect();
        let faults = Faults::new(dice);
        let wire = |(client, manners): (&mut Client, &Manners)| {
            let expected = expected::read(&client.all_bytes(), settings.wording, *manners);
            // In some hundred pieces at most.
            client.least = expected.steps.iter().map(|step| step.replies.len()).sum::<usize>() / 100;
            let capacity = dice.pick(&[1, 50, 3000, 200_000]).max(client.least);
            Wire { capacity, expected, ..Wire::default() }
        };
        let wires = clients.iter_mut().zip(&manners).map(wire).collect();
        // The deadlines' circle closes every 2³² milliseconds.
        let start = dice.pick(&[0, 1 << 31, (1 << 32) - 2000].map(Duration::from_millis));
        let (stops, closes) = (dice.chance(128), dice.chance(128));
        let (stop_at, close_at) = (stops.then(|| dice.below(400)), closes.then(|| dice.below(600)));
        Setup { settings, clients, wires, manners, faults, start, stop_at, close_at }
    }
}

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
    pub(super) shutdown_timeout: Duration,
    pub(super) drain: Option<Duration>,
    pub(super) tick: Option<Duration>,
    pub(super) timers: usize,
    /// How fast each client may send.
    pub(super) frame_rate: Option<crate::Rate>,
    pub(super) byte_rate: Option<crate::Rate>,
    pub(super) wording: Wording,
    pub(super) low_water: usize,
    pub(super) high_water: usize,
    pub(super) limit: usize,
    pub(super) input_pool: usize,
    pub(super) output_pool: usize,
    /// How often another thread pushes to a connection.
    pub(super) pushes: Rate,
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
        let pool = |dice: &mut Dice| if is_tight { dice.pick(&[0, 1, 4, 40]) * SEGMENT } else { ample };
        Settings {
            workers: dice.within(1..4),
            own_listeners: dice.chance(100),
            slots,
            ring: dice.pick(&[1, 2, 1024]),
            read_timeout: read_timeout.map(Duration::from_secs),
            write_timeout: Duration::from_millis(write_timeout),
            partial_frame_timeout: dice.pick(&[None, Some(700), Some(20_000)]).map(Duration::from_millis),
            shutdown_timeout: dice.pick(&[1, 1000, 5000].map(Duration::from_millis)),
            drain: dice.pick(&[None, None, Some(1), Some(60)]).map(Duration::from_secs),
            tick: dice.pick(&[None, None, Some(200), Some(60_000)]).map(Duration::from_millis),
            timers: dice.pick(&[0, 1, 100]),
            frame_rate: rate(dice, &[(20, 5), (1000, 1)]),
            byte_rate: rate(dice, &[(20_000, 500), (200_000, 100)]),
            wording: Wording {
                stx: dice.pick(&[0xffff_ffff, 0x8eb6_9af7]),
                max_packet: dice.pick(&[8, 60, 1500, 1500, 1500, 20_000, u16::MAX]),
                heartbeat: dice.pick(&[None, Some(1)]),
            },
            low_water: dice.pick(&[0, high_water / 4, high_water]),
            high_water,
            limit,
            input_pool: pool(dice),
            output_pool: pool(dice),
            pushes: dice.pick(&[0, 0, 5, 40]),
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
            .mailbox(self.mailbox)
            .read_timeout(self.read_timeout)
            .partial_frame_timeout(self.partial_frame_timeout)
            .drain(self.drain)
            .write_timeout(self.write_timeout)
            .shutdown_timeout(self.shutdown_timeout);
        if let Some(id) = heartbeat {
            builder = builder.heartbeat(id);
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
        let mut orders = builder.orders().expect("these settings are in range");
        // A server has more room than this; here it is to run out.
        let rules = &mut orders.plan.rules;
        rules.marks = Marks { low_water: self.low_water, high_water: self.high_water, limit: self.limit };
        (rules.input_pool, rules.output_pool) = (self.input_pool, self.output_pool);
        (orders, builder.service)
    }

    /// Clients may have to wait until they may send again.
    pub(super) fn is_throttled(&self) -> bool {
        self.frame_rate.or(self.byte_rate).is_some()
    }

    /// How often a worker looks for deadlines that have passed.
    pub(super) fn sweep(&self) -> Duration {
        let timeouts = [self.read_timeout, self.partial_frame_timeout];
        let shortest = timeouts.into_iter().flatten().fold(self.write_timeout, Duration::min);
        (shortest / 8).clamp(Duration::from_millis(2), Duration::from_millis(500))
    }
}

impl Faults {
    /// Some of them, each more or less often.
    pub(super) fn new(dice: &mut Dice) -> Self {
        let mut often = || dice.pick(&[0, 0, 3, 20, 80]);
        Faults {
            interrupt: often(),
            short_read: often(),
            short_write: often(),
            would_block: often(),
            read_error: often() / 16,
            write_error: often() / 16,
            accept_error: often(),
            register_error: often() / 16,
            wait_error: often() / 8,
            idle_wake: often(),
            late_event: often(),
            double_event: often(),
            spurious_event: often(),
            stale_event: often(),
            preempt: often(),
            slow: often() / 8,
            jump: often() / 8,
            session_panic: often() / 16,
        }
    }
}

impl Manners {
    pub(super) fn new(dice: &mut Dice) -> Self {
        let welcome = match dice.below(16) {
            0 => Welcome::Close,
            1 => Welcome::Panic,
            2..6 => Welcome::Hello,
            _ => Welcome::Nothing,
        };
        Manners {
            welcome,
            forgives: dice.chance(128),
            notice: dice.pick(&[0, 0, 1, 100, 10_000].map(Duration::from_millis)),
            farewell_panics: dice.chance(10),
            drain_panics: dice.chance(10),
        }
    }
}

/// No rate, or one of these, with their bursts.
fn rate(dice: &mut Dice, rates: &[(u32, u32)]) -> Option<crate::Rate> {
    dice.chance(40).then(|| dice.pick(rates)).map(|(rate, burst)| crate::Rate::per_second(rate).burst(burst))
}
