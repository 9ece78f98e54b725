//! What an exchange tells of itself, round by round.

use super::Exchange;
use crate::service::Service;

impl<S: Service> Exchange<S> {
    /// Publishes what was counted since the last time, and how full things are.
    #[inline]
    pub(crate) fn publish(&mut self, taken: usize) {
        let sent = self.outbox.take_sent();
        self.counters.frames_sent.add(sent.frames);
        self.counters.replies.add(sent.frames - sent.unasked);
        self.counters.bytes_sent.add(sent.bytes);
        self.counters.slots.publish(taken, self.closing);
        self.counters.input_pool.publish(self.inbox.pool());
        self.counters.output_pool.publish(self.outbox.pool());
    }
}
