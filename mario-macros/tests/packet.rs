//! `#[derive(Packet)]`: what it writes and reads, to the byte.

mod packet {
    mod agreement;
    mod correlation;
    mod description;
    mod enums;
    mod errors;
    mod evolution;
    mod formats;
    mod layout;
    mod names;
    mod properties;
    mod requests;
    mod ruled;
    mod rules;
    mod samples;
    mod wire;
}
