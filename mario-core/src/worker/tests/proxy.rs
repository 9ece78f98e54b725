//! A worker whose connections come from proxies.

use mario_proto::ProxyHeader;
use proptest::prelude::*;

use super::*;

const TIMEOUT: Duration = Duration::from_secs(5);

const TEXT: &[u8] = b"PROXY TCP4 203.0.113.7 192.0.2.1 51234 8082\r\n";
const LOCAL: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0";

fn rig() -> Rig {
    let mut plan = Rig::new(4).worker.plan.clone();
    plan.greeting = Some(TIMEOUT);
    Rig::with(plan)
}

impl Rig {
    fn send_bytes(&mut self, peer: usize, bytes: &[u8]) {
        self.peer(peer).sent.push_back(Ok(bytes.to_vec()));
        self.poll.tell(peer, true, false);
        self.step();
    }

    fn client(&mut self, peer: usize) -> SocketAddr {
        let key = self.poll.registered.borrow()[peer];
        self.worker.connection(key).expect("it is there").link.peer.addr()
    }

    fn proxy_errors(&self) -> u64 {
        self.worker.mailbox.counters.proxy_errors.get()
    }

    /// A connection that the service never knew is gone, with all it had.
    fn never_was(&self, errors: u64) {
        assert!(self.worker.slots.is_empty());
        assert_eq!((self.ends(), self.proxy_errors()), (vec![], errors));
        assert_eq!(self.worker.mailbox.load(), 0);
    }
}

fn request() -> Vec<u8> {
    frame_to_vec(STX, ECHO, &Payload(b"hello")).unwrap()
}

#[test]
fn the_client_is_known_before_the_service_knows_of_it() {
    let mut rig = rig();
    let peer = rig.connect();
    assert_eq!(*rig.witness.connected.lock().unwrap(), []);
    rig.send_bytes(peer, TEXT);
    let client = "203.0.113.7:51234".parse().unwrap();
    assert_eq!(*rig.witness.connected.lock().unwrap(), [client]);
    rig.send_bytes(peer, &request());
    assert_eq!(rig.peer(peer).received, request());
    assert_eq!((rig.client(peer), rig.proxy_errors()), (client, 0));
}

#[test]
fn for_a_connection_of_its_own_the_proxy_is_the_client() {
    for header in [LOCAL, b"PROXY UNKNOWN\r\n"] {
        let mut rig = rig();
        let peer = rig.connect();
        rig.send_bytes(peer, &[header, &request()].concat());
        assert_eq!(rig.peer(peer).received, request());
        assert_eq!(rig.client(peer), SocketAddr::from(([127, 0, 0, 1], 1)));
    }
}

#[test]
fn a_byte_at_a_time_does_not_make_the_wait_longer() {
    let mut rig = rig();
    let peer = rig.connect();
    for byte in &TEXT[..TEXT.len() - 1] {
        if rig.worker.slots.is_empty() {
            break;
        }
        rig.send_bytes(peer, &[*byte]);
        rig.run_until(rig.clock.now() + Duration::from_secs(1));
    }
    assert!(rig.clock.now() <= TIMEOUT + Duration::from_secs(2));
    rig.never_was(1);
}

#[test]
fn who_has_said_its_header_may_be_silent_for_ever_if_others_may() {
    let mut plan = rig().worker.plan.clone();
    plan.read_timeout = None;
    let mut rig = Rig::with(plan);
    let peer = rig.connect();
    rig.send_bytes(peer, TEXT);
    rig.run_until(10 * READ_TIMEOUT);
    rig.send(peer, b"hello");
    assert_eq!(rig.peer(peer).received.len(), 13);
}

