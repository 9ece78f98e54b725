//! A worker over a simulated network and clock: hours in no time.

use std::cell::RefMut;
use std::net::SocketAddr;
use std::sync::Mutex;

use mario_proto::{Payload, frame_to_vec};

use super::*;
use crate::Conn;
use crate::link::ConnId;
use crate::link::outbox::{Keeping, Marks};
use crate::mail::mailbox::{Dealer, way};
use crate::net::Ready;
use crate::net::sim::{Peer, SimClock, SimPoll, SimStream};
use crate::parts::buffers::SEGMENT;
use crate::service;
use crate::worker::exchange::Limits;
use crate::worker::exchange::Rules;

const STX: u32 = 7;
const ECHO: u16 = 1;
const GO_AWAY: u16 = 2;

/// Keeps the reasons for which connections ended, and counts ticks.
#[derive(Default)]
struct Witness {
    /// What connections are told in a drain, and how long they may stay; nothing and not at all without it.
    farewell: Option<Duration>,
    connected: Mutex<Vec<SocketAddr>>,
    ends: Mutex<Vec<Reason>>,
    ticks: Mutex<u32>,
}

impl Service for Witness {
    type Session = ();
    type Worker = ();

    fn connected(&self, conn: &mut Conn<'_, Self>) {
        assert_ne!(conn.peer_addr().port(), 666, "as the test asked for");
        self.connected.lock().unwrap().push(conn.peer_addr());
    }

    fn disconnected(&self, _conn: &mut Conn<'_, Self>, reason: Reason) {
        self.ends.lock().unwrap().push(reason);
    }

    fn draining(&self, conn: &mut Conn<'_, Self>) -> Duration {
        if self.farewell.is_some() {
            conn.send(GO_AWAY, &Payload(b"")).unwrap();
        }
        self.farewell.unwrap_or_default()
    }

    fn tick(&self, _worker: &mut service::Worker<'_, Self>) {
        *self.ticks.lock().unwrap() += 1;
    }
}

#[mario::command(ECHO)]
fn echo<'a>(_conn: &mut Conn<'_, Witness>, request: Payload<'a>) -> Payload<'a> {
    request
}

struct Nobody;

impl Wake for Nobody {
    fn wake(&self) {}
}

struct Rig {
    worker: Worker<Witness, SimPoll, SimClock, Nobody>,
    witness: Arc<Witness>,
    poll: SimPoll,
    dealer: Dealer<Arrival<SimStream>, Nobody>,
    peers: Vec<SimStream>,
    events: Vec<Ready>,
    clock: SimClock,
}

const READ_TIMEOUT: Duration = Duration::from_secs(300);
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

impl Rig {
    fn new(connections: usize) -> Rig {
        let plan = Plan {
            connections,
            read_timeout: Some(READ_TIMEOUT),
            write_timeout: WRITE_TIMEOUT,
            greeting: None,
            patience: Patience::default(),
            shutdown_timeout: SHUTDOWN_TIMEOUT,
            drain: None,
            tick: None,
            timers: 4,
            mailbox: 8,
            memberships: 8,
            deferred: 8,
            deliveries: DELIVERIES,
            looks: LOOKS,
            rules: Rules {
                stx: STX,
                max_packet: 1500,
                heartbeat: None,
                marks: Marks { low_water: 100, high_water: 2000, limit: 100_000 },
                input_pool: 1 << 20,
                output_pool: 1 << 20,
                keeping: Keeping { each: 8, bytes: 1 << 20 },
                slots: connections,
                census: None,
                limits: Limits::default(),
                time_commands: false,
            },
        };
        Rig::with(plan)
    }

    fn with(plan: Plan) -> Rig {
        Rig::serving(Witness::default(), plan)
    }

    fn serving(witness: Witness, plan: Plan) -> Rig {
        let witness = Arc::new(witness);
        let clock = SimClock::default();
        let poll = SimPoll::new(clock.clone());
        let mailbox = Arc::new(Mailbox::new(Nobody, plan.room()));
        let connections = Connections::new::<Witness, _>(STX, &[Arc::clone(&mailbox)]);
        let (dealer, hand) = way(plan.connections, &mailbox);
        let commands = mario::commands![echo];
        let seat = Seat { index: 0, mailbox, connections };
        let mut worker =
            Worker::new(seat, plan, Arc::clone(&witness), commands, clock.clone(), poll.clone()).unwrap();
        worker.adopt_from(hand);
        Rig { worker, witness, poll, dealer, peers: Vec::new(), events: Vec::new(), clock }
    }

    /// A connection that the worker takes at once.
    fn connect(&mut self) -> usize {
        let stream = SimStream::default();
        stream.0.borrow_mut().room = usize::MAX;
        self.peers.push(stream.clone());
        assert!(self.dealer.deal(stream.into(), ([127, 0, 0, 1], 1).into(), || ()).is_ok());
        self.worker.adopt();
        self.peers.len() - 1
    }

