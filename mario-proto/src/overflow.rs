/// What becomes of a packet that a server pushes to a peer which reads too slowly: one for which more than the high-water
/// mark waits already. Replies, and what a handler sends to its own connection, always wait as with
/// [`Close`](Overflow::Close).
///
/// A packet says so where it is declared, with `#[mario(overflow = keep_latest)]`; one that does not is [`Close`](Overflow::Close).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Overflow {
    /// It waits too, and at the limit the connection is closed: what may not be lost.
    #[default]
    Close,
    /// It is dropped: what is of use to those who keep up.
    DropNewest,
    /// It waits, but in place of the one of the same command, and of the same key where messages have keys, that waits
    /// already: a state, of which only the last counts.
    KeepLatest,
}
