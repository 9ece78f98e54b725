//! The fuzzer's seeds, and whatever it has found, hold without the fuzzer.

use std::fs;
use std::path::Path;

#[path = "../../fuzz/src/checks.rs"]
#[allow(unreachable_pub)]
mod checks;

#[test]
fn the_corpus_holds() {
    each_in("framing", checks::framing);
    each_in("decode", checks::decode);
    each_in("proxy", checks::proxy);
}

/// Each file, and each with any one of its bytes changed or with its end cut off.
fn each_in(target: &str, check: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
    let mut seen = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        check(&bytes);
        for index in 0..bytes.len() {
            check(&bytes[..index]);
            for change in [0x01, 0x80, 0xff] {
                let mut changed = bytes.clone();
                changed[index] ^= change;
                check(&changed);
            }
        }
        seen += 1;
    }
    assert!(seen > 0, "{} has seeds", folder.display());
}
