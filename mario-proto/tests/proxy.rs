//! PROXY headers, to the byte, and against what another implementation writes.

use std::net::{IpAddr, SocketAddr};

use mario_proto::{ProxyError, ProxyHeader};
use proptest::prelude::*;
use proxy_header::{ProxiedAddress, ProxyHeader as Written, Tlv};

const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

/// The source that a whole header names.
#[track_caller]
fn source(bytes: &[u8]) -> Option<SocketAddr> {
    let (header, rest) = ProxyHeader::split(bytes).unwrap().expect("the header is whole");
    assert_eq!(rest, b"");
    header.source
}

#[track_caller]
fn fails(bytes: &[u8], error: ProxyError) {
    assert_eq!(ProxyHeader::split(bytes), Err(error), "{:?}", String::from_utf8_lossy(bytes));
}

fn addr(text: &str) -> Option<SocketAddr> {
    Some(text.parse().unwrap())
}

fn binary(command: u8, family: u8, block: &[u8]) -> Vec<u8> {
    let len = u16::try_from(block.len()).unwrap().to_be_bytes();
    [SIGNATURE, &[command, family], &len, block].concat()
}

const BLOCK4: [u8; 12] = [203, 0, 113, 7, 192, 0, 2, 1, 0xc8, 0x22, 0x1f, 0x92];

#[test]
fn text() {
    assert_eq!(source(b"PROXY TCP4 203.0.113.7 192.0.2.1 51234 8082\r\n"), addr("203.0.113.7:51234"));
    assert_eq!(source(b"PROXY TCP6 2001:db8::7 2001:db8::1 0 65535\r\n"), addr("[2001:db8::7]:0"));
    assert_eq!(source(b"PROXY UNKNOWN\r\n"), None);
    assert_eq!(source(b"PROXY UNKNOWN a b c d e f g h\r\n"), None);
    let longest = format!("PROXY UNKNOWN {}\r\n", "x".repeat(107 - 16));
    assert_eq!((longest.len(), source(longest.as_bytes())), (107, None));
}

#[test]
fn text_that_breaks_the_rules() {
    for line in [
        "TCP4 203.0.113.7 192.0.2.1 51234",
        "TCP4 203.0.113.7 192.0.2.1 51234 8082 ",
        "TCP4 203.0.113.7 192.0.2.1  51234 8082",
        "TCP4 203.0.113.7 192.0.2.1 051234 8082",
        "TCP4 203.0.113.7 192.0.2.1 +51234 8082",
        "TCP4 203.0.113.7 192.0.2.1 51234 65536",
        "TCP4 203.0.113.07 192.0.2.1 51234 8082",
        "TCP4 203.0.113.256 192.0.2.1 51234 8082",
        "TCP4 2001:db8::7 2001:db8::1 51234 8082",
        "TCP6 203.0.113.7 192.0.2.1 51234 8082",
        "tcp4 203.0.113.7 192.0.2.1 51234 8082",
        "UNKNOWNs",
        "",
        "\u{fffd}",
    ] {
        fails(format!("PROXY {line}\r\n").as_bytes(), ProxyError::Malformed);
    }
    fails(b"PROXY TCP4 \xff\r\n", ProxyError::Malformed);
    fails(b"PROXY UNKNOWN\n", ProxyError::Malformed);
    fails(b"PROXYs", ProxyError::Missing);
    fails(b"proxy", ProxyError::Missing);
    fails(&[b"PROXY UNKNOWN ", &[b'x'; 93][..]].concat(), ProxyError::TooLong);
    fails(&[b"PROXY UNKNOWN ", &[b'x'; 92][..], b"\r\n"].concat(), ProxyError::TooLong);
}

#[test]
fn binary_of_each_kind() {
    assert_eq!(source(&binary(0x21, 0x11, &BLOCK4)), addr("203.0.113.7:51234"));
    let mut block6 = [0; 36];
    block6[..4].copy_from_slice(&[0x20, 0x01, 0x0d, 0xb8]);
    block6[15] = 7;
    block6[32..].copy_from_slice(&BLOCK4[8..]);
    assert_eq!(source(&binary(0x21, 0x21, &block6)), addr("[2001:db8::7]:51234"));
    // What has no such address: unspecified, datagrams, Unix sockets; and the proxy's own connections.
    for (family, block) in [(0x00, &[][..]), (0x12, &BLOCK4), (0x22, &block6), (0x31, &[0; 216])] {
        assert_eq!(source(&binary(0x21, family, block)), None);
    }
    assert_eq!(source(&binary(0x20, 0xff, b"whatever")), None);
}

