//! Frames come in any pieces that TCP likes.

mod support;

use std::thread;

use support::*;

#[test]
fn a_frame_may_come_byte_by_byte() {
    let rig = serve(|builder| builder);
    let mut client = rig.connect();
    let request = frame(ECHO, b"in small pieces");
    for (at, byte) in (1..).zip(&request) {
        client.send(&[*byte]);
        eventually("the byte is read by itself", || rig.stats().bytes == at);
    }
    assert_eq!(client.receive(request.len()), request);
}

#[test]
fn a_frame_may_be_split_at_every_offset() {
    let rig = serve(|builder| builder);
    let mut client = rig.connect();
    let frames = [frame(ECHO, b"first"), frame(COUNT, &[]), frame(ECHO, b""), frame(ECHO, b"last")].concat();
    for offset in 1..frames.len() {
        let bytes = rig.stats().bytes;
        client.send(&frames[..offset]);
        eventually("the first part is read", || rig.stats().bytes == bytes + offset as u64);
        client.send(&frames[offset..]);
        let calls = u32::try_from(offset).unwrap().to_le_bytes();
        let expected = [frame(ECHO, b"first"), frame(COUNT, &calls), frame(ECHO, b""), frame(ECHO, b"last")];
        assert_eq!(client.receive(expected.concat().len()), expected.concat(), "split at {offset}");
    }
}

#[test]
fn a_thousand_frames_in_one_write_are_answered_in_order() {
    let rig = serve(|builder| builder);
    let mut client = rig.connect();
    let requests: Vec<u8> = (0..1000u32).flat_map(|number| frame(ECHO, &number.to_le_bytes())).collect();
    client.send(&requests);
    assert_eq!(client.receive(requests.len()), requests);
    assert_eq!(rig.stats().frames, 1000);
}

#[test]
fn the_largest_frames_come_whole_however_they_are_cut() {
    let rig = serve(|builder| builder.max_packet(u16::MAX));
    let payload: Vec<u8> = (0..u16::MAX - 8).map(|at| (at % 251) as u8).collect();
    let requests = [frame(ECHO, &payload), frame(COUNT, &[]), frame(ECHO, &payload)].concat();
    for (call, piece) in
        [1usize, 1000, 1460, 2047, 2048, 2049, 65_535, 65_536].into_iter().enumerate().skip(1)
    {
        let mut client = rig.connect();
        let mut reader = Client(client.0.try_clone().unwrap());
        let sent = requests.clone();
        let writer = thread::spawn(move || sent.chunks(piece).for_each(|chunk| client.send(chunk)));
        let expected = [frame(ECHO, &payload), frame(COUNT, &[1, 0, 0, 0]), frame(ECHO, &payload)].concat();
        assert!(reader.receive(expected.len()) == expected, "call {call} in pieces of {piece}");
        writer.join().unwrap();
    }
}

#[test]
fn many_replies_larger_than_their_requests_all_arrive() {
    let rig = serve(|builder| builder);
    let mut client = rig.connect();
    let mut reader = Client(client.0.try_clone().unwrap());
    let writer = thread::spawn(move || {
        for _ in 0..2000 {
            client.send(&frame(FLOOD, &60_000u16.to_le_bytes()));
        }
    });
    let expected = frame(FLOOD, &[&60_000u16.to_le_bytes()[..], &[0x5a; 60_000]].concat());
    for number in 0..2000 {
        assert!(reader.receive(expected.len()) == expected, "reply {number}");
    }
    writer.join().unwrap();
}
