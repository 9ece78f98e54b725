//! The bytes of the book's chapter *The wire*.

use mario_macros::Packet;
use mario_proto::{DEFAULT_STX, Framing, decode_packet, frame_to_vec};

#[derive(Debug, PartialEq, Packet)]
#[mario(crate = mario_proto)]
struct Login {
    uid: u16,
}

#[derive(Debug, PartialEq, Packet)]
#[mario(crate = mario_proto)]
struct LoggedIn;

#[derive(Debug, PartialEq, Packet)]
#[mario(crate = mario_proto)]
struct SayHello<'a> {
    name: &'a str,
}

#[derive(Debug, PartialEq, Packet)]
#[mario(crate = mario_proto)]
struct Hello {
    greeting: String,
    calls: u32,
}

#[test]
fn the_original_sample_is_to_the_byte() {
    let stx = 0x8eb6_9af7;
    let request = [0xf7, 0x9a, 0xb6, 0x8e, 0x0a, 0x00, 0x01, 0x61, 0x0a, 0x00];
    let reply = [0xf7, 0x9a, 0xb6, 0x8e, 0x08, 0x00, 0x01, 0x61];

    let (frame, rest) = Framing::new(stx, 1500).split(&request).unwrap().unwrap();
    assert_eq!((frame.cmd, rest.len()), (0x6101, 0));
    assert_eq!(decode_packet(frame.payload), Ok(Login { uid: 10 }));
    assert_eq!(frame_to_vec(stx, 0x6101, &Login { uid: 10 }).unwrap(), request);
    assert_eq!(frame_to_vec(stx, 0x6101, &LoggedIn).unwrap(), reply);
}

#[test]
fn the_guides_sample_is_to_the_byte() {
    let request = b"\xff\xff\xff\xff\x0f\x00\x02\x06\x05\x00Mario";
    let reply = b"\xff\xff\xff\xff\x1a\x00\x02\x06\x0c\x00hello, Mario\x01\x00\x00\x00";
    let hello = Hello { greeting: "hello, Mario".to_owned(), calls: 1 };

    assert_eq!(decode_packet(&request[8..]), Ok(SayHello { name: "Mario" }));
    assert_eq!(decode_packet(&reply[8..]).as_ref(), Ok(&hello));
    assert_eq!(frame_to_vec(DEFAULT_STX, 0x0602, &SayHello { name: "Mario" }).unwrap(), request);
    assert_eq!(frame_to_vec(DEFAULT_STX, 0x0602, &hello).unwrap(), reply);
}
