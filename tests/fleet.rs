//! Many connections in one thread, with servers of the library and servers made by hand.

mod support;

use std::cell::Cell;
use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use mario::client::fleet::{Builder, Event, Fleet, Member, MemberId};
use mario::client::{Disconnect, Error};
use mario::proto::FrameError;
use mario::{Packet, Payload};
use socket2::{Domain, Socket, Type};

use support::{COUNT, ECHO, FAIL, FLOOD, LIMIT, SILENT, STX, SUM, eventually, frame, serve};

#[derive(Debug, PartialEq, Packet)]
struct Number(u32);

#[derive(Packet)]
struct Summands {
    left: u32,
    right: u32,
}

#[derive(Packet)]
struct Wanted {
    bytes: u16,
}

/// Turns until the condition holds.
#[track_caller]
fn until(
    fleet: &mut Fleet,
    mut on_event: impl FnMut(&mut Member<'_>, Event<'_>),
    mut is_over: impl FnMut(&mut Fleet) -> bool,
) {
    let end = Instant::now() + LIMIT;
    while !is_over(fleet) {
        assert!(Instant::now() < end, "it takes too long");
        fleet.turn(Duration::from_millis(20), &mut on_event).unwrap();
    }
}

/// How the only connection ends.
#[track_caller]
fn last_event(fleet: &mut Fleet) -> Result<Disconnect, Error> {
    let mut last = None;
    until(
        fleet,
        |_, event| match event {
            Event::Failed(error) => assert!(last.replace(Err(error)).is_none(), "it ends once"),
            Event::Closed(cause) => assert!(last.replace(Ok(cause)).is_none(), "it ends once"),
            Event::Connected | Event::Frame(_) => {}
        },
        |fleet| fleet.is_empty(),
    );
    last.expect("its end is told")
}

/// A fleet of one connection to a server made by hand.
fn with_peer(builder: impl FnOnce(Builder) -> Builder) -> (Fleet, MemberId, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut fleet = builder(Fleet::builder(listener.local_addr().unwrap())).build().unwrap();
    let member = fleet.connect().unwrap();
    let (peer, _) = listener.accept().unwrap();
    peer.set_read_timeout(Some(LIMIT)).unwrap();
    (fleet, member, peer)
}

#[test]
fn each_of_many_gets_its_own_replies() {
    const MEMBERS: u32 = 400;
    const ROUNDS: u32 = 10;
    let rig = serve(|builder| builder.connections(MEMBERS as usize));
    let mut fleet = Fleet::builder(rig.addr()).connections(MEMBERS as usize).build().unwrap();
    for _ in 0..MEMBERS {
        fleet.connect().unwrap();
    }
    let mut rounds: HashMap<MemberId, u32> = HashMap::new();
    let mut closed = 0;
    let ask = |member: &mut Member<'_>, round| {
        let request = Summands { left: member.id().index() as u32 * 1000, right: round };
        member.send(SUM, &request).unwrap();
    };
    until(
        &mut fleet,
        |member, event| match event {
            Event::Connected => ask(member, 0),
            Event::Frame(frame) => {
                let round = rounds.entry(member.id()).or_default();
                let expected = member.id().index() as u32 * 1000 + *round;
                assert_eq!((frame.command(), frame.decode().unwrap()), (SUM, Number(expected)));
                *round += 1;
                if *round == ROUNDS { member.close() } else { ask(member, *round) }
            }
            Event::Closed(Disconnect::ByClient) => closed += 1,
            event => panic!("{event:?}"),
        },
        |fleet| fleet.is_empty(),
    );
    assert_eq!((rounds.len(), closed), (MEMBERS as usize, MEMBERS));
    assert!(rounds.values().all(|round| *round == ROUNDS));
    assert_eq!(rig.stats().frames, u64::from(MEMBERS * ROUNDS));
    eventually("all are gone", || rig.stats().open == 0);
}

