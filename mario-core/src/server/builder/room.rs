//! Settings: how much there is of what is laid out at the start.

use super::Builder;
use crate::link::outbox::Keeping;
use crate::service::Service;

impl<S: Service> Builder<S> {
    /// How many timers a worker has for [`Conn::after`](crate::Conn::after), [`Worker::after`](crate::Worker::after) and
    /// [`Worker::every`](crate::Worker::every): 0 to 2³¹; by default one for each connection, and 64. Memory becomes
    /// resident as they are first used, about 60 bytes each.
    pub fn timers(mut self, timers: impl Into<Option<usize>>) -> Self {
        self.timers = timers.into();
        self
    }

    /// How many pushes may wait for each worker: 1 to 1,048,576; by default 4,096. A message to many connections counts
    /// as one. Where so many wait, further ones are refused with [`PushError::Full`](crate::PushError::Full). The
    /// memory is taken at the start, some 70 bytes for each.
    pub fn mailbox(mut self, pushes: usize) -> Self {
        self.mailbox = pushes;
        self
    }

    /// In how many groups the connections of a worker may be, all together: 0 to 2³¹; by default four for each slot. A
    /// connection that is in three groups counts three times. Memory becomes resident as they are first used, about 24
    /// bytes each.
    pub fn memberships(mut self, memberships: impl Into<Option<usize>>) -> Self {
        self.memberships = memberships.into();
        self
    }

    /// How many answers each worker may owe at a time, to requests of commands that answer later by a
    /// [`Reply`](crate::Reply): 1 to 1,048,576; by default 4,096. Where so many are owed, a connection that sends one more
    /// such request is closed with [`Reason::Overflow`](crate::Reason::Overflow). The memory is taken at the start, some
    /// 70 bytes for each.
    pub fn deferred(mut self, answers: usize) -> Self {
        self.deferred = answers;
        self
    }

    /// When a peer reads slowly: above `high` bytes of unsent output its requests wait in the kernel, but for what one read
    /// had taken, until there are no more than `low`. By default 16 KiB and 64 KiB.
    pub fn water_marks(mut self, low: usize, high: usize) -> Self {
        (self.marks.low_water, self.marks.high_water) = (low, high);
        self
    }

    /// How much output may wait for one connection, in bytes: beyond it is closed with
    /// [`Reason::Overflow`](crate::Reason::Overflow). By default 1 MiB; at least 80 KiB above the high-water mark, as a
    /// request that is taken just below that mark is still answered.
    pub fn output_limit(mut self, bytes: usize) -> Self {
        self.marks.limit = bytes;
        self
    }

    /// How much output may wait for all connections of a worker, in bytes; by default 64 MiB. A connection that
    /// finds no room is closed with [`Reason::Overflow`](crate::Reason::Overflow).
    pub fn output_pool(mut self, bytes: usize) -> Self {
        self.output_pool = bytes;
        self
    }

    /// How much is kept aside for peers that read slowly, of pushes that replace each other
    /// ([`Overflow::KeepLatest`](crate::Overflow::KeepLatest)): so many for one connection, and so many bytes for all of
    /// a worker's; by default 64, and 16 MiB. Beside its frame, each takes some 50 bytes of that. A worker has places for
    /// one of each connection, and for as many more as it has slots; those take 36 bytes a slot. What finds no room is
    /// dropped, and counted.
    pub fn kept_pushes(mut self, each: usize, bytes: usize) -> Self {
        self.keeping = Keeping { each, bytes };
        self
    }

    /// How much incomplete input a worker keeps for all its connections, in bytes; by default 2 KiB a connection, and 1 MiB
    /// to spare, or 2 KiB a connection more if [`max_packet`](Builder::max_packet) is longer than that. With at least 2 KiB
    /// a connection each has so much for itself, whatever others send. Who needs more than that, for a longer frame, and
    /// finds nothing to spare, is closed with [`Reason::Overflow`](crate::Reason::Overflow).
    pub fn input_pool(mut self, bytes: impl Into<Option<usize>>) -> Self {
        self.input_pool = bytes.into();
        self
    }
}
