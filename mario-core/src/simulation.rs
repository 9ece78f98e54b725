//! A whole server on a simulated network and clock, from one seed: the loops of the workers and of the master as they
//! are, clients that do what clients may do, and a system that does what systems may do.
//!
//! Each worker and the master is a thread, of which one runs at a time ([`baton`]); which one, when a client acts, and
//! what each call to the system brings is thrown with dice ([`dice`]) that a seed makes. So a run can be repeated.
//!
//! | what | where |
//! | --- | --- |
//! | settings, clients and troubles, as the dice will have them | [`settings`], [`setup`], [`client`], [`greeting`] |
//! | the same from the bytes of a fuzzer | [`story`] |
//! | the threads of the server | [`server`] |
//! | who goes on, until all is over; who does not, and is stuck | [`play`], [`watchdog`] |
//! | the system's side of the seam, with its troubles | [`sockets`], [`wire`], [`world`] |
//! | the handlers and hooks, and the pool that they leave work to | [`service`], [`pool`] |
//! | what other threads do, and handlers with others' connections | [`others`], [`debts`] |
//! | what must come of it | [`mail`], [`kept`], [`groups`], [`users`], [`surveys`] |
//! | what the clients' bytes lead to, by the rules of the wire | [`expected`] |
//! | what has to hold | [`checks`], and in each worker `worker::audit` |

mod baton;
mod checks;
mod client;
mod debts;
mod dice;
mod expected;
mod greeting;
mod groups;
mod kept;
mod mail;
mod others;
mod play;
mod pool;
mod server;
mod service;
mod settings;
mod setup;
mod sockets;
mod story;
mod surveys;
mod trace;
mod users;
mod watchdog;
mod wire;
mod world;

#[cfg(test)]
mod tests;

use dice::Dice;
use play::Play;
use setup::Setup;
use trace::Detail;

/// Simulates the server of a seed until it has ended. The answer tells two different runs apart.
///
/// # Errors
/// What has happened that must not.
fn simulate(seed: u64, detail: Detail) -> Result<u64, String> {
    let mut dice = Dice::from_seed(seed);
    Play::new(Setup::new(&mut dice), seed, detail).run(dice)
}

/// Simulates the connections that a fuzzer's bytes tell of. It is reached through `__private`, and there only for the
/// fuzzer.
///
/// # Panics
/// If something happens that must not.
pub(crate) fn connection(bytes: &[u8]) {
    let (setup, dice, seed) = story::read(bytes);
    if let Err(fault) = Play::new(setup, seed, Detail::Nothing).run(dice) {
        panic!("{fault}");
    }
}
