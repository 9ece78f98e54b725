//! A call that does nothing: what the measuring itself costs.

use super::Candidate;
use crate::packets::{Login, Ping, Profile, Readings, ShortLogin, Value};
use crate::tasks::{Codec, Dispatch, Kit, Packet};

pub(super) const CANDIDATE: Candidate = Candidate {
    name: "empty call",
    kits: &[
        (Packet::Ping, Kit::of::<Empty, Ping>()),
        (Packet::ShortLogin, Kit::of::<Empty, ShortLogin>().with_dispatch(|| Box::new(Empty))),
        (Packet::Login, Kit::of::<Empty, Login>().with_dispatch(|| Box::new(Empty))),
        (Packet::Profile, Kit::of::<Empty, Profile>()),
        (Packet::List, Kit::of::<Empty, Readings>()),
        (Packet::OwnedList, Kit::of::<Empty, Readings>()),
    ],
};

struct Empty;

impl<V: Value> Codec<V> for Empty {
    type Packet<'v> = ();

    fn packet(_: &V) {}

    fn encode((): &(), _: &mut [u8]) -> Option<usize> {
        Some(0)
    }

    fn decode_all(_: &[u8]) -> Option<u64> {
        Some(0)
    }

    fn decode_two(_: &[u8]) -> Option<u64> {
        Some(0)
    }
}

impl Dispatch for Empty {
    #[inline(never)]
    fn dispatch(&mut self, _: u16, _: &[u8]) -> Option<usize> {
        Some(0)
    }
}