    fn peer(&self, index: usize) -> RefMut<'_, Peer> {
        self.peers[index].0.borrow_mut()
    }

    fn send(&mut self, index: usize, payload: &[u8]) {
        let frame = frame_to_vec(STX, ECHO, &Payload(payload)).unwrap();
        self.peer(index).sent.push_back(Ok(frame));
        self.poll.tell(index, true, false);
        self.step();
    }

    /// The same for a step that panics; whether it survives.
    fn survive(&mut self) -> bool {
        let mut events = std::mem::take(&mut self.events);
        let survived = self.worker.survive(|worker| worker.step(&mut events)).is_ok();
        self.events = events;
        survived
    }

    /// One round of the loop; true once the worker is done.
    fn step(&mut self) -> bool {
        if self.worker.round() {
            return true;
        }
        self.worker.wait(&mut self.events);
        self.worker.now = self.clock.now();
        self.worker.exchange.timers().set_now(self.worker.now);
        for ready in SimPoll::ready(&self.events) {
            self.worker.turn(ready);
        }
        false
    }

    /// As many rounds as there is something to read.
    fn settle(&mut self) {
        self.step();
        while !self.worker.again.is_empty() {
            self.step();
        }
    }

    fn run_until(&mut self, time: Duration) {
        while self.clock.now() < time && !self.poll.asleep.get() {
            self.step();
        }
    }

    fn ends(&self) -> Vec<Reason> {
        self.witness.ends.lock().unwrap().clone()
    }
}

#[test]
fn a_slot_is_no_larger_than_it_was() {
    // As large as the system's socket, which has a number of mio's beside its own where assertions are on.
    type Tenant = Connection<Witness, std::os::fd::OwnedFd>;
    let (slot, deadlines) = (Slots::<Tenant>::bytes(1), 2 * Deadlines::bytes(1));
    assert!(slot <= 88, "{slot} bytes");
    assert!(slot + deadlines <= 96, "{slot} and {deadlines} bytes");
}

#[test]
fn those_who_do_not_read_leave_room_for_the_frames_of_others() {
    const DEAF: usize = 63;
    let mut plan = Rig::new(DEAF + 1).worker.plan.clone();
    plan.write_timeout = Duration::from_secs(3600);
    // A share for each, and little to spare.
    (plan.rules.input_pool, plan.rules.output_pool) = ((DEAF + 1 + 40) * SEGMENT, 4 << 20);
    let mut rig = Rig::with(plan);
    let request = frame_to_vec(STX, ECHO, &Payload(&[0; 500])).unwrap();
    for peer in 0..DEAF {
        rig.connect();
        // At first they read, so that much is read from them at once; and then no more.
        rig.peer(peer).sent.push_back(Ok(request.repeat(400)));
        rig.poll.tell(peer, true, false);
        rig.settle();
        assert_eq!(rig.peer(peer).received.len(), 400 * request.len());
        rig.peer(peer).room = 0;
        rig.peer(peer).sent.push_back(Ok(request.repeat(400)));
        rig.poll.tell(peer, true, false);
        rig.settle();
    }
    assert_eq!(rig.ends(), []);
    let pool = rig.worker.audit().map(|_| rig.worker.mailbox.counters.input_pool.read()).unwrap();
    assert!(pool.used > DEAF as u64 * SEGMENT as u64, "much waits: {pool:?}");
    let innocent = rig.connect();
    for piece in request.chunks(7) {
        rig.peer(innocent).sent.push_back(Ok(piece.to_vec()));
        rig.poll.tell(innocent, true, false);
        rig.step();
    }
    assert_eq!((rig.ends(), &rig.peer(innocent).received), (vec![], &request));
}

#[test]
fn without_connections_it_sleeps() {
    let mut rig = Rig::new(4);
    rig.step();
    assert!(rig.poll.asleep.get());
    let peer = rig.connect();
    rig.step();
    assert!(!rig.poll.asleep.get());
    rig.peer(peer).end = true;
    rig.poll.tell(peer, true, false);
    rig.step();
    assert_eq!(rig.ends(), [Reason::Closed]);
    rig.step();
    assert!(rig.poll.asleep.get());
}

#[test]
fn ticks_come_in_their_period() {
    let mut plan = Rig::new(1).worker.plan.clone();
    plan.tick = Some(Duration::from_secs(60));
    let mut rig = Rig::with(plan);
    rig.run_until(Duration::from_secs(3600));
    rig.worker.round();
    assert_eq!(*rig.witness.ticks.lock().unwrap(), 60);
}

#[test]
fn a_shutdown_waits_for_those_who_read_and_gives_up_on_the_others() {
    let mut rig = Rig::new(4);
    let (idle, slow, stuck) = (rig.connect(), rig.connect(), rig.connect());
    for peer in [slow, stuck] {
        rig.peer(peer).room = 3;
        rig.send(peer, b"hello");
    }
    rig.worker.mailbox.stop();
    assert!(!rig.step());
    assert_eq!(rig.ends(), [Reason::ShutDown; 3]);
    assert_eq!(rig.worker.slots.len(), 2, "the idle one, {idle}, is closed at once");
    rig.peer(slow).room = usize::MAX;
    rig.poll.tell(slow, false, true);
    assert!(!rig.step());
    assert_eq!(rig.peer(slow).received.len(), 13);
    assert_eq!(rig.worker.slots.len(), 1);
    while !rig.step() {}
    assert!(rig.clock.now() >= SHUTDOWN_TIMEOUT);
    rig.worker.drop_all();
    assert_eq!(rig.worker.unflushed, 1);
}

#[test]
fn a_poll_that_fails_is_asked_again() {
    let mut rig = Rig::new(4);
    let peer = rig.connect();
    rig.poll.broken.set(Some(io::ErrorKind::Other));
    for _ in 0..10 {
        assert!(!rig.step());
    }
    rig.poll.broken.set(None);
    rig.send(peer, b"hello");
    assert_eq!(rig.peer(peer).received.len(), 13);
}

mod calls;
mod deadlines;
mod drain;
mod expiry;
mod groups;
mod mail;
mod own_listener;
mod proxy;
mod revival;
mod survey;
mod throttle;
