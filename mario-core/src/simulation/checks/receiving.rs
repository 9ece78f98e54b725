//! What a client must have got.

use mario_proto::Overflow;

use super::{Check, pings, replies};
use crate::simulation::expected::frame;
use crate::simulation::mail::{Offer, Push};
use crate::simulation::others::TOPICS;
use crate::simulation::service::commands::{
    DROP, FREE, GO_AWAY, HELLO, KEEP, KEEP_TOO, NEWS, PING, PUSH, WORK,
};
use crate::simulation::wire::Wire;
use crate::simulation::world::State;

/// What the server has written is the replies to the client's requests in order, with what else it was sent between them:
/// news in order, pushes in order, of those that keep the latest each after the one
/// before of its kind, answers by number once.
pub(in crate::simulation) fn receiving(state: &State, number: usize) -> Check {
    let wire = &state.wires[number];
    let bytes: Vec<u8> = wire.received.iter().chain(&wire.outbound).copied().collect();
    let mut reader = Reader::new(state, wire);
    let mut left = &bytes[..];
    while let Some(header) = left.first_chunk::<8>() {
        let len = usize::from(u16::from_le_bytes([header[4], header[5]])).max(8);
        let (frame, rest) = left.split_at(len.min(left.len()));
        let command = u16::from_le_bytes([header[6], header[7]]);
        if let Err(fault) = reader.next(command, frame) {
            let at = bytes.len() - left.len();
            let frame = &frame[..frame.len().min(24)];
            return Err(format!("client {number}: what it gets from byte {at} on is {fault}: {frame:02x?}"));
        }
        left = rest;
    }
    if wire.owes_all && !wire.reset && wire.life.connected {
        reader.end().map_err(|missing| format!("client {number}: it did not get {missing}"))?;
    }
    Ok(())
}

/// What is to come yet.
struct Reader<'w> {
    wire: &'w Wire,
    replies: Vec<u8>,
    replied: usize,
    news: usize,
    /// But for those that may be kept, with their places among all.
    pushes: Vec<(usize, &'w Offer)>,
    pushed: usize,
    kept: [u32; TOPICS],
    answered: Vec<bool>,
    ping: Vec<u8>,
    pings: usize,
}

impl<'w> Reader<'w> {
    fn new(state: &State, wire: &'w Wire) -> Self {
        let is_kept = |(_, offer): &(usize, &Offer)| offer.push.overflow == Overflow::KeepLatest;
        Reader {
            wire,
            replies: wire.expected.steps.iter().flat_map(|step| &step.replies).copied().collect(),
            replied: 0,
            news: 0,
            pushes: wire.life.offers.iter().enumerate().filter(|offer| !is_kept(offer)).collect(),
            pushed: 0,
            kept: [0; TOPICS],
            answered: vec![false; wire.life.debts.len()],
            ping: frame(state.settings.wording.stx, PING, b""),
            pings: pings(state, wire),
        }
    }

    /// A frame, of which the end may be missing.
    fn next(&mut self, command: u16, frame: &[u8]) -> Check {
        match command {
            HELLO | GO_AWAY | NEWS => self.news(frame)?,
            PUSH | DROP => self.push(frame)?,
            KEEP | KEEP_TOO => self.keep(frame)?,
            FREE | WORK if self.answer(frame) => {}
            PING if self.pings > 0 && self.ping.starts_with(frame) => self.pings -= 1,
            _ if self.replies[self.replied..].starts_with(frame) => self.replied += frame.len(),
            _ => return Err("wrong".into()),
        }
        Ok(())
    }

    fn news(&mut self, frame: &[u8]) -> Check {
        if !self.wire.life.news.get(self.news).is_some_and(|next| next.starts_with(frame)) {
            return Err("not the news that is due".into());
        }
        // What a thread has done by a call stands among what it pushes.
        if let Some((_, before)) = self.wire.life.marks.iter().find(|(news, _)| *news == self.news) {
            let end = self.pushes.partition_point(|(place, _)| place < before);
            if self.pushed > end {
                return Err("of a call that was before the last push".into());
            }
            self.skip(end).map_err(too_early)?;
        }
        self.news += 1;
        Ok(())
    }

    fn push(&mut self, frame: &[u8]) -> Check {
        let is_it = |(_, offer): &(usize, &Offer)| offer.push.frame.starts_with(frame);
        let place = self.pushes[self.pushed..].iter().position(is_it).ok_or("no push that is due")?;
        self.skip(self.pushed + place).map_err(too_early)?;
        self.pushed += 1;
        Ok(())
    }

    /// The pushes up to this one do not come any more.
    fn skip(&mut self, end: usize) -> Check {
        if let Some((_, lost)) = self.pushes[self.pushed..end].iter().find(|(_, offer)| offer.must) {
            return Err(format!("push {}", lost.push.serial));
        }
        self.pushed = end;
        Ok(())
    }

    fn keep(&mut self, frame: &[u8]) -> Check {
        let kept = &mut self.kept;
        // Where the serial is cut off, it may be any of them.
        let mut offers = self.wire.life.offers.iter().map(|offer| &offer.push);
        let is_it = |push: &&Push| push.frame.starts_with(frame) && push.serial >= kept[push.topic];
        let push = offers.rfind(is_it).ok_or("no push that is due, or an older one than before")?;
        kept[push.topic] = push.serial;
        Ok(())
    }

    fn answer(&mut self, frame: &[u8]) -> bool {
        let debts = &self.wire.life.debts;
        let is_it = |place: &usize| {
            let debt = &debts[*place];
            debt.is_free && debt.is_given && !self.answered[*place] && debt.frame.starts_with(frame)
        };
        let place = (0..debts.len()).find(is_it);
        if let Some(place) = place {
            self.answered[place] = true;
        }
        place.is_some()
    }

    /// Nothing more comes.
    fn end(mut self) -> Check {
        let life = &self.wire.life;
        if self.replied < replies(self.wire) {
            return Err(format!("{} bytes of replies", replies(self.wire) - self.replied));
        }
        if self.news < life.news.len() {
            return Err(format!("{} news", life.news.len() - self.news));
        }
        self.skip(self.pushes.len())?;
        if let Some(topic) = (0..TOPICS).find(|topic| self.kept[*topic] < life.kept.must[*topic]) {
            return Err(format!("push {}, which was kept", life.kept.must[topic]));
        }
        match (0..life.debts.len()).find(|debt| life.debts[*debt].must && !self.answered[*debt]) {
            Some(debt) => Err(format!("the answer to its request {debt}")),
            None => Ok(()),
        }
    }
}

fn too_early(missing: String) -> String {
    format!("too early: {missing} is missing")
}
