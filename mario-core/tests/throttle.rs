//! How fast a connection may send: on a network and a clock in memory.

use std::time::Duration;

use mario::testing::{TestClient, TestServer};
use mario::{Builder, Conn, Excess, Payload, Rate, Reason, Server, Service};
use proptest::prelude::*;

const ECHO: u16 = 0x0001;
const HEARTBEAT: u16 = 0x0002;
const CLOSE: u16 = 0x0003;

struct Plain;

impl Service for Plain {
    type Session = ();
    type Worker = ();
}

#[mario::command(ECHO)]
fn echo<'a>(_conn: &mut Conn<'_, Plain>, request: Payload<'a>) -> Payload<'a> {
    request
}

#[mario::command(CLOSE)]
fn close(conn: &mut Conn<'_, Plain>) {
    conn.close();
}

fn server(settings: impl FnOnce(Builder<Plain>) -> Builder<Plain>) -> TestServer<Plain> {
    let builder = Server::builder(Plain, mario::commands![echo, close]).connections(8).heartbeat(HEARTBEAT);
    TestServer::new(settings(builder))
}

fn frame(command: u16, payload: &[u8]) -> Vec<u8> {
    mario::proto::frame_to_vec(u32::MAX, command, &Payload(payload)).unwrap()
}

/// How many frames have come since the last time, each with the number that follows.
fn replies(client: &mut TestClient<Plain>, next: &mut u32) -> usize {
    let before = *next;
    while let Some(frame) = client.next_frame() {
        assert_eq!(frame.payload, next.to_le_bytes());
        *next += 1;
    }
    (*next - before) as usize
}

fn numbered(numbers: std::ops::Range<u32>) -> Vec<u8> {
    numbers.flat_map(|number| frame(ECHO, &number.to_le_bytes())).collect()
}

#[test]
fn frames_above_the_rate_wait_for_their_turn() {
    let server = server(|builder| builder.frame_rate(Rate::per_second(10).burst(5)));
    let (mut client, mut next) = (server.connect(), 0);
    client.send_bytes(&numbered(0..25));
    assert_eq!(replies(&mut client, &mut next), 5);
    for second in 1..=2u32 {
        server.advance(Duration::from_secs(1));
        replies(&mut client, &mut next);
        // Each of them may be some milliseconds late.
        assert!((4 + 10 * second..=5 + 10 * second).contains(&next), "{next}");
    }
    // Who was quiet for a while has the whole burst again.
    server.advance(Duration::from_secs(10));
    client.send_bytes(&numbered(25..30));
    replies(&mut client, &mut next);
    assert_eq!(next, 30);
    let stats = server.stats();
    assert_eq!((stats.frames, stats.too_fast, stats.open), (30, 0, 1));
    assert!((10..=22).contains(&stats.throttled), "{stats:?}");
}

