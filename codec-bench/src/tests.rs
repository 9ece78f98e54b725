//! What all candidates have in common, and that the hand-written one is held to just what mario is.

use clap::ValueEnum;
use fastrand::Rng;

use crate::candidates::{BASELINE, CODECS, Candidate};
use crate::cold::Cold;
use crate::packets::Values;
use crate::tasks::{Kit, LOGIN, Packet, Task, Work};
use crate::warm::Warm;

fn codec(name: &str, packet: Packet) -> Kit {
    Candidate::named(name).and_then(|candidate| candidate.kit(packet)).expect("it takes part")
}

fn encoded(kit: Kit, values: &Values) -> Vec<u8> {
    let mut bytes = vec![0xee; 4096];
    let len = kit.encoding(values).encode(&mut bytes).expect("it fits");
    assert!(bytes[len..].iter().all(|byte| *byte == 0xee), "nothing is written behind the packet");
    bytes.truncate(len);
    bytes
}

/// What decoding gives, for each task that decodes.
fn decoded(kit: Kit, packet: Packet, payload: &[u8]) -> Vec<Option<u64>> {
    let values = Values::random(&mut Rng::with_seed(0));
    let work = packet.tasks().iter().filter_map(|task| kit.work(*task, &values));
    let decoded = work.filter_map(|work| match work {
        Work::Decode(decode) => Some(decode(payload)),
        Work::Encode(_) | Work::Dispatch(_) => None,
    });
    decoded.collect()
}

#[test]
fn everyone_reads_what_was_written() {
    let mut rng = Rng::with_seed(1);
    for packet in Packet::value_variants() {
        let mut uses = Vec::new();
        for _ in 0..20 {
            let values = Values::random(&mut rng);
            let baseline = codec(BASELINE, *packet);
            let expected = decoded(baseline, *packet, &encoded(baseline, &values));
            assert!(expected.iter().all(Option::is_some), "{packet}");
            for candidate in CODECS {
                if let Some(kit) = candidate.kit(*packet) {
                    assert_eq!(
                        decoded(kit, *packet, &encoded(kit, &values)),
                        expected,
                        "{packet} by {}",
                        candidate.name
                    );
                }
            }
            uses.push(expected);
        }
        uses.dedup();
        assert_eq!(uses.len(), 20, "{packet}: a use tells values apart");
    }
}

#[test]
fn packets_are_as_long_as_they_say() {
    let values = Values::random(&mut Rng::with_seed(2));
    let lengths =
        Packet::value_variants().iter().map(|packet| encoded(codec("mario", *packet), &values).len());
    assert_eq!(lengths.collect::<Vec<_>>(), [8, 2, 48, 200, 2 + 64 * 6, 2 + 64 * 6]);
}

#[test]
fn mario_and_hand_written_write_the_same() {
    let mut rng = Rng::with_seed(3);
    for packet in Packet::value_variants() {
        let [mario, hand_written] = ["mario", BASELINE].map(|name| codec(name, *packet));
        let values = Values::random(&mut rng);
        let bytes = encoded(mario, &values);
        assert_eq!(bytes, encoded(hand_written, &values), "{packet}");
        for room in 0..bytes.len() {
            let too_small = &mut vec![0; room];
            assert_eq!(mario.encoding(&values).encode(too_small), None, "{packet} in {room} bytes");
            assert_eq!(hand_written.encoding(&values).encode(too_small), None, "{packet} in {room} bytes");
        }
    }
}

#[test]
fn mario_and_hand_written_refuse_the_same() {
    let mut rng = Rng::with_seed(4);
    for packet in Packet::value_variants() {
        let [mario, hand_written] = ["mario", BASELINE].map(|name| codec(name, *packet));
        let bytes = encoded(mario, &Values::random(&mut rng));
        let agree = |payload: &[u8]| {
            let found = decoded(mario, *packet, payload);
            assert_eq!(found, decoded(hand_written, *packet, payload), "{packet}: {payload:02x?}");
            assert!(
                found.iter().all(|of_task| of_task.is_some() == found[0].is_some()),
                "all is checked, whatever is used"
            );
            found[0].is_some()
        };
        for len in 0..bytes.len() {
            assert!(!agree(&bytes[..len]), "{packet} cut to {len} bytes");
        }
        assert!(!agree(&[&bytes[..], &[0]].concat()), "{packet} with a byte too many");
        let mut refused = 0;
        for at in 0..bytes.len() {
            for flip in [0x01, 0x02, 0x80, 0xff] {
                let mut flipped = bytes.clone();
                flipped[at] ^= flip;
                refused += u32::from(!agree(&flipped));
            }
        }
        let is_number = matches!(packet, Packet::Ping | Packet::ShortLogin);
        assert_eq!(refused > 0, !is_number, "{packet}: of all but a number some bytes matter");
    }
}

#[test]
fn every_task_runs_warm_and_cold() {
    let mut rng = Rng::with_seed(5);
    let values: Vec<_> = (0..3).map(|_| Values::random(&mut rng)).collect();
    for candidate in crate::candidates::all() {
        for (packet, kit) in candidate.kits {
            for task in packet.tasks().iter().filter(|task| kit.does(**task)) {
                Warm::new(*kit, *task, &values[0]).unwrap().run(20);
                let mut cold = Cold::new(*kit, *task, &values, 10_000, &mut rng).unwrap();
                // More often than there are places, so that it comes round.
                cold.run(200);
                cold.run(200);
            }
        }
    }
}

#[test]
fn mario_and_hand_written_reply_to_the_same() {
    let values = Values::random(&mut Rng::with_seed(6));
    for (packet, reply_len) in [(Packet::Login, 8 + 10), (Packet::ShortLogin, 8)] {
        let mut services =
            ["mario", BASELINE].map(|name| match codec(name, packet).work(Task::Dispatch, &values) {
                Some(Work::Dispatch(service)) => service,
                _ => panic!("{name} dispatches"),
            });
        let login = encoded(codec(BASELINE, packet), &values);
        let mut reply =
            |command, payload: &[u8]| services.each_mut().map(|service| service.dispatch(command, payload));
        assert_eq!(reply(LOGIN, &login), [Some(reply_len); 2]);
        assert_eq!(reply(LOGIN, &login[1..]), [None; 2]);
        assert_eq!(reply(LOGIN + 1, &login), [None; 2]);
    }
}
