//! The first bytes of a connection that comes from a proxy.

use mario_proto::ProxyError;

use super::{Connection, Exchange};
use crate::link::Phase;
use crate::net::Stream;
use crate::reason::Reason;
use crate::service::Service;

impl<S: Service> Exchange<S> {
    /// Looks for the proxy's header in what the connection had waiting and the first `count` bytes of the read buffer.
    /// Once it is whole, the connection has its first turn, with what follows.
    #[cold]
    pub(super) fn greet<T: Stream>(&mut self, connection: &mut Connection<S, T>, count: usize) {
        let link = &mut connection.link;
        let mut fresh = &self.read_buffer[..count];
        match self.inbox.proxy_header(&mut link.input, &mut fresh) {
            Ok(Some(header)) => {
                let rest = fresh.len();
                self.counters.received(count - rest, 0);
                if let Some(client) = header.source {
                    link.peer = client.into();
                    if !self.guests.receive(link.id.key().index, client.ip()) {
                        return self.dismiss(connection, Reason::TooManyOfAddress);
                    }
                }
                link.enter(Phase::Open);
                self.read_buffer.copy_within(count - rest..count, 0);
                self.connect(connection);
                if connection.link.phase() == Phase::Open {
                    self.receive(connection, rest);
                }
            }
            Ok(None) => self.counters.received(count, 0),
            Err(reason) => {
                self.counters.received(count, 0);
                self.dismiss(connection, reason);
            }
        }
    }

    /// Ends a connection of which the service does not know yet.
    pub(super) fn dismiss<T: Stream>(&mut self, connection: &mut Connection<S, T>, reason: Reason) {
        let Connection { stream, link, .. } = connection;
        let reason = match reason {
            Reason::TimedOut => Reason::Proxy(ProxyError::Incomplete),
            other => other,
        };
        self.closing += 1;
        self.counters.ends(reason);
        stream.ended(reason);
        self.inbox.discard(&mut link.input);
        link.enter(Phase::Gone);
        let (peer, now) = (link.peer, self.desk.locals.timers.now());
        match reason {
            Reason::ShutDown => return,
            Reason::TooManyOfAddress => {
                self.counters.crowded.add(1);
                let text = format_args!("{peer} is refused: its address has too many connections");
                return self.crowded.warn(now, text);
            }
            _ => self.counters.proxy_errors.add(1),
        }
        match reason {
            Reason::Proxy(error) => {
                self.strangers.warn(now, format_args!("a connection from the proxy {peer} ends: {error}"));
            }
            _ => {
                log::debug!("a connection from the proxy {peer} ends before its header is whole: {reason}");
            }
        }
    }
}
