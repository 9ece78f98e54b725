//! Which turns give a connection its time again: where a proxy comes first, where pings are the only deadline, and where
//! frames are handled that had waited.

use super::*;
use crate::parts::rate::Rate;

const PROXY: &[u8] = b"PROXY TCP4 203.0.113.7 192.0.2.1 51234 8082\r\n";
const PING: u16 = 9;
const SHORT: Duration = Duration::from_secs(10);

fn rig(set: impl FnOnce(&mut Plan)) -> Rig {
    let mut plan = Rig::new(4).worker.plan.clone();
    set(&mut plan);
    Rig::with(plan)
}

/// The same, behind a proxy.
fn proxied(set: impl FnOnce(&mut Plan)) -> Rig {
    rig(|plan| {
        plan.greeting = Some(Duration::from_secs(5));
        set(plan);
    })
}

fn request() -> Vec<u8> {
    frame_to_vec(STX, ECHO, &Payload(b"hello")).unwrap()
}

impl Rig {
    fn bytes(&mut self, peer: usize, bytes: &[u8]) {
        self.peer(peer).sent.push_back(Ok(bytes.to_vec()));
        self.poll.tell(peer, true, false);
        self.step();
    }

    fn pass(&mut self, time: Duration) {
        self.run_until(self.clock.now() + time);
    }
}

#[test]
fn a_first_frame_behind_a_header_is_the_first() {
    for partial in [None, Some(Duration::from_secs(60))] {
        let mut rig = proxied(|plan| {
            (plan.patience.first_frame, plan.patience.partial_frame) = (Some(SHORT), partial);
        });
        let [quick, silent] = [rig.connect(), rig.connect()];
        rig.bytes(quick, &[PROXY, &request()].concat());
        rig.bytes(silent, PROXY);
        rig.pass(2 * SHORT);
        assert_eq!(rig.ends(), [Reason::Incomplete], "of the one who has said nothing");
        rig.bytes(quick, &request());
        assert_eq!(rig.peer(quick).received, request().repeat(2));
    }
}

#[test]
fn a_part_of_a_frame_behind_a_header_has_its_time() {
    for read_timeout in [None, Some(READ_TIMEOUT)] {
        let mut rig = proxied(|plan| {
            (plan.read_timeout, plan.patience.partial_frame) = (read_timeout, Some(SHORT));
        });
        let peer = rig.connect();
        rig.bytes(peer, &[PROXY, &request()[..9]].concat());
        rig.pass(SHORT - Duration::from_secs(1));
        assert_eq!(rig.ends(), []);
        rig.pass(SHORT);
        assert_eq!(rig.ends(), [Reason::Incomplete]);
    }
}

#[test]
fn behind_a_proxy_a_login_has_its_time_from_the_header_on() {
    // Longer and shorter than the header may take.
    for (login, header) in [(SHORT, 3), (Duration::from_secs(1), 4)] {
        let mut rig = proxied(|plan| plan.patience.login = Some(login));
        let peer = rig.connect();
        rig.pass(Duration::from_secs(header));
        rig.bytes(peer, PROXY);
        let begin = rig.clock.now();
        rig.pass(login - Duration::from_millis(500));
        assert_eq!(rig.ends(), []);
        rig.pass(login);
        assert_eq!(rig.ends(), [Reason::NotAdmitted], "begun at {begin:?}");
    }
}

#[test]
fn who_answers_each_ping_stays_however_frames_are_timed() {
    for partial in [None, Some(Duration::from_secs(60))] {
        let mut rig = rig(|plan| {
            plan.patience.partial_frame = partial;
            plan.patience.ping = Some(Ping { command: PING, every: SHORT, missed: 2 });
        });
        let [alive, dead] = [rig.connect(), rig.connect()];
        for _ in 0..20 {
            rig.pass(SHORT + Duration::from_secs(2));
            rig.bytes(alive, &request());
        }
        let pings = (rig.peer(alive).received.len() - 20 * request().len()) / 8;
        assert!((18..=20).contains(&pings), "{pings}");
        assert_eq!(rig.ends(), [Reason::TimedOut], "of the one who answers none");
        assert_eq!(rig.peer(dead).received.len(), 2 * 8);
    }
}

#[test]
fn what_had_waited_for_tokens_and_is_handled_is_life() {
    let mut rig = rig(|plan| {
        plan.rules.limits.frames = Some(Rate::per_second(1));
        (plan.patience.first_frame, plan.patience.partial_frame) = (Some(SHORT), Some(SHORT));
        plan.read_timeout = Some(SHORT);
    });
    let peer = rig.connect();
    // All of it is read at once, and handled one a second.
    rig.bytes(peer, &[request().repeat(30), request()[..9].to_vec()].concat());
    rig.pass(Duration::from_secs(30));
    assert_eq!((rig.ends().len(), rig.peer(peer).received.len() / request().len()), (0, 30));
    rig.pass(SHORT / 2);
    assert_eq!(rig.ends(), []);
    rig.pass(SHORT);
    assert_eq!(rig.ends(), [Reason::Incomplete], "a part that is left has its time, too");
}

#[test]
fn a_first_frame_is_awaited_of_those_too_who_are_held_back_at_its_deadline() {
    let mut rig = rig(|plan| {
        (plan.read_timeout, plan.patience.first_frame) = (None, Some(SHORT));
        plan.rules.limits.bytes = Some(Rate::per_second(1).burst(100));
    });
    let peer = rig.connect();
    let frame = frame_to_vec(STX, ECHO, &Payload(&[0; 200])).unwrap();
    for piece in [&frame[..100], &frame[100..110]] {
        rig.bytes(peer, piece);
        rig.pass(SHORT - Duration::from_secs(1));
    }
    assert_eq!(rig.ends(), [], "it is we who do not read");
    rig.pass(3 * SHORT);
    assert_eq!(rig.ends(), [Reason::Incomplete]);
}
