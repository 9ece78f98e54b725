#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| mario_fuzz::decode(bytes, |_| ()));
