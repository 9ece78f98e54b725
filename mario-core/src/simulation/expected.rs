//! What a client's bytes lead to, read from the rules of the wire and not from the code of the server.

use super::debts::Outcome;
use super::greeting::{Greeting, Says};
use super::service::Manners;
use super::service::commands::{
    ASK, BIND, CANCEL, DENIED, ECHO, ENTER, EXIT, FLAG, FORGIVEN, FREE, LATER, LEAVE, LOGIN, MANY, MEMBERS,
    PANIC, QUIET, QUIT, REFUSED, SHOUT, UNBIND, UNSENDABLE, WORK,
};
use crate::Reason;

/// How the server reads its wire.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wording {
    pub(super) stx: u32,
    pub(super) max_packet: u16,
    pub(super) heartbeat: Option<u16>,
}

/// What all bytes of a client lead to, if nothing else ends its connection.
#[derive(Debug, Default)]
pub(super) struct Expected {
    /// After how many bytes the service learns of it; `None` if never.
    pub(super) begin: Option<usize>,
    /// It counts for its address.
    pub(super) counts: bool,
    pub(super) steps: Vec<Step>,
    pub(super) ending: Option<Ending>,
}

/// A frame that is handled.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) command: u16,
    /// How many bytes it and those before it have.
    pub(super) end: usize,
    /// Whether the service learns of it.
    pub(super) heard: bool,
    pub(super) replies: Vec<u8>,
}

/// What ends the connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ending {
    pub(super) why: Why,
    /// How many bytes the server needs to have read.
    pub(super) at: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    Proxy,
    Protocol,
    Unknown(u16),
    Denied(u16),
    Malformed(u16),
    Unanswered(u16),
    Service,
    Unsendable,
    Panicked,
}

impl Why {
    pub(super) fn is(self, reason: &Reason) -> bool {
        match *reason {
            Reason::Protocol(_) => self == Why::Protocol,
            Reason::UnknownCommand(command) => self == Why::Unknown(command),
            Reason::Denied(command) => self == Why::Denied(command),
            Reason::Malformed(command, _) => self == Why::Malformed(command),
            Reason::Unanswered(command) => self == Why::Unanswered(command),
            Reason::Service => self == Why::Service,
            Reason::Unsendable(_) => self == Why::Unsendable,
            Reason::Panicked => self == Why::Panicked,
            _ => false,
        }
    }
}

/// A frame, as it travels.
pub(super) fn frame(stx: u32, command: u16, payload: &[u8]) -> Vec<u8> {
    let len = 8 + payload.len() as u16;
    [&stx.to_le_bytes()[..], &len.to_le_bytes(), &command.to_le_bytes(), payload].concat()
}

