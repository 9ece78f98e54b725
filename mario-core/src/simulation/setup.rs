//! A server, its clients and its troubles, as the dice will have it.

use std::time::Duration;

use super::client::Client;
use super::dice::Dice;
use super::expected;
use super::service::{Manners, Welcome};
use super::settings::Settings;
use super::wire::Wire;
use super::world::Faults;

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
        let clients = (0..count).map(|number| Client::new(dice, number, &settings, rest.clone())).collect();
        Setup::of(dice, settings, clients)
    }

    /// A setup with these clients.
    pub(super) fn of(dice: &mut Dice, settings: Settings, mut clients: Vec<Client>) -> Self {
        let manners: Vec<_> = clients.iter().map(|_| Manners::new(dice)).collect();
        let faults = Faults::new(dice);
        let wire = |(client, manners): (&mut Client, &Manners)| {
            let expected = expected::read(&client.all_bytes(), &client.greeting, settings.wording, *manners);
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
