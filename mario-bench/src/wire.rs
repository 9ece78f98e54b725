//! What the loads say, and what every server here answers: a login and an echo.

use std::time::Duration;

use mario::proto::EncodeError;
use mario::proto::{Payload, frame_to_vec};

/// The token of the original's sample; all servers and loads here share it.
pub(crate) const TOKEN: u32 = 0x8eb6_9af7;

/// Bytes before the payload.
pub(crate) const HEADER: usize = 8;

/// Login: `{ uid: u16 }`, answered with an empty packet.
pub(crate) const LOGIN: u16 = 0x6101;

/// Echo: any payload, answered with the same.
pub(crate) const ECHO: u16 = 0x0602;

/// Only the server of `faults` knows these: an answer of [`MOST_OF_BIG`] bytes, a panic, and `{ millis: u32 }`, for which
/// its handler hangs before it answers with an empty packet.
pub(crate) const BIG: u16 = 0x0701;
pub(crate) const PANIC: u16 = 0x0702;
pub(crate) const HANG: u16 = 0x0703;

/// Bytes of a big answer beside its header.
pub(crate) const MOST_OF_BIG: usize = 60_000;

/// The longest frame that the baselines take, in bytes with its header: mario's default.
pub(crate) const MAX_PACKET: usize = mario::proto::DEFAULT_MAX_PACKET as usize;

/// The reply to a login, to the byte.
pub(crate) const LOGIN_REPLY: [u8; 8] = [0xf7, 0x9a, 0xb6, 0x8e, 0x08, 0x00, 0x01, 0x61];

/// A login request, to the byte.
pub(crate) fn login(uid: u16) -> [u8; 10] {
    let [low, high] = uid.to_le_bytes();
    [0xf7, 0x9a, 0xb6, 0x8e, 0x0a, 0x00, 0x01, 0x61, low, high]
}

/// An echo request with a payload of `len` bytes. Its reply is the same, to the byte.
///
/// # Errors
/// A payload that no frame holds: over 65,527 bytes.
pub(crate) fn echo(len: usize) -> Result<Vec<u8>, EncodeError> {
    let payload: Vec<u8> = (0..len).map(|i| i as u8).collect();
    frame_to_vec(TOKEN, ECHO, &Payload(&payload))
}

/// A request for a big answer.
pub(crate) fn big() -> Vec<u8> {
    short(BIG, &[])
}

/// A request that makes its handler panic.
pub(crate) fn panic() -> Vec<u8> {
    short(PANIC, &[])
}

/// A request that makes its handler hang for so long.
pub(crate) fn hang(time: Duration) -> Vec<u8> {
    short(HANG, &u32::try_from(time.as_millis()).unwrap_or(u32::MAX).to_le_bytes())
}

fn short(command: u16, payload: &[u8]) -> Vec<u8> {
    frame_to_vec(TOKEN, command, &Payload(payload)).expect("so few bytes are a frame")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_the_original_samples() {
        assert_eq!(login(10), [0xf7, 0x9a, 0xb6, 0x8e, 0x0a, 0x00, 0x01, 0x61, 0x0a, 0x00]);
        assert_eq!(frame_to_vec(TOKEN, LOGIN, &Payload(&[])).unwrap(), LOGIN_REPLY);
    }

    #[test]
    fn an_echo_that_no_frame_holds_is_an_error() {
        assert_eq!(echo(65_527).unwrap().len(), 65_535);
        assert!(echo(65_528).is_err());
    }
}