#[test]
fn what_is_sent_before_it_is_connected_waits_for_that() {
    let rig = serve(|builder| builder);
    let mut fleet = Fleet::builder(rig.addr()).build().unwrap();
    let id = fleet.connect().unwrap();
    let mut member = fleet.member(id).unwrap();
    assert!(!member.is_connected());
    member.send(ECHO, &Number(7)).unwrap();
    assert_eq!(member.unsent(), 12);
    let mut events = Vec::new();
    until(
        &mut fleet,
        |member, event| match event {
            Event::Connected => events.push("connected"),
            Event::Frame(frame) => {
                assert_eq!((frame.payload(), member.unsent()), (&[7, 0, 0, 0][..], 0));
                events.push("frame");
                member.close();
            }
            event => assert!(matches!(event, Event::Closed(Disconnect::ByClient))),
        },
        |fleet| fleet.is_empty(),
    );
    assert_eq!(events, ["connected", "frame"]);
    assert!(fleet.member(id).is_none(), "its end was told");
}

#[test]
fn frames_come_whole_however_they_are_cut() {
    let (mut fleet, _, mut peer) = with_peer(|builder| builder);
    peer.set_nodelay(true).unwrap();
    let frames = [frame(1, &[]), frame(2, &[9; 40_000]), frame(3, &[1, 2, 3])].concat();
    let sender = std::thread::spawn(move || {
        for piece in frames.chunks(7_001) {
            peer.write_all(piece).unwrap();
        }
        for byte in frame(4, &[5; 3]) {
            peer.write_all(&[byte]).unwrap();
        }
        peer
    });
    let mut seen = Vec::new();
    until(
        &mut fleet,
        |member, event| match event {
            Event::Frame(frame) => {
                seen.push((frame.command(), frame.payload().len()));
                if frame.command() == 4 {
                    member.close();
                }
            }
            Event::Connected | Event::Closed(Disconnect::ByClient) => {}
            event => panic!("{event:?}"),
        },
        |fleet| fleet.is_empty(),
    );
    assert_eq!(seen, [(1, 0), (2, 40_000), (3, 3), (4, 3)]);
    let mut peer = sender.join().unwrap();
    assert_eq!(peer.read(&mut [0]).unwrap(), 0, "it is closed");
}

#[test]
fn nobody_there() {
    let bound = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    bound.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    let address = bound.local_addr().unwrap().as_socket().unwrap();
    let mut fleet = Fleet::builder(address).build().unwrap();
    // The system may know at once.
    let error = match fleet.connect() {
        Ok(_) => last_event(&mut fleet).unwrap_err(),
        Err(error) => error,
    };
    assert!(matches!(&error, Error::Refused { address: found } if *found == address.to_string()), "{error}");
    let error = Fleet::builder("127.0.0.1").build().unwrap_err();
    assert!(matches!(error, Error::Address { .. }), "{error}");
}

#[test]
#[cfg(target_os = "linux")]
fn nobody_accepts() {
    let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    listener.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    listener.listen(1).unwrap();
    let address = listener.local_addr().unwrap().as_socket().unwrap();
    let after = Duration::from_millis(300);
    let mut fleet = Fleet::builder(address).connect_timeout(after).build().unwrap();
    for _ in 0..8 {
        fleet.connect().unwrap();
    }
    let mut late = 0;
    until(
        &mut fleet,
        |member, event| match event {
            Event::Connected => member.close(),
            Event::Failed(Error::ConnectTimedOut { after: found, .. }) => {
                assert_eq!(found, after);
                late += 1;
            }
            Event::Closed(Disconnect::ByClient) => {}
            event => panic!("{event:?}"),
        },
        |fleet| fleet.is_empty(),
    );
    assert!(late > 0, "the backlog is full");
}

