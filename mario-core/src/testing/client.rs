//! A client of a test's server.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use mario_proto::{Decode, Frame, Framing, OwnedReply, Packet, decode_packet, frame_to_vec};

use super::stage::Stage;
use crate::link::ConnId;
use crate::net::memory::Wire;
use crate::parts::slots::Key;
use crate::reason::Reason;
use crate::service::Service;

/// What the network takes for a client that has stopped to read, as the buffers of two sockets would.
const UNREAD: usize = 64 << 10;

/// One client of a [`TestServer`](super::TestServer). Dropping it closes its connection, as dropping a socket does.
///
/// Whatever it does, the server has done all that follows when the call returns.
#[must_use = "a client that is dropped has closed its connection"]
pub struct TestClient<S: Service> {
    stage: Rc<RefCell<Stage<S>>>,
    wire: Wire,
    framing: Framing,
    /// Received, and not taken yet.
    received: Vec<u8>,
    /// The frame that was taken last.
    taken: Vec<u8>,
}

impl<S: Service> TestClient<S> {
    pub(super) fn new(stage: Rc<RefCell<Stage<S>>>, wire: Wire, stx: u32) -> Self {
        let framing = Framing::new(stx, u16::MAX);
        TestClient { stage, wire, framing, received: Vec::new(), taken: Vec::new() }
    }

    /// Sends a packet under the id of a command.
    ///
    /// # Panics
    /// If it can't be encoded.
    #[track_caller]
    pub fn send<P: Packet>(&mut self, command: u16, packet: &P) {
        match frame_to_vec(self.framing.stx(), command, packet) {
            Ok(frame) => self.send_bytes(&frame),
            Err(error) => panic!("the packet for command {command:#06x} can't be encoded: {error}"),
        }
    }

    /// Sends bytes as they are: a part of a frame, several, or rubbish.
    pub fn send_bytes(&mut self, bytes: &[u8]) {
        self.wire.send(bytes);
        self.settle();
    }

    /// Sends a packet that [says which command it is the request of](crate::Request), and receives the reply. One that
    /// borrows is for [`call`](TestClient::call).
    ///
    /// # Panics
    /// As [`send`](TestClient::send) and [`receive`](TestClient::receive).
    #[track_caller]
    pub fn request<Q: OwnedReply>(&mut self, request: &Q) -> Q::Reply {
        self.call(Q::COMMAND, request)
    }

    /// Sends a packet, and [receives](TestClient::receive) the next one under the same id.
    ///
    /// # Panics
    /// As these do.
    #[track_caller]
    pub fn call<'c, Request: Packet, Reply: Packet + Decode<'c>>(
        &'c mut self,
        command: u16,
        request: &Request,
    ) -> Reply {
        self.send(command, request);
        self.receive(command)
    }

    /// The next packet that the server has sent, which is to have this id. It may borrow from the client.
    ///
    /// # Panics
    /// If there is none, if it has another id, or if it is no such packet.
    #[track_caller]
    pub fn receive<'c, P: Packet + Decode<'c>>(&'c mut self, command: u16) -> P {
        let reason = self.reason();
        let Some(frame) = self.next_frame() else {
            match reason {
                Some(reason) => panic!("nothing came: the connection has ended: {reason:?}"),
                None => panic!("nothing came"),
            }
        };
        assert_eq!(
            frame.cmd, command,
            "a frame of command {:#06x} came, not of {command:#06x}; its payload: {:02x?}",
            frame.cmd, frame.payload
        );
        match decode_packet(frame.payload) {
            Ok(packet) => packet,
            Err(error) => {
                panic!("the payload of command {command:#06x}, {:02x?}: {error}", frame.payload)
            }
        }
    }

    /// The next frame that the server has sent, if there is one.
    ///
    /// # Panics
    /// If it has sent what is no frame, which only a fault of mario's could do.
    pub fn next_frame(&mut self) -> Option<Frame<'_>> {
        self.settle();
        self.received.append(&mut self.wire.take());
        let len = match self.framing.split(&self.received).expect("a server sends frames") {
            Some((frame, _)) => mario_proto::HEADER_LEN + frame.payload.len(),
            None => return None,
        };
        self.taken = self.received.drain(..len).collect();
        self.framing.split(&self.taken).ok().flatten().map(|(frame, _)| frame)
    }

    /// Reads no more: what the server sends from now on waits, in the network as far as that takes it (64 KiB), then
    /// in the server.
    pub fn stop_reading(&mut self) {
        self.wire.set_room(Some(UNREAD));
    }

    /// Reads again.
    pub fn read_again(&mut self) {
        self.wire.set_room(None);
        self.settle();
    }

    /// Closes its side; what the server has yet to send can still be received.
    pub fn close(&mut self) {
        self.wire.finish();
        self.settle();
    }

    /// Breaks the connection off, as a client that crashes.
    pub fn reset(&mut self) {
        self.wire.reset();
        self.settle();
    }

    /// Whether the server has closed the connection.
    pub fn is_closed(&self) -> bool {
        self.settle();
        self.wire.is_closed()
    }

    /// Why the connection has ended for the service, as [`Service::disconnected`] was told; `None` if it has not, or
    /// was refused.
    pub fn reason(&self) -> Option<Reason> {
        self.settle();
        self.wire.reason()
    }

    /// The id of its connection.
    ///
    /// # Panics
    /// If it was refused.
    #[track_caller]
    pub fn id(&self) -> ConnId {
        ConnId::new(0, self.key())
    }

    /// Looks at the session of its connection, or changes it.
    ///
    /// # Panics
    /// If the connection is closed, or `look` uses the server or one of its clients.
    #[track_caller]
    pub fn session<R>(&self, look: impl FnOnce(&mut S::Session) -> R) -> R {
        let key = self.key();
        let mut stage = self.stage.borrow_mut();
        let session = stage.session(key).expect("the connection is closed, and its session is gone");
        look(session)
    }

    #[track_caller]
    fn key(&self) -> Key {
        self.wire.key().expect("the connection was refused")
    }

    fn settle(&self) {
        self.stage.borrow_mut().settle();
    }
}

impl<S: Service> Drop for TestClient<S> {
    fn drop(&mut self) {
        self.wire.finish();
    }
}

impl<S: Service> fmt::Debug for TestClient<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestClient").field("reason", &self.wire.reason()).finish_non_exhaustive()
    }
}
