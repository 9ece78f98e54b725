//! Thousands of connections in one thread: for load tools, and for simulators of devices.
//!
//! A fleet waits for all its connections at once, and tells what happens on them, one event after the other. What is to be
//! sent is sent by the same thread; nothing blocks.
//!
//! ```
//! use std::time::Duration;
//!
//! use mario::client::fleet::{Event, Fleet};
//! use mario::{Conn, Packet, Request, Server, Service};
//!
//! #[derive(Packet)]
//! #[mario(command = 0x0602, reply = Hello)]
//! struct SayHello<'a> {
//!     name: &'a str,
//! }
//!
//! #[derive(Packet)]
//! struct Hello {
//!     greeting: String,
//! }
//!
//! # struct Greeter;
//! # impl Service for Greeter { type Session = (); type Worker = (); }
//! # #[mario::command]
//! # fn say_hello(_: &mut Conn<'_, Greeter>, request: SayHello<'_>) -> Hello { Hello { greeting: request.name.to_owned() } }
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let server = Server::builder(Greeter, mario::commands![say_hello]).bind("127.0.0.1:0").workers(1).start()?;
//! # let address = server.local_addr();
//! let mut fleet = Fleet::builder(address).connections(1000).build()?;
//! for _ in 0..100 {
//!     fleet.connect()?;
//! }
//! let mut greeted = 0;
//! while !fleet.is_empty() {
//!     fleet.turn(Duration::from_secs(1), |member, event| match event {
//!         Event::Connected => member.send(SayHello::COMMAND, &SayHello { name: "Mario" }).expect("it is sent"),
//!         Event::Frame(frame) => {
//!             let hello: Hello = frame.decode().expect("it is a reply");
//!             assert_eq!(hello.greeting, "Mario");
//!             greeted += 1;
//!             member.close();
//!         }
//!         Event::Failed(error) => panic!("{error}"),
//!         Event::Closed(_) => {}
//!     })?;
//! }
//! assert_eq!(greeted, 100);
//! # Ok(())
//! # }
//! ```
//!
//! Each connection ends with one event, [`Failed`](Event::Failed) or [`Closed`](Event::Closed), and nothing comes of it
//! after that. Unlike [`Client`](super::Client), a fleet does not match replies to requests, nor connects again: whoever
//! plays a thousand devices knows what each of them waits for, and when it comes back.
//!
//! A process may have only so many descriptors (`ulimit -n`), and an address only so many ports for one server, about
//! 28,000: [`connect_from`](Fleet::connect_from) takes further addresses, of which the loopback network has many.

mod builder;
mod line;
mod member;

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use mario_proto::Framing;
use mio::{Events, Interest, Poll, Token};

pub use self::builder::Builder;
use self::builder::Settings;
use self::line::{End, Line};
pub use self::member::{Event, Incoming, Member, MemberId};
use super::error::{Error, Result};
use super::inflow::Inflow;
use crate::parts::slots::{Key, Slots};

/// How many reads a connection has before it is the turn of the others.
const READS: usize = 4;

/// What one wait takes at most.
const EVENTS: usize = 1024;

/// Many connections to one server, served by the thread that calls [`turn`](Fleet::turn):
/// [the room's page](self) tells how. When it is dropped, all are closed.
pub struct Fleet {
    poll: Poll,
    events: Events,
    settings: Settings,
    framing: Framing,
    lines: Slots<Line>,
    /// What came and is not handed over; between turns each connection keeps its own part of a frame.
    inflow: Inflow,
    /// Those that have more to read than one turn takes.
    unread: Vec<Key>,
    /// Those that are to be told of their end.
    ended: Vec<Key>,
    /// By when each is to be connected, in this order.
    connecting: VecDeque<(Instant, Key)>,
    /// When each has its next heartbeat, in this order.
    beats: VecDeque<(Instant, Key)>,
}

impl Fleet {
    /// The settings of a fleet of connections to the server at `address`, as `"host:port"` or a `SocketAddr`.
    pub fn builder(address: impl ToString) -> Builder {
        Builder::new(address.to_string())
    }

