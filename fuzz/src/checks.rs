//! What has to hold for all bytes.

use mario_macros::Packet;
use mario_proto::{
    Decode, Encode, Encoder, Framing, HEADER_LEN, List, Payload, ProxyHeader, decode_packet, frame_to_vec,
};

/// Splits the bytes into frames, all at once and as if they came one by one.
pub fn framing(bytes: &[u8]) {
    let framing = Framing::new(0xffff_ffff, 64);
    let mut left = bytes;
    loop {
        let split = framing.split(left);
        for len in 0..left.len() {
            match (framing.split(&left[..len]), &split) {
                // Fewer bytes give the same answer, or none yet.
                (Ok(None), _) => {}
                (Ok(Some((frame, _))), Ok(Some((whole, _)))) => assert_eq!(frame, *whole),
                (Err(error), Err(whole)) => assert_eq!(error, *whole),
                (early, whole) => panic!("{early:?} of {len} bytes, {whole:?} of all"),
            }
        }
        let Ok(Some((frame, rest))) = split else {
            // A header that is whole has been judged: it is wrong, or its payload is missing.
            assert!(split.is_err() || left.len() < 64);
            return;
        };
        let frame_len = HEADER_LEN + frame.payload.len();
        assert_eq!(left.len(), frame_len + rest.len());
        assert_eq!(frame_to_vec(frame.stx, frame.cmd, &Payload(frame.payload)).unwrap(), left[..frame_len]);
        left = rest;
    }
}

/// Takes the bytes for a PROXY header, all at once and as if they came one by one.
pub fn proxy(bytes: &[u8]) {
    let whole = ProxyHeader::split(bytes);
    for len in 0..bytes.len() {
        match (ProxyHeader::split(&bytes[..len]), whole) {
            (Ok(None), _) => {}
            (Ok(Some((header, _))), Ok(Some((same, _)))) => assert_eq!(header, same),
            (Err(error), Err(same)) => assert_eq!(error, same),
            (early, whole) => panic!("{early:?} of {len} bytes, {whole:?} of all"),
        }
    }
    let header_len = whole.map_or(0, |split| split.map_or(bytes.len(), |(_, rest)| bytes.len() - rest.len()));
    assert!(header_len <= ProxyHeader::MAX_LEN);
}

/// Decodes the bytes as packets with every kind of field; what is accepted encodes to the same bytes.
pub fn decode(bytes: &[u8]) {
    exact::<Numbers>(bytes);
    exact::<Network>(bytes);
    exact::<Texts<'_>>(bytes);
    exact::<Lists<'_>>(bytes);
    exact::<Choices<'_>>(bytes);
    exact::<Rest<'_>>(bytes);
    // A newer peer's fields are skipped, and so do not come back.
    let _ = decode_packet::<Growing<'_>>(bytes);
}

fn exact<'a, P: Decode<'a>>(bytes: &'a [u8]) {
    match decode_packet::<P>(bytes) {
        Ok(packet) => assert_eq!(encode(&packet, bytes.len()), bytes),
        Err(error) => assert!(error.offset as usize <= bytes.len()),
    }
}

fn encode<P: Encode>(packet: &P, len: usize) -> Vec<u8> {
    let mut room = vec![0; len];
    let mut out = Encoder::new(&mut room);
    packet.encode(&mut out).unwrap();
    assert_eq!(out.left(), 0);
    room
}

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Numbers {
    a: u8,
    b: u16,
    c: i32,
    d: u64,
    e: i128,
    f: f32,
    g: f64,
    h: bool,
    i: [u16; 3],
    #[mario(range = 1..=9)]
    j: u8,
    #[mario(via = u32)]
    k: std::net::Ipv4Addr,
}

#[derive(Packet)]
#[mario(crate = mario_proto, big_endian)]
struct Network {
    a: u16,
    b: i64,
    c: [u32; 2],
    d: Vec<u16>,
    e: Option<f64>,
    f: String,
    point: Point,
}

#[derive(Clone, Packet)]
#[mario(crate = mario_proto)]
struct Point {
    x: i16,
    y: i16,
}

#[derive(Packet)]
#[mario(crate = mario_proto, check = Self::is_valid)]
struct Texts<'a> {
    a: &'a str,
    #[mario(prefix = u8, max = 8)]
    b: &'a str,
    #[mario(prefix = u32)]
    c: String,
    #[mario(c_text = 6)]
    d: &'a str,
    e: &'a [u8],
    f: &'a [u8; 4],
    #[mario(check = is_short)]
    g: Option<&'a str>,
}

impl Texts<'_> {
    fn is_valid(&self) -> bool {
        self.e.len() < 100
    }
}

fn is_short(text: &Option<&str>) -> bool {
    text.is_none_or(|text| text.len() < 20)
}

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Lists<'a> {
    a: Vec<u8>,
    b: Vec<Point>,
    #[mario(prefix = u8)]
    c: Vec<String>,
    d: List<'a, bool>,
    #[mario(prefix = u8, max = 5)]
    e: List<'a, Choices<'a>>,
    f: [Option<u8>; 2],
}

#[derive(Clone, Packet)]
#[mario(crate = mario_proto)]
#[repr(u8)]
enum Choices<'a> {
    Nothing,
    Point(Point),
    Named { name: &'a str, kind: Kind } = 7,
}

#[derive(Clone, Copy, Packet)]
#[mario(crate = mario_proto)]
#[repr(u16)]
enum Kind {
    Known = 1,
    #[mario(other)]
    Unknown(u16),
}

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Rest<'a> {
    id: u8,
    choice: Choices<'a>,
    #[mario(rest)]
    texts: Vec<&'a str>,
}

#[derive(Packet)]
#[mario(crate = mario_proto, extensible)]
struct Growing<'a> {
    id: u16,
    name: &'a str,
    #[mario(since = 2, default = 1)]
    level: u8,
    #[mario(since = 2, default)]
    points: Vec<Point>,
    #[mario(since = 3, default)]
    motto: &'a str,
}
