//! What has to hold for all bytes.

use mario_proto::{
    Decode, Encode, Encoder, Framing, HEADER_LEN, Packet, Payload, ProxyHeader, decode_packet, frame_to_vec,
};

use packets::*;

// For those who have this file by its path.
#[path = "packets.rs"]
mod packets;

/// Splits the bytes into frames, all at once and as if they came one by one. Gives whether frames are all there is.
pub fn framing(bytes: &[u8]) -> bool {
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
            return left.is_empty();
        };
        let frame_len = HEADER_LEN + frame.payload.len();
        assert_eq!(left.len(), frame_len + rest.len());
        assert_eq!(frame_to_vec(frame.stx, frame.cmd, &Payload(frame.payload)).unwrap(), left[..frame_len]);
        left = rest;
    }
}

/// Takes the bytes for a PROXY header, all at once and as if they came one by one. Gives whether there is one.
pub fn proxy(bytes: &[u8]) -> bool {
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
    matches!(whole, Ok(Some(_)))
}

macro_rules! packets {
    ($($packet:ty)*) => {
        /// The names of all packets.
        pub const PACKETS: &[&str] = &[$(<$packet as Packet>::DESCRIPTION.name),*];

        fn each_packet(bytes: &[u8], accepted: &mut impl FnMut(&'static str)) {
            $(if exact::<$packet>(bytes) {
                accepted(<$packet as Packet>::DESCRIPTION.name);
            })*
        }
    };
}

packets! {
    Numbers Lone<'_> Point Pair Unit Network Rules<'_> Texts<'_> Lists<'_> Nested<'_>
    Choices<'_> Kind Signed<'_> Event<'_>
    Rest<'_> Remark<'_> Note Blob<'_> Series Ports<'_> Words<'_>
}

/// Decodes the bytes as packets with every kind of field; what is accepted encodes to the same bytes. Tells the names of
/// those that accept them.
pub fn decode(bytes: &[u8], mut accepted: impl FnMut(&'static str)) {
    each_packet(bytes, &mut accepted);
    if grown(bytes) {
        accepted("Grown");
    }
}

fn exact<'a, P: Decode<'a>>(bytes: &'a [u8]) -> bool {
    match decode_packet::<P>(bytes) {
        Ok(packet) => assert_eq!(encode(&packet, bytes.len()), bytes),
        Err(error) => {
            assert!(error.offset as usize <= bytes.len());
            return false;
        }
    }
    true
}

/// An older peer's bytes come back with what is new behind them, a newer one's without what is unknown. And a peer who
/// knows the first release only reads the same as far as that goes.
fn grown(bytes: &[u8]) -> bool {
    let Ok(packet) = decode_packet::<Grown<'_>>(bytes) else { return false };
    let known = encode(&packet, bytes.len() + NEW_FIELDS);
    assert!(known.starts_with(bytes) || bytes.starts_with(&known));
    let older = decode_packet::<Growing<'_>>(bytes).expect("what is new is skipped");
    assert_eq!((older.id, older.name), (packet.id, packet.name));
    true
}

/// What the fields of later releases take with their defaults.
const NEW_FIELDS: usize = 1 + 2 + 2;

fn encode<P: Encode>(packet: &P, room: usize) -> Vec<u8> {
    let mut bytes = vec![0; room];
    let mut out = Encoder::new(&mut bytes);
    packet.encode(&mut out).unwrap();
    let len = out.written();
    bytes.truncate(len);
    bytes
}
