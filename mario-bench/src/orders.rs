//! What an operator has a gateway do: the packets between a load and the servers that speak first.

use mario::Packet;

/// Makes the connection a member of the crowd, which broadcasts go to.
#[derive(Packet)]
#[mario(command = 0x0701, reply = Joined)]
pub(crate) struct Join;

#[derive(Packet)]
pub(crate) struct Joined;

/// Sends the payload to each of the crowd, under the same command; it is not answered.
pub(crate) const BROADCAST: u16 = 0x0702;

/// Begins to push to one of the crowd after another, as echoes.
#[derive(Packet)]
#[mario(command = 0x0703, reply = Pushing)]
pub(crate) struct Push<'a> {
    pub(crate) threads: u8,
    #[mario(rest)]
    pub(crate) payload: &'a [u8],
}

#[derive(Packet)]
pub(crate) struct Pushing;

/// Ends that.
#[derive(Packet)]
#[mario(command = 0x0704, reply = Pushed)]
pub(crate) struct Rest;

/// What was pushed in all.
#[derive(Clone, Copy, Debug, Default, Packet)]
pub(crate) struct Pushed {
    pub(crate) accepted: u64,
    /// Attempts that found the mailbox full.
    pub(crate) refused: u64,
}

/// Looks users up from threads, for a time.
#[derive(Packet)]
#[mario(command = 0x0705, reply = LookedUp)]
pub(crate) struct LookUp {
    pub(crate) lookup: Lookup,
    pub(crate) threads: u8,
    pub(crate) millis: u32,
}

/// In what a user is looked up.
#[derive(Clone, Copy, Debug, Packet, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Lookup {
    /// A hash map of the standard library that nobody changes: the baseline.
    Map = 0,
    /// The same behind a lock for readers and writers, as one writes it who has no mario.
    LockedMap = 1,
    /// `Connections::is_online`.
    IsOnline = 2,
    /// `Connections::online`.
    Online = 3,
}

/// How often that was done, by all threads together.
#[derive(Packet)]
pub(crate) struct LookedUp {
    pub(crate) lookups: u64,
    /// How long the threads were at it, on the average.
    pub(crate) nanos: u64,
}
