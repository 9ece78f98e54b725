//! `#[derive(Packet)]`: what it writes and reads, to the byte.

mod packet {
    mod enums;
    mod errors;
    mod formats;
    mod layout;
    mod properties;
    mod samples;
    mod wire;
}
