//! Which packets and candidates are measured.

use clap::{Args, ValueEnum};

use crate::candidates::{BASELINE, CODECS, Candidate, EMPTY, all};
use crate::tasks::Packet;

#[derive(Args)]
pub struct Selection {
    /// Measure this packet only; can be given several times.
    #[arg(long = "packet", global = true)]
    packets: Vec<Packet>,
    /// Measure this candidate only, beside the hand-written one; can be given several times.
    #[arg(long = "candidate", global = true, value_parser = parse)]
    candidates: Vec<&'static Candidate>,
}

fn parse(name: &str) -> Result<&'static Candidate, String> {
    let candidate = CODECS.iter().find(|candidate| candidate.name == name);
    candidate.ok_or_else(|| {
        let names: Vec<_> = CODECS.iter().map(|candidate| candidate.name).collect();
        format!("no such candidate, but there are {}", names.join(", "))
    })
}

impl Selection {
    /// The packets, in the order of the tables.
    pub fn packets(&self) -> impl Iterator<Item = Packet> {
        let all = Packet::value_variants().iter().copied();
        all.filter(|packet| self.packets.is_empty() || self.packets.contains(packet))
    }

    /// The candidates, in the order of the tables; with those that the others are compared with.
    pub fn candidates(&self) -> impl Iterator<Item = &'static Candidate> {
        all().filter(|candidate| {
            self.candidates.is_empty()
                || [BASELINE, EMPTY].contains(&candidate.name)
                || self.candidates.iter().any(|selected| selected.name == candidate.name)
        })
    }
}
