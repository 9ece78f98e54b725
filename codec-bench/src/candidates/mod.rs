//! Whoever takes part: one file each. Another one is a file, a `mod` and a line of [`CODECS`].

mod bincode;
mod empty;
mod hand_written;
mod mario;
mod memcpy;
mod postcard;
mod prost;
mod rkyv;
mod zerocopy;

use crate::tasks::{Kit, Packet};

/// One way to write and read the packets.
pub struct Candidate {
    /// What it is called in the tables.
    pub name: &'static str,
    /// What it can do, packet by packet.
    pub kits: &'static [(Packet, Kit)],
}

/// Those that read and write packets, as the tables show them.
pub const CODECS: &[Candidate] = &[
    mario::CANDIDATE,
    hand_written::CANDIDATE,
    zerocopy::CANDIDATE,
    bincode::CANDIDATE,
    postcard::CANDIDATE,
    rkyv::CANDIDATE,
    prost::CANDIDATE,
];

/// Those that look at nothing: what cannot be gone below.
const FLOORS: &[Candidate] = &[memcpy::CANDIDATE, empty::CANDIDATE];

/// All of them, the floors last.
pub fn all() -> impl Iterator<Item = &'static Candidate> {
    CODECS.iter().chain(FLOORS)
}

/// Whom the others are compared with.
pub const BASELINE: &str = hand_written::CANDIDATE.name;

/// What a call costs that does nothing.
pub const EMPTY: &str = empty::CANDIDATE.name;

impl Candidate {
    /// The candidate of that name.
    pub fn named(name: &str) -> Option<&'static Candidate> {
        all().find(|candidate| candidate.name == name)
    }

    /// Its functions for `packet`, if it has any.
    pub fn kit(&self, packet: Packet) -> Option<Kit> {
        self.kits.iter().find(|(of, _)| *of == packet).map(|(_, kit)| *kit)
    }
}