#[test]
fn others_are_not_held_back() {
    let server = server(|builder| builder.frame_rate(Rate::per_second(1)));
    let (mut fast, mut other, mut next) = (server.connect(), server.connect(), 0);
    fast.send_bytes(&numbered(0..5));
    other.send(ECHO, &Payload(b"served"));
    assert_eq!(other.receive::<Payload<'_>>(ECHO).0, b"served");
    assert_eq!(replies(&mut fast, &mut next), 1);
}

#[test]
fn heartbeats_and_what_no_command_takes_are_frames_too() {
    let server = server(|builder| builder.frame_rate(Rate::per_second(1).burst(2).excess(Excess::Close)));
    let mut client = server.connect();
    client.send_bytes(&[frame(HEARTBEAT, b""), frame(HEARTBEAT, b""), frame(0x7777, b"")].concat());
    assert_eq!(client.reason(), Some(Reason::TooFast));
}

#[test]
fn frames_above_the_rate_end_a_connection_if_that_is_wanted() {
    let server = server(|builder| builder.frame_rate(Rate::per_second(10).burst(5).excess(Excess::Close)));
    let (mut client, mut next) = (server.connect(), 0);
    client.send_bytes(&numbered(0..5));
    client.send_bytes(&numbered(5..6)[..11]);
    assert_eq!((replies(&mut client, &mut next), client.reason()), (5, None), "a part is no frame");
    server.advance(Duration::from_millis(100));
    client.send_bytes(&numbered(5..6)[11..]);
    assert_eq!((replies(&mut client, &mut next), client.reason()), (1, None));
    client.send_bytes(&numbered(6..7));
    assert_eq!((replies(&mut client, &mut next), client.reason()), (0, Some(Reason::TooFast)));
    let stats = server.stats();
    assert_eq!((stats.too_fast, stats.throttled, stats.open), (1, 0, 0));
}

#[test]
fn bytes_above_the_rate_wait_or_end_a_connection() {
    let rate = Rate::per_second(1_000).burst(2_000);
    let waits = server(|builder| builder.byte_rate(rate));
    let (mut client, mut next) = (waits.connect(), 0);
    client.send_bytes(&numbered(0..500));
    assert_eq!((replies(&mut client, &mut next), waits.stats().bytes), (166, 2_000));
    // The last of them may be some milliseconds late.
    waits.advance(Duration::from_secs(5));
    replies(&mut client, &mut next);
    assert_eq!((next, waits.stats().too_fast), (500, 0));

    let ends = server(|builder| builder.byte_rate(rate.excess(Excess::Close)));
    let (mut client, mut next) = (ends.connect(), 0);
    client.send_bytes(&numbered(0..166));
    assert_eq!((replies(&mut client, &mut next), client.reason()), (166, None));
    client.send_bytes(&numbered(166..168));
    assert_eq!((client.reason(), ends.stats().too_fast), (Some(Reason::TooFast), 1));
}

#[test]
fn who_has_to_wait_is_not_taken_for_silent() {
    let server =
        server(|builder| builder.frame_rate(Rate::per_second(1)).read_timeout(Duration::from_millis(300)));
    let (mut client, mut next) = (server.connect(), 0);
    client.send_bytes(&numbered(0..10));
    for _ in 0..10 {
        server.advance(Duration::from_millis(900));
        assert_eq!(client.reason(), None);
    }
    server.advance(Duration::from_secs(3));
    replies(&mut client, &mut next);
    assert_eq!((next, client.reason()), (10, Some(Reason::TimedOut)), "silent it was after that");
}

#[test]
fn a_new_connection_has_all_its_tokens() {
    let server = server(|builder| builder.connections(1).frame_rate(Rate::per_second(1).burst(3)));
    for _ in 0..5 {
        let (mut client, mut next) = (server.connect(), 0);
        client.send_bytes(&numbered(0..7));
        assert_eq!(replies(&mut client, &mut next), 3);
        client.reset();
        server.advance(Duration::from_secs(5));
        assert!(client.is_closed(), "it is seen once the frames before it are handled");
    }
    assert_eq!(server.stats().open, 0);
}

#[test]
fn a_shutdown_does_not_wait_for_tokens() {
    let server = server(|builder| builder.frame_rate(Rate::per_second(1)));
    let (mut client, mut next) = (server.connect(), 0);
    client.send_bytes(&numbered(0..7));
    server.shutdown();
    assert_eq!((replies(&mut client, &mut next), client.reason()), (1, Some(Reason::ShutDown)));
    server.advance(Duration::from_secs(1));
    assert_eq!((server.unflushed(), server.stats().open), (Some(0), 0));
}

fn rate(least: u32, most: u32) -> impl Strategy<Value = Rate> {
    (least..most, 1..most).prop_map(|(per_second, burst)| Rate::per_second(per_second).burst(burst))
}

proptest! {
    /// Never faster than the rates, at no time; and in the end all is answered, in order, and nothing is left behind.
    #[test]
    fn a_rate_is_kept_and_nothing_is_lost(
        frames in prop::option::of(rate(5, 200)),
        bytes in prop::option::of(rate(500, 20_000)),
        steps in prop::collection::vec((0..60u32, 0..2000u64, any::<bool>(), 1..4000usize), 1..30),
    ) {
        let server = server(|builder| {
            let builder = frames.into_iter().fold(builder, Builder::frame_rate);
            let builder = bytes.into_iter().fold(builder, Builder::byte_rate);
            builder.read_timeout(None)
        });
        let (mut client, mut next, mut sent) = (server.connect(), 0, 0);
        let mut passed = Duration::ZERO;
        let kept = |passed: Duration| {
            let stats = server.stats();
            let most = |rate: Option<Rate>, count: u64| {
                let Some(rate) = rate else { return true };
                let text = format!("{rate:?}");
                let number = |name: &str| {
                    let digits = text.split(name).nth(1).unwrap().chars().take_while(char::is_ascii_digit);
                    digits.collect::<String>().parse::<u128>().unwrap()
                };
                let brought = passed.as_nanos() * number("per_second: ") / 1_000_000_000;
                u128::from(count) <= number("burst: ") + brought
            };
            most(frames, stats.frames) && most(bytes, stats.bytes)
        };
        for (count, millis, reads, cut) in steps {
            if reads { client.read_again() } else { client.stop_reading() }
            let stream = numbered(sent..sent + count);
            sent += count;
            for piece in stream.chunks(cut) {
                client.send_bytes(piece);
            }
            prop_assert!(kept(passed), "{:?} after {:?}", server.stats(), passed);
            let part = Duration::from_millis(millis) / 3;
            for _ in 0..3 {
                server.advance(part);
                passed += part;
                prop_assert!(kept(passed), "{:?} after {:?}", server.stats(), passed);
            }
        }
        client.read_again();
        server.advance(Duration::from_secs(500));
        replies(&mut client, &mut next);
        prop_assert_eq!((next, client.reason()), (sent, None));
        client.send(CLOSE, &Payload(b""));
        server.advance(Duration::from_secs(10));
        prop_assert_eq!(server.stats().open, 0);
    }
}
