//! The fuzzer's seeds, and whatever it has found, hold without the fuzzer.

use std::fs;
use std::path::Path;

#[path = "../../fuzz/src/checks.rs"]
#[allow(unreachable_pub)]
mod checks;

/// What the name of a seed says that is to be refused, or that is not all there.
const WRONG: [&str; 4] = ["cut", "lying", "too", "wrong"];

#[test]
fn seeds_of_frames_hold() {
    each_in("framing", |name, bytes| {
        assert_eq!(checks::framing(bytes), is_right(name), "{name}");
        around(bytes, |bytes| {
            checks::framing(bytes);
        });
    });
}

#[test]
fn seeds_of_proxies_hold() {
    each_in("proxy", |name, bytes| {
        assert_eq!(checks::proxy(bytes), is_right(name), "{name}");
        around(bytes, |bytes| {
            checks::proxy(bytes);
        });
    });
}

#[test]
fn seeds_of_packets_hold() {
    let mut met = Vec::new();
    each_in("decode", |name, bytes| {
        // The seed of a packet begins with its name.
        let mut accepted = false;
        checks::decode(bytes, |packet| {
            let is_its_own = name.split('_').next() == Some(&packet.to_lowercase());
            accepted |= is_its_own;
            if is_its_own && is_right(name) {
                met.push(packet);
            }
        });
        assert_eq!(accepted, is_right(name), "{name}");
        around(bytes, |bytes| checks::decode(bytes, |_| ()));
    });
    for packet in checks::PACKETS.iter().chain(&["Grown"]) {
        assert!(met.contains(packet), "{packet} has a seed");
    }
}

fn is_right(name: &str) -> bool {
    !name.split('_').any(|word| WRONG.contains(&word))
}

/// Each file, with its name.
fn each_in(target: &str, mut check: impl FnMut(&str, &[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
    let mut seen = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        check(path.file_stem().unwrap().to_str().unwrap(), &fs::read(&path).unwrap());
        seen += 1;
    }
    assert!(seen > 0, "{} has seeds", folder.display());
}

/// The same with any one of its bytes changed, or with its end cut off.
fn around(bytes: &[u8], mut check: impl FnMut(&[u8])) {
    for index in 0..bytes.len() {
        check(&bytes[..index]);
        for change in [0x01, 0x80, 0xff] {
            let mut changed = bytes.to_vec();
            changed[index] ^= change;
            check(&changed);
        }
    }
}