#[test]
fn binary_that_breaks_the_rules() {
    for (command, family) in [(0x11, 0x11), (0x22, 0x11), (0x21, 0x13), (0x21, 0x41)] {
        fails(&binary(command, family, &[0; 216]), ProxyError::Malformed);
    }
    fails(&binary(0x21, 0x11, &BLOCK4[1..]), ProxyError::Malformed);
    fails(&binary(0x21, 0x21, &[0; 35]), ProxyError::Malformed);
    fails(b"\r\n\r\n\0\r\nQUIT\r", ProxyError::Missing);
    fails(&[0xff], ProxyError::Missing);
    let longest = ProxyHeader::MAX_LEN - 16;
    assert_eq!(source(&binary(0x20, 0, &vec![0; longest])), None);
    fails(&binary(0x20, 0, &vec![0; longest + 1])[..16], ProxyError::TooLong);
}

#[test]
fn extensions_are_skipped_and_a_checksum_is_verified() {
    let with = |extensions: &[u8]| binary(0x21, 0x11, &[&BLOCK4, extensions].concat());
    assert_eq!(source(&with(&[4, 0, 2, 9, 9, 0xee, 0, 0])), addr("203.0.113.7:51234"));
    fails(&with(&[4, 0]), ProxyError::Malformed);
    fails(&with(&[4, 0, 3, 9, 9]), ProxyError::Malformed);
    fails(&with(&[3, 0, 3, 1, 2, 3]), ProxyError::Malformed);
    fails(&with(&[3, 0, 4, 1, 2, 3, 4]), ProxyError::Checksum);
    // As computed by an implementation of CRC-32C that is not ours.
    let mut summed = with(&[3, 0, 4, 0, 0, 0, 0, 4, 0, 1, 9]);
    let sum = crc32c::crc32c(&summed);
    summed[31..35].copy_from_slice(&sum.to_be_bytes());
    assert_eq!(source(&summed), addr("203.0.113.7:51234"));
    *summed.last_mut().unwrap() += 1;
    fails(&summed, ProxyError::Checksum);
}

fn written() -> impl Strategy<Value = (Vec<u8>, SocketAddr)> {
    let address = (any::<IpAddr>(), any::<u16>()).prop_map(SocketAddr::from);
    let tlvs = prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..5);
    (address, any::<u16>(), any::<bool>(), tlvs).prop_map(|(source, port, is_text, tlvs)| {
        let destination = SocketAddr::new(source.ip(), port);
        let mut header = Written::with_address(ProxiedAddress::stream(source, destination));
        let mut bytes = Vec::new();
        if is_text {
            header.encode_v1(&mut bytes).unwrap();
        } else {
            tlvs.iter().for_each(|tlv| header.append_tlv(Tlv::Custom(0xe0, tlv.into())));
            header.encode_v2(&mut bytes).unwrap();
        }
        (bytes, source)
    })
}

proptest! {
    #[test]
    fn what_others_write_is_read((bytes, address) in written(), rest in prop::collection::vec(any::<u8>(), 0..20)) {
        let stream = [&bytes[..], &rest].concat();
        let (header, left) = ProxyHeader::split(&stream).unwrap().expect("the header is whole");
        prop_assert_eq!(header.source, Some(address));
        prop_assert_eq!(left, rest);
        for len in 0..bytes.len() {
            prop_assert_eq!(ProxyHeader::split(&bytes[..len]), Ok(None));
        }
    }

    /// Any change of a header, and any bytes: an answer, and the same with more bytes.
    #[test]
    fn an_answer_is_final((bytes, _) in written(), at in any::<prop::sample::Index>(), byte: u8, more in prop::collection::vec(any::<u8>(), 0..120)) {
        let mut bytes = [bytes, more].concat();
        *at.get_mut(&mut bytes) = byte;
        let whole = ProxyHeader::split(&bytes);
        for len in 0..bytes.len() {
            match (ProxyHeader::split(&bytes[..len]), whole) {
                (Ok(None), _) => {}
                (Ok(Some((early, _))), Ok(Some((late, _)))) => prop_assert_eq!(early, late),
                (Err(early), Err(late)) => prop_assert_eq!(early, late),
                (early, late) => prop_assert!(false, "{:?} of {} bytes, {:?} of all", early, len, late),
            }
        }
    }
}
