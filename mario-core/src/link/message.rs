//! A packet that was encoded once, for many connections.

use std::fmt;
use std::sync::Arc;

use mario_proto::Overflow;

/// A packet that was encoded once, to be pushed to many connections. A clone shares the bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Message(Arc<Encoded>);

#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Encoded {
    pub(crate) command: u16,
    /// What it is about; 0 if there is but one thing.
    pub(crate) key: u64,
    pub(crate) overflow: Overflow,
    pub(crate) frame: Box<[u8]>,
}

impl Message {
    pub(crate) fn new(command: u16, overflow: Overflow, frame: Box<[u8]>) -> Self {
        Message(Arc::new(Encoded { command, key: 0, overflow, frame }))
    }

    pub(crate) fn encoded(&self) -> &Encoded {
        &self.0
    }

    /// The id of the command that it is sent under.
    pub fn command(&self) -> u16 {
        self.0.command
    }

    /// What it takes of memory beside its frame: two counts are before what is shared.
    const BESIDE: usize = 2 * size_of::<usize>() + size_of::<Encoded>();

    /// What the longest one takes of memory.
    pub(crate) const MOST_BYTES: usize = Self::BESIDE + u16::MAX as usize;

    /// What it takes of memory.
    pub(crate) fn bytes(&self) -> usize {
        Self::BESIDE + self.0.frame.len()
    }

    /// Whether it takes the place of an older one that waits for a peer that reads too slowly.
    pub(crate) fn replaces(&self, older: &Message) -> bool {
        (self.0.command, self.0.key) == (older.0.command, older.0.key)
    }

    /// The same, about one of several things that its command tells of: where the latest one is kept for a peer that reads
    /// too slowly, it takes the place of one of the same command *and key* alone. A message has the key 0 without this.
    ///
    /// ```
    /// # use mario::{Connections, Packet, PushError};
    /// /// Of each instrument, only the last one counts.
    /// #[derive(Packet)]
    /// #[mario(overflow = keep_latest)]
    /// struct Price {
    ///     instrument: u32,
    ///     price: f64,
    /// }
    ///
    /// fn publish(connections: &Connections, price: &Price) -> Result<(), PushError> {
    ///     let message = connections.message(0x0401, price)?.keyed(price.instrument.into());
    ///     connections.push_message_to_all(&message)
    /// }
    /// ```
    #[must_use]
    pub fn keyed(self, key: u64) -> Self {
        let mut encoded = Arc::unwrap_or_clone(self.0);
        encoded.key = key;
        Message(Arc::new(encoded))
    }

    /// The same, but where the peer reads too slowly: instead of what its packet says.
    #[must_use]
    pub fn on_overflow(self, overflow: Overflow) -> Self {
        let mut encoded = Arc::unwrap_or_clone(self.0);
        encoded.overflow = overflow;
        Message(Arc::new(encoded))
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("command", &format_args!("{:#06x}", self.0.command))
            .field("key", &self.0.key)
            .field("overflow", &self.0.overflow)
            .field("bytes", &self.0.frame.len())
            .finish()
    }
}
