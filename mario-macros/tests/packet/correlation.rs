//! A reply is matched to its request by the field that both mark.

use mario_macros::Packet;
use mario_proto::{Packet, Payload};

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Ask {
    question: u8,
    #[mario(correlation)]
    id: u32,
}

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Answer(#[mario(correlation, big_endian)] u16);

#[test]
fn a_reply_takes_over_the_number_of_its_request() {
    let ask = Ask { question: 1, id: 0x0002_0001 };
    let mut answer = Answer(0);
    assert_eq!(ask.correlation(), Some(0x0002_0001));
    answer.set_correlation(ask.correlation().unwrap());
    assert_eq!(answer.correlation(), Some(1), "as many bits as there is room for");
    assert!(Ask::DESCRIPTION.fields()[1].correlation);
    assert_eq!(ask.question, 1);
}

#[test]
fn a_packet_without_one_ignores_it() {
    let mut payload = Payload(b"hi");
    payload.set_correlation(7);
    assert_eq!((payload, payload.correlation()), (Payload(b"hi"), None));
}