#[test]
fn whatever_is_no_header_ends_it_and_no_hook_is_called() {
    for bytes in
        [&request()[..1], b"GET", b"PROXY TCP4 nobody\r\n", &[b"PROXY UNKNOWN", &[b'x'; 200][..]].concat()]
    {
        let mut rig = rig();
        let peer = rig.connect();
        rig.send_bytes(peer, bytes);
        rig.never_was(1);
        assert_eq!(rig.peer(peer).received, []);
    }
    for error in [None, Some(io::ErrorKind::ConnectionReset)] {
        let mut rig = rig();
        let peer = rig.connect();
        rig.send_bytes(peer, &TEXT[..9]);
        rig.peer(peer).end = true;
        rig.peer(peer).sent.extend(error.map(Err));
        rig.poll.tell(peer, true, false);
        rig.step();
        rig.never_was(1);
    }
}

#[test]
fn a_shutdown_or_a_drain_does_not_wait_for_a_header() {
    let mut rig = rig();
    let peer = rig.connect();
    rig.send_bytes(peer, &TEXT[..9]);
    rig.worker.mailbox.stop();
    rig.step();
    rig.never_was(0);

    let window = Duration::from_secs(1);
    let mut plan = rig.worker.plan.clone();
    plan.drain = Some(window);
    let mut rig = Rig::serving(Witness { farewell: Some(Duration::MAX), ..Witness::default() }, plan);
    rig.connect();
    rig.worker.mailbox.drain();
    while !rig.step() {}
    assert!(rig.clock.now() <= 2 * window);
    rig.never_was(0);
}

#[test]
fn a_panic_of_the_first_hook_costs_its_connection() {
    let mut rig = rig();
    let peer = rig.connect();
    rig.send_bytes(peer, &[b"PROXY TCP4 6.6.6.6 192.0.2.1 666 8082\r\n", &request()[..]].concat());
    assert_eq!((rig.ends(), rig.proxy_errors()), (vec![Reason::Panicked], 0));
    assert_eq!(rig.peer(peer).received, []);
}

proptest! {
    /// Header and frames in any pieces: the same client, and the same replies.
    #[test]
    fn pieces_do_not_matter(
        binary: bool,
        padding in 0..ProxyHeader::MAX_LEN - 16 - 12 - 3,
        requests in 0..5usize,
        cuts in prop::collection::vec(1..2000usize, 1..20),
        bytes in 0..60usize,
    ) {
        let mut header = TEXT.to_vec();
        if binary {
            header = [&LOCAL[..12], &[0x21, 0x11], &(15 + padding as u16).to_be_bytes()].concat();
            header.extend([203, 0, 113, 7, 192, 0, 2, 1, 0xc8, 0x22, 0x1f, 0x92, 4]);
            header.extend((padding as u16).to_be_bytes());
            header.resize(header.len() + padding, 0);
        }
        let stream = [header, request().repeat(requests)].concat();
        let mut rig = rig();
        let peer = rig.connect();
        let mut rest = &stream[..];
        // First some single bytes, then larger pieces.
        for cut in std::iter::repeat_n(1, bytes).chain(cuts.into_iter().cycle()) {
            let (piece, later) = rest.split_at(cut.min(rest.len()));
            if piece.is_empty() {
                break;
            }
            rig.send_bytes(peer, piece);
            rest = later;
        }
        prop_assert_eq!(rig.client(peer), "203.0.113.7:51234".parse().unwrap());
        prop_assert_eq!(&rig.peer(peer).received, &request().repeat(requests));
        prop_assert_eq!(rig.worker.mailbox.counters.bytes.get(), stream.len() as u64);
        prop_assert_eq!(rig.worker.mailbox.counters.frames.get(), requests as u64);
    }

    #[test]
    fn arbitrary_bytes_do_no_harm(
        prefix in prop::sample::select(vec![&b""[..], b"PROXY ", b"PROXY TCP4 ", &LOCAL[..12], &LOCAL[..13]]),
        noise in prop::collection::vec(any::<u8>(), 0..6000),
        cut in 1..3000usize,
    ) {
        let mut rig = rig();
        let peer = rig.connect();
        for piece in [prefix, &noise].concat().chunks(cut) {
            rig.send_bytes(peer, piece);
        }
        rig.run_until(rig.clock.now() + 2 * TIMEOUT);
        rig.peer(peer).end = true;
        rig.poll.tell(peer, true, false);
        rig.step();
        prop_assert!(rig.worker.slots.is_empty());
    }
}