#[test]
fn each_end_has_its_reason() {
    let rig = serve(|builder| builder);
    let mut fleet = Fleet::builder(rig.addr()).build().unwrap();
    let id = fleet.connect().unwrap();
    fleet.member(id).unwrap().send(FAIL, &Payload::default()).unwrap();
    assert!(matches!(last_event(&mut fleet), Ok(Disconnect::ByServer)));

    let (mut fleet, _, mut peer) = with_peer(|builder| builder);
    peer.write_all(&[0xf7, 0x9a, 0xb6, 0x8e, 12, 0, 1, 3]).unwrap();
    let end = last_event(&mut fleet).unwrap();
    let expected = FrameError::WrongStx { expected: STX, found: 0x8eb69af7 };
    assert!(matches!(&end, Disconnect::Protocol(error) if *error == expected), "{end}");

    let (mut fleet, _, mut peer) = with_peer(|builder| builder.max_packet(64));
    peer.write_all(&frame(1, &[0; 57])).unwrap();
    let end = last_event(&mut fleet).unwrap();
    assert!(matches!(end, Disconnect::Protocol(FrameError::TooLong { len: 65, max: 64 })), "{end}");

    let (mut fleet, id, peer) = with_peer(|builder| builder);
    socket2::SockRef::from(&peer).set_linger(Some(Duration::ZERO)).unwrap();
    until(&mut fleet, |_, _| {}, |fleet| fleet.member(id).unwrap().is_connected());
    drop(peer);
    let end = last_event(&mut fleet).unwrap();
    assert!(matches!(end, Disconnect::Failed(_)), "{end}");
}

#[test]
fn a_malformed_reply_is_told_and_costs_nothing_else() {
    let (mut fleet, _, mut peer) = with_peer(|builder| builder);
    peer.write_all(&[frame(SUM, &[1, 2]), frame(SUM, &[1, 0, 0, 0])].concat()).unwrap();
    let mut replies = Vec::new();
    until(
        &mut fleet,
        |member, event| {
            if let Event::Frame(frame) = event {
                replies.push(frame.decode::<Number>());
                if replies.len() == 2 {
                    member.close();
                }
            }
        },
        |fleet| fleet.is_empty(),
    );
    assert!(
        matches!(&replies[..], [Err(Error::Malformed { command: SUM, .. }), Ok(Number(1))]),
        "{replies:?}"
    );
}

#[test]
fn a_server_that_answers_no_heartbeat_is_given_up_and_one_that_does_is_not() {
    const HEARTBEAT: u16 = 0x0001;
    let (mut fleet, _, mut peer) =
        with_peer(|builder| builder.heartbeat(HEARTBEAT, Duration::from_millis(20)));
    let end = last_event(&mut fleet).unwrap();
    assert!(matches!(end, Disconnect::Silent { heartbeats: 3 }), "{end}");
    let mut beats = Vec::new();
    peer.read_to_end(&mut beats).unwrap();
    assert_eq!(beats, frame(HEARTBEAT, &[]).repeat(3));

    let rig = serve(|builder| builder.heartbeat(HEARTBEAT));
    let every = Duration::from_millis(250);
    let mut fleet = Fleet::builder(rig.addr()).heartbeat(HEARTBEAT, every).build().unwrap();
    fleet.connect().unwrap();
    until(
        &mut fleet,
        |_, event| assert!(matches!(event, Event::Connected), "{event:?}"),
        |_| rig.stats().frames >= 4,
    );
}

#[test]
fn a_server_that_does_not_read_fills_what_may_wait() {
    let (mut fleet, id, mut peer) = with_peer(|builder| builder.unsent(10_000));
    until(&mut fleet, |_, _| {}, |fleet| fleet.member(id).unwrap().is_connected());
    let payload = [7; 1_000];
    let mut sent = 0;
    let error = loop {
        match fleet.member(id).unwrap().send(ECHO, &Payload(&payload)) {
            Ok(()) => sent += 1,
            Err(error) => break error,
        }
    };
    let Error::Unsent { command: ECHO, bytes } = error else { panic!("{error}") };
    assert!(bytes > 10_000 - 1_008 && bytes <= 10_000, "{bytes}");
    let reader = std::thread::spawn(move || {
        let mut all = vec![0; sent * 1_008];
        peer.read_exact(&mut all).unwrap();
        (all, peer)
    });
    until(&mut fleet, |_, event| panic!("{event:?}"), |fleet| fleet.member(id).unwrap().unsent() == 0);
    let (all, _peer) = reader.join().unwrap();
    assert_eq!(all, frame(ECHO, &payload).repeat(sent), "nothing is lost");
}