/// What the bytes of a client lead to, which begin with this greeting.
pub(super) fn read(bytes: &[u8], greeting: &Greeting, wording: Wording, manners: Manners) -> Expected {
    let begin = greeting.bytes.len();
    if greeting.says == Says::Nonsense {
        let ending = Ending { why: Why::Proxy, at: begin };
        return Expected { ending: Some(ending), ..Expected::default() };
    }
    let counts = greeting.says == Says::Client;
    let mut expected = Expected { begin: Some(begin), counts, ..Expected::default() };
    let (mut calls, mut user, mut start) = (0u32, None, begin);
    while let Some(header) = bytes.get(start..start + 8) {
        let stx = u32::from_le_bytes([header[0], header[1], header[2], header[3]]);
        let len = u16::from_le_bytes([header[4], header[5]]);
        let command = u16::from_le_bytes([header[6], header[7]]);
        if stx != wording.stx || len < 8 || len > wording.max_packet {
            expected.ending = Some(Ending { why: Why::Protocol, at: start + 8 });
            break;
        }
        let end = start + usize::from(len);
        let Some(payload) = bytes.get(start + 8..end) else { break };
        start = end;
        if wording.heartbeat == Some(command) {
            let replies = frame(wording.stx, command, payload);
            expected.steps.push(Step { command, end, heard: false, replies });
            continue;
        }
        calls += 1;
        let reply = |payload: &[u8]| (frame(wording.stx, command, payload), None);
        let judge = |why| match manners.forgives {
            true => reply(FORGIVEN),
            false => (Vec::new(), Some(why)),
        };
        let (replies, why) = match (command, payload.len()) {
            (DENIED, _) => judge(Why::Denied(command)),
            (MEMBERS, _) if user.is_none() => judge(Why::Denied(command)),
            (LOGIN, 4) => {
                user = Some(payload);
                reply(&[payload, &calls.to_le_bytes()].concat())
            }
            (ECHO, _) => reply(payload),
            (MANY, 3) => {
                let size = usize::from(u16::from_le_bytes([payload[1], payload[2]]));
                let each = |number| frame(wording.stx, command, &vec![number; size]);
                // What is longer than any frame is not sent.
                let count = if size + 8 > usize::from(u16::MAX) { 0 } else { payload[0] };
                ((0..count).flat_map(each).collect(), None)
            }
            (ASK, 5) => match Outcome::of(payload[0]) {
                Outcome::Answer | Outcome::Then => reply(&payload[1..]),
                Outcome::Drop => judge(Why::Unanswered(command)),
                Outcome::Close | Outcome::ThenClose => (Vec::new(), Some(Why::Service)),
                Outcome::ThenPanic => (Vec::new(), Some(Why::Panicked)),
            },
            // What comes of these, depends on others too.
            (BIND, 2) | (ENTER | EXIT, 1) | (UNBIND, 0) | (SHOUT, _) | (FREE | WORK, 3) => (Vec::new(), None),
            (QUIET | CANCEL, _) | (LATER, 2) => (Vec::new(), None),
            (LEAVE, _) => (reply(payload).0, Some(Why::Service)),
            (QUIT, _) => (Vec::new(), Some(Why::Service)),
            (PANIC, _) => (reply(payload).0, Some(Why::Panicked)),
            (FLAG, 1) if payload[0] < 2 => reply(&[1 - payload[0]]),
            (MEMBERS, 0) => reply(&[user.unwrap_or_default(), &calls.to_le_bytes()].concat()),
            (UNSENDABLE, _) => (Vec::new(), Some(Why::Unsendable)),
            (LOGIN | MANY | LATER | FLAG | MEMBERS, _) => judge(Why::Malformed(command)),
            (ASK | FREE | WORK | BIND | UNBIND | ENTER | EXIT, _) => judge(Why::Malformed(command)),
            (REFUSED, _) => (Vec::new(), Some(Why::Unknown(command))),
            _ => judge(Why::Unknown(command)),
        };
        expected.steps.push(Step { command, end, heard: true, replies });
        if let Some(why) = why {
            expected.ending = Some(Ending { why, at: end });
            break;
        }
    }
    expected
}

impl Expected {
    /// The steps up to the one that was heard as number `heard`, counted from 1.
    pub(super) fn done(&self, heard: usize) -> &[Step] {
        let last = self.steps.iter().enumerate().filter(|(_, step)| step.heard).map(|(place, _)| place);
        match heard.checked_sub(1) {
            None => &[],
            Some(before) => {
                let end = last.into_iter().nth(before).map_or(self.steps.len(), |place| place + 1);
                &self.steps[..end]
            }
        }
    }

    /// At how many bytes something has come whole: its greeting, or a frame.
    pub(super) fn ends(&self) -> impl Iterator<Item = usize> {
        self.begin.into_iter().chain(self.steps.iter().map(|step| step.end))
    }

    /// How many steps the service has heard of once so many bytes are read.
    pub(super) fn heard_by(&self, read: usize) -> usize {
        self.steps.iter().filter(|step| step.heard && step.end <= read).count()
    }
}
