//! `#[derive(Packet)]`: what it writes and reads, to the byte.

mod packet {
    mod wire;
}