#[test]
fn as_many_as_were_set_and_no_stale_name() {
    let rig = serve(|builder| builder);
    let mut fleet = Fleet::builder(rig.addr()).connections(2).build().unwrap();
    let [first, second] = [0; 2].map(|_| fleet.connect().unwrap());
    assert!(matches!(fleet.connect(), Err(Error::Full { connections: 2 })));
    fleet.member(first).unwrap().close();
    let error = fleet.member(first).unwrap().send(ECHO, &Number(1)).unwrap_err();
    assert!(matches!(error, Error::NotConnected { cause: Disconnect::ByClient }), "{error}");
    until(&mut fleet, |_, _| {}, |fleet| fleet.len() == 1);
    let third = fleet.connect().unwrap();
    assert_eq!((third.index(), fleet.len()), (first.index(), 2));
    assert_ne!(third, first);
    assert!(fleet.member(first).is_none() && fleet.member(second).is_some());
}

#[test]
fn bad_requests_and_settings() {
    let rig = serve(|builder| builder);
    let mut fleet = Fleet::builder(rig.addr()).build().unwrap();
    let id = fleet.connect().unwrap();
    let mut member = fleet.member(id).unwrap();
    assert!(matches!(member.send(0xfffd, &Number(1)), Err(Error::Reserved { command: 0xfffd })));
    let too_long = [0; 65_528];
    assert!(matches!(member.send(ECHO, &Payload(&too_long)), Err(Error::Encode { command: ECHO, .. })));

    let builder = || Fleet::builder("127.0.0.1:1");
    for (builder, says) in [
        (builder().connections(0), "number of connections of 0"),
        (builder().max_packet(7), "packet limit of 7 bytes"),
        (builder().connect_timeout(Duration::ZERO), "connect timeout of 0ns"),
        (builder().heartbeat(1, Duration::MAX), "12 days"),
        (builder().heartbeat(0xffff, LIMIT), "0xffff is reserved"),
    ] {
        let error = builder.build().unwrap_err().to_string();
        assert!(error.contains(says), "`{error}` does not say `{says}`");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_source_address_is_kept() {
    let rig = serve(|builder| builder);
    let mut fleet = Fleet::builder(rig.addr()).build().unwrap();
    let source = IpAddr::V4(Ipv4Addr::new(127, 1, 2, 3));
    let id = fleet.connect_from(source).unwrap();
    until(&mut fleet, |_, _| {}, |fleet| fleet.member(id).unwrap().is_connected());
    assert_eq!(fleet.member(id).unwrap().local_addr().unwrap().ip(), source);
    let elsewhere = fleet.connect_from(Ipv4Addr::new(192, 0, 2, 1).into()).unwrap_err();
    assert!(matches!(elsewhere, Error::Connect { .. }), "{elsewhere}");
}

#[test]
fn one_that_is_sent_much_does_not_hold_up_the_others() {
    const FLOODS: usize = 32;
    let rig = serve(|builder| builder.max_packet(u16::MAX).connections(64));
    let mut fleet = Fleet::builder(rig.addr()).build().unwrap();
    let greedy = fleet.connect().unwrap();
    let modest: Vec<_> = (0..8).map(|_| fleet.connect().unwrap()).collect();
    let (bytes, counts) = (Cell::new(0), Cell::new(0));
    until(
        &mut fleet,
        |member, event| match event {
            Event::Connected if member.id() == greedy => {
                for _ in 0..FLOODS {
                    member.send(FLOOD, &Wanted { bytes: 60_000 }).unwrap();
                }
            }
            Event::Connected => {
                member.send(SILENT, &Payload::default()).unwrap();
                member.send(COUNT, &Payload::default()).unwrap();
            }
            Event::Frame(frame) if frame.command() == FLOOD => bytes.set(bytes.get() + frame.payload().len()),
            Event::Frame(frame) => {
                assert!(modest.contains(&member.id()));
                assert_eq!(frame.decode::<Number>().unwrap(), Number(1));
                counts.set(counts.get() + 1);
            }
            event => panic!("{event:?}"),
        },
        |_| (bytes.get(), counts.get()) == (FLOODS * 60_002, modest.len()),
    );
}
