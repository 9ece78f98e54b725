//! What the bytes of a fuzzer tell of: a server's seed, what its clients do, and who goes on.

use std::time::Duration;

use super::client::{Act, Client};
use super::dice::Dice;
use super::expected::frame;
use super::greeting::Greeting;
use super::service::commands::{
    ASK, BIND, CANCEL, DENIED, ECHO, ENTER, EXIT, FLAG, FREE, LATER, LEAVE, LOGIN, MANY, MEMBERS, PANIC,
    QUIET, QUIT, REFUSED, SHOUT, UNBIND, UNKNOWN, UNSENDABLE, WORK,
};
use super::settings::Settings;
use super::setup::Setup;

/// The commands by their number in a story; one is the heartbeat, if there is one.
const COMMANDS: [u16; 25] = [
    ECHO, LOGIN, MEMBERS, MANY, QUIET, LATER, FLAG, LEAVE, QUIT, PANIC, UNSENDABLE, REFUSED, UNKNOWN, DENIED,
    0x0300, 0x0001, ASK, FREE, BIND, UNBIND, ENTER, EXIT, SHOUT, WORK, CANCEL,
];

/// The most clients of a story, and the most that one of them does.
const CLIENTS: usize = 3;
const ACTS: usize = 64;

/// Two bytes of a seed, for settings and troubles. Then acts: the low two bits of a byte say whose, 3 that all have
/// been told of; the next three bits what, and the rest how. What is left says who goes on.
pub(super) fn read(bytes: &[u8]) -> (Setup, Dice, u64) {
    let mut left = bytes;
    let seed = u64::from(u16::from_le_bytes([byte(&mut left), byte(&mut left)]));
    let mut dice = Dice::from_seed(seed);
    let settings = Settings { workers: 1, ..Settings::new(&mut dice) };
    let mut acts: [Vec<Act>; CLIENTS] = Default::default();
    while let Some((&first, rest)) = left.split_first() {
        left = rest;
        let Some(acts) = acts.get_mut(usize::from(first & 3)) else { break };
        let act = act(&settings, first >> 2, &mut left);
        if acts.len() < ACTS {
            acts.push(act);
        }
    }
    let client = |(number, acts): (usize, Vec<Act>)| {
        let greeting = settings.proxy_timeout.map(|_| Greeting::plain(number)).unwrap_or_default();
        let mut todo = vec![Act::Connect, Act::Send(greeting.bytes.clone())];
        todo.extend(acts);
        todo.reverse();
        Client { greeting, todo, appetite: 100_000, ..Client::default() }
    };
    let clients = acts.into_iter().filter(|acts| !acts.is_empty()).enumerate().map(client).collect();
    let setup = Setup::of(&mut dice, settings, clients);
    (setup, Dice::from_script(left, seed), seed)
}

/// One act: its kind in the low three bits.
fn act(settings: &Settings, how: u8, left: &mut &[u8]) -> Act {
    let (kind, how) = (how & 7, usize::from(how >> 3));
    match kind {
        0 => Act::Finish,
        1 => Act::Reset,
        2 => Act::Read([0, 1, 50, 100_000][how % 4]),
        3 => Act::Rest(settings.sweep() * [1, 10, 100, 400][how % 4] + Duration::from_millis(1)),
        // Any bytes.
        4 | 5 => {
            let len = byte(left).into();
            Act::Send(some(left, len).to_vec())
        }
        // A frame.
        _ => {
            let command = byte(left);
            let len = usize::from(byte(left)) << how;
            let payload = some(left, len);
            Act::Send(frame(settings.wording.stx, COMMANDS[usize::from(command) % COMMANDS.len()], payload))
        }
    }
}

fn byte(left: &mut &[u8]) -> u8 {
    some(left, 1).first().copied().unwrap_or_default()
}

/// So many bytes, or as many as there are.
fn some<'a>(left: &mut &'a [u8], len: usize) -> &'a [u8] {
    let (some, rest) = left.split_at(len.min(left.len()));
    *left = rest;
    some
}