    fn new(settings: Settings) -> Result<Self> {
        let system = Error::system("wait for connections");
        Ok(Fleet {
            poll: Poll::new().map_err(system)?,
            events: Events::with_capacity(EVENTS),
            framing: Framing::new(settings.stx.0, settings.max_packet),
            lines: Slots::new(settings.connections)
                .map_err(|_| Error::system("reserve the connections")(io::ErrorKind::OutOfMemory.into()))?,
            inflow: Inflow::new(),
            unread: Vec::new(),
            ended: Vec::new(),
            connecting: VecDeque::new(),
            beats: VecDeque::new(),
            settings,
        })
    }

    /// Begins one more connection. How it went is an event of a later [turn](Fleet::turn).
    ///
    /// # Errors
    /// [`Error::Full`] if there are as many as were [set](Builder::connections), or what the system says, for example
    /// that there are no descriptors.
    pub fn connect(&mut self) -> Result<MemberId> {
        self.open(None)
    }

    /// Begins one more connection, from this address of the machine.
    ///
    /// # Errors
    /// As [`connect`](Fleet::connect).
    pub fn connect_from(&mut self, source: IpAddr) -> Result<MemberId> {
        self.open(Some(source))
    }

    /// The connection of that name, unless its end was told.
    pub fn member(&mut self, id: MemberId) -> Option<Member<'_>> {
        let line = self.lines.get_mut(id.0)?;
        Some(Member { id, line, framing: &self.framing, settings: &self.settings, ended: &mut self.ended })
    }

    /// How many connections there are, with those that are being made and those whose end is not told yet.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Waits until something happens on the connections, for `wait` at most, and hands over what has happened. Many
    /// events may come in one turn, or none.
    ///
    /// # Errors
    /// What the system says to the wait itself; whatever goes wrong on a connection is its own event.
    pub fn turn(
        &mut self,
        wait: Duration,
        mut on_event: impl FnMut(&mut Member<'_>, Event<'_>),
    ) -> Result<()> {
        let wait = self.wait(wait, Instant::now());
        match self.poll.poll(&mut self.events, Some(wait)) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                return Err(Error::system("wait for connections")(error));
            }
            _ => {}
        }
        let ready: Vec<(Key, bool, bool)> = self
            .events
            .iter()
            .map(|event| {
                let is_readable = event.is_readable() || event.is_read_closed() || event.is_error();
                (Key::from_bits(event.token().0 as u64), is_readable, event.is_writable() || event.is_error())
            })
            .collect();
        for key in std::mem::take(&mut self.unread) {
            self.read(key, &mut on_event);
        }
        for (key, is_readable, is_writable) in ready {
            if is_writable {
                self.write(key, &mut on_event);
            }
            if is_readable {
                self.read(key, &mut on_event);
            }
        }
        let now = Instant::now();
        self.end_those_too_late(now);
        self.beat(now);
        self.tell_ends(&mut on_event);
        Ok(())
    }

    fn open(&mut self, source: Option<IpAddr>) -> Result<MemberId> {
        if self.lines.is_full() {
            return Err(Error::Full { connections: self.settings.connections });
        }
        let address = self.settings.target;
        let timeout = self.settings.connect_timeout;
        let mut line = Line::connect(address, source)
            .map_err(|source| Error::connecting(&address.to_string(), Some(source), timeout))?;
        let registry = self.poll.registry();
        let mut registered = Ok(());
        let key = self.lines.insert_with(|key| {
            let token = Token(key.to_bits() as usize);
            registered = registry.register(line.source(), token, Interest::READABLE | Interest::WRITABLE);
            line
        });
        let key = key.expect("it is not full");
        if let Err(error) = registered {
            self.lines.remove(key);
            return Err(Error::system("wait for one more connection")(error));
        }
        self.connecting.push_back((Instant::now() + self.settings.connect_timeout, key));
        Ok(MemberId(key))
    }

    /// How long nothing is due.
    fn wait(&self, wait: Duration, now: Instant) -> Duration {
        if !self.unread.is_empty() || !self.ended.is_empty() {
            return Duration::ZERO;
        }
        let due = [self.connecting.front(), self.beats.front()];
        let due = due.into_iter().flatten().map(|(at, _)| at.saturating_duration_since(now));
        due.fold(wait, Duration::min)
    }

    /// The connection may be there now, or take more.
    fn write(&mut self, key: Key, on_event: &mut impl FnMut(&mut Member<'_>, Event<'_>)) {
        let Some(line) = self.lines.get_mut(key) else { return };
        let was_connecting = line.is_connecting();
        line.write(self.settings.connect_timeout);
        if was_connecting && line.is_open() {
            if let Some((_, every)) = self.settings.heartbeat {
                self.beats.push_back((Instant::now() + every, key));
            }
            self.tell(key, Event::Connected, on_event);
        }
        self.see_end(key);
    }

    /// Reads, and hands over what has come as a whole.
    fn read(&mut self, key: Key, on_event: &mut impl FnMut(&mut Member<'_>, Event<'_>)) {
        for _ in 0..READS {
            let Some(line) = self.lines.get_mut(key) else { return };
            if !line.is_open() {
                return;
            }
            if !line.read(&mut self.inflow) {
                return self.see_end(key);
            }
            self.deliver(key, on_event);
        }
        self.unread.push(key);
    }

    /// Hands over the frames that are whole; the rest stays with the connection.
    fn deliver(&mut self, key: Key, on_event: &mut impl FnMut(&mut Member<'_>, Event<'_>)) {
        let Fleet { lines, framing, settings, ended, inflow, .. } = self;
        let Some(line) = lines.get_mut(key) else { return };
        let mut input = inflow.bytes();
        while line.is_open() {
            match framing.split(input) {
                Ok(Some((frame, rest))) => {
                    input = rest;
                    if settings.is_heartbeat(frame) {
                        continue;
                    }
                    let mut member = Member { id: MemberId(key), line, framing, settings, ended };
                    on_event(&mut member, Event::Frame(Incoming(frame)));
                }
                Ok(None) => break,
                Err(error) => line.end(End::Closed(error.into())),
            }
        }
        line.keep(input);
        if line.is_ended() {
            ended.push(key);
        }
    }

    fn end_those_too_late(&mut self, now: Instant) {
        let address = self.settings.target;
        while let Some(key) = next_due(&mut self.connecting, now) {
            if let Some(line) = self.lines.get_mut(key).filter(|line| line.is_connecting()) {
                let after = self.settings.connect_timeout;
                line.end(End::Failed(Error::ConnectTimedOut { address: address.to_string(), after }));
                self.ended.push(key);
            }
        }
    }

    /// Sends the heartbeats that are due.
    fn beat(&mut self, now: Instant) {
        let Some((command, every)) = self.settings.heartbeat else { return };
        while let Some(key) = next_due(&mut self.beats, now) {
            let Some(line) = self.lines.get_mut(key).filter(|line| line.is_open()) else { continue };
            line.beat(self.framing, command);
            self.beats.push_back((now + every, key));
            self.see_end(key);
        }
    }

    fn see_end(&mut self, key: Key) {
        if self.lines.get_mut(key).is_some_and(|line| line.is_ended()) {
            self.ended.push(key);
        }
    }

    /// Tells each connection that has ended, and forgets it.
    fn tell_ends(&mut self, on_event: &mut impl FnMut(&mut Member<'_>, Event<'_>)) {
        // What an event ends is told in the next turn.
        for key in std::mem::take(&mut self.ended) {
            let Some(line) = self.lines.get_mut(key) else { continue };
            let event = match line.take_end() {
                Some(End::Failed(error)) => Event::Failed(error),
                Some(End::Closed(cause)) => Event::Closed(cause),
                None => continue,
            };
            self.tell(key, event, on_event);
            self.lines.remove(key);
        }
    }

    fn tell(&mut self, key: Key, event: Event<'_>, on_event: &mut impl FnMut(&mut Member<'_>, Event<'_>)) {
        if let Some(mut member) = self.member(MemberId(key)) {
            on_event(&mut member, event);
        }
    }
}

/// The first one, if its time has come.
fn next_due(times: &mut VecDeque<(Instant, Key)>, now: Instant) -> Option<Key> {
    let &(at, key) = times.front()?;
    (at <= now).then(|| times.pop_front()).map(|_| key)
}

impl fmt::Debug for Fleet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fleet")
            .field("address", &self.settings.target)
            .field("connections", &self.lines.len())
            .finish_non_exhaustive()
    }
}
