//! What a client does, from its first byte to its last.

use std::ops::Range;
use std::time::Duration;

use super::dice::Dice;
use super::expected::{Wording, frame};
use super::greeting::Greeting;
use super::service::commands::{
    ASK, BIND, CANCEL, DENIED, ECHO, ENTER, EXIT, FLAG, FREE, LATER, LEAVE, LOGIN, MANY, MEMBERS, PANIC,
    QUIET, QUIT, REFUSED, SHOUT, UNBIND, UNKNOWN, UNSENDABLE, WORK,
};
use super::settings::Settings;

/// One client, and how far it is.
#[derive(Debug, Default)]
pub(super) struct Client {
    /// What it sends first.
    pub(super) greeting: Greeting,
    /// What it has yet to do, the last first.
    pub(super) todo: Vec<Act>,
    /// How much it reads at once; 0 if it does not read now.
    pub(super) appetite: usize,
    /// How much that is at least, so that it comes to an end.
    pub(super) least: usize,
    /// Until when it does nothing.
    pub(super) rests: Duration,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Connect,
    Send(Vec<u8>),
    Rest(Duration),
    /// Reads so much at once from now on.
    Read(usize),
    Finish,
    Reset,
}

impl Client {
    /// The client of this number, which talks to a server with these settings.
    pub(super) fn new(dice: &mut Dice, number: usize, settings: &Settings, rest: Range<usize>) -> Self {
        let wording = settings.wording;
        let mut acts = Vec::new();
        if dice.chance(100) {
            acts.push(Act::Rest(dice.millis(0..2000)));
        }
        acts.push(Act::Connect);
        let frames = match dice.below(8) {
            0 => 0,
            7 => dice.within(10..120),
            _ => dice.within(1..12),
        };
        let daring = dice.pick(&[0, 0, 4, 16, 64]);
        let greeting = match settings.proxy_timeout {
            Some(_) => Greeting::new(dice, number),
            None => Greeting::default(),
        };
        let mut bytes = greeting.bytes.clone();
        for _ in 0..frames {
            bytes.extend(some_frame(dice, wording, daring));
        }
        if dice.chance(40) {
            bytes.truncate(dice.below(bytes.len() + 1));
        }
        let size = dice.pick(&[1, 3, 8, 20, 200, 5000, 200_000]);
        let size = size.max(bytes.len() / 60);
        let (restless, greedy) = (dice.pick(&[0, 0, 20, 100]), dice.pick(&[0, 0, 0, 60]));
        while !bytes.is_empty() {
            let piece = bytes.drain(..(1 + dice.below(size)).min(bytes.len())).collect();
            acts.push(Act::Send(piece));
            if dice.chance(restless) {
                acts.push(Act::Rest(dice.millis(rest.clone())));
            }
            if dice.chance(greedy) {
                acts.push(Act::Read(dice.pick(&[0, 0, 1, 50, 100_000])));
            }
        }
        match dice.below(8) {
            0 => acts.push(Act::Reset),
            1 => acts.push(Act::Read(0)),
            2 => {}
            3 => acts.extend([Act::Rest(dice.millis(rest)), Act::Read(100_000), Act::Finish]),
            _ => acts.extend([Act::Read(100_000), Act::Finish]),
        }
        acts.reverse();
        let appetite = dice.pick(&[100_000, 100_000, 100_000, 1000, 20, 0]);
        Client { greeting, todo: acts, appetite, ..Client::default() }
    }
}

impl Client {
    /// All that it will have sent at the end.
    pub(super) fn all_bytes(&self) -> Vec<u8> {
        let pieces = self.todo.iter().rev().filter_map(|act| match act {
            Act::Send(piece) => Some(&piece[..]),
            _ => None,
        });
        pieces.collect::<Vec<_>>().concat()
    }
}

/// What a client may send: with daring, what the server closes it for.
fn some_frame(dice: &mut Dice, wording: Wording, daring: u8) -> Vec<u8> {
    let Wording { stx, max_packet, heartbeat } = wording;
    let most = usize::from(max_packet) - 8;
    let len = match dice.below(8) {
        0 => dice.below(most + 1),
        1 => most,
        _ => dice.below(40).min(most),
    };
    let mut any: Vec<u8> = vec![0; len];
    any.iter_mut().enumerate().for_each(|(place, byte)| *byte = (place * 7 + len) as u8);
    if dice.chance(daring) {
        return match dice.below(12) {
            0 => frame(stx ^ 1 << dice.below(32), ECHO, &any),
            1 => [&stx.to_le_bytes()[..], &(dice.below(8) as u16).to_le_bytes(), &[1, 1, 9, 9]].concat(),
            2 if max_packet < u16::MAX => {
                [&stx.to_le_bytes()[..], &(max_packet + 1).to_le_bytes(), &[1, 1, 9, 9]].concat()
            }
            3 => frame(stx, LEAVE, &any),
            4 => frame(stx, QUIT, &any),
            5 => frame(stx, PANIC, &any),
            6 => frame(stx, UNSENDABLE, &any),
            7 => frame(stx, REFUSED, &any),
            8 => frame(stx, UNKNOWN, &any),
            9 => frame(stx, DENIED, &any),
            10 => frame(stx, FLAG, &[2 + dice.below(200) as u8]),
            _ => frame(stx, dice.below(1 << 16) as u16, &any),
        };
    }
    let number = (dice.below(1 << 16) as u32).to_le_bytes();
    let byte = dice.below(256) as u8;
    // Neither dropped nor closed, but by those who dare.
    let how = if daring > 0 { byte } else { byte & 3 };
    match dice.below(24) {
        12..15 if most >= 5 => frame(stx, ASK, &[&[how][..], &number].concat()),
        15 | 16 if most >= 3 => frame(stx, FREE, &[number[0], number[1], how]),
        22 | 23 if most >= 3 => frame(stx, WORK, &[number[0], number[1], how]),
        17 if most >= 2 => frame(stx, BIND, &[number[0], byte]),
        18 => frame(stx, UNBIND, b""),
        19 if most >= 1 => frame(stx, ENTER, &number[..1]),
        20 if most >= 1 => frame(stx, if byte & 1 == 0 { ENTER } else { EXIT }, &number[..1]),
        21 => frame(stx, SHOUT, &any),
        0 | 1 if most >= 4 => frame(stx, LOGIN, &number),
        2 => frame(stx, if byte & 1 == 0 { QUIET } else { CANCEL }, &any),
        3 if most >= 3 => {
            let [low, high] = (dice.pick(&[0, 10, 1000, 20_000]) as u16).to_le_bytes();
            frame(stx, MANY, &[dice.below(6) as u8, low, high])
        }
        4 if most >= 2 => {
            let long = u16::from_le_bytes([number[0], number[1]]);
            let later = frame(stx, LATER, &dice.pick(&[0, 30, 500, long]).to_le_bytes());
            // Now and then it is not to come after all.
            let cancel = if byte & 1 == 0 { frame(stx, CANCEL, b"") } else { Vec::new() };
            [later, cancel].concat()
        }
        5 if most >= 1 => frame(stx, FLAG, &[dice.below(2) as u8]),
        6 => frame(stx, heartbeat.unwrap_or(ECHO), &any),
        7 if daring > 0 => frame(stx, MEMBERS, b""),
        _ => frame(stx, ECHO, &any),
    }
}
