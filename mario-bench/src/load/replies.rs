//! The stream of replies of one connection, in whatever pieces it comes.

use crate::load::failure::Failure;

/// How far the next reply has come.
#[derive(Debug, Default)]
pub(crate) struct Replies {
    at: usize,
}

impl Replies {
    /// Compares `bytes`, which may be any part of the stream, with replies that are all `expected`. How many they
    /// complete.
    ///
    /// # Errors
    /// The part of the reply that differs.
    pub(crate) fn take(&mut self, expected: &[u8], mut bytes: &[u8]) -> Result<usize, Failure> {
        let mut complete = 0;
        while !bytes.is_empty() {
            let wanted = &expected[self.at..];
            let count = wanted.len().min(bytes.len());
            let (now, later) = bytes.split_at(count);
            if now != &wanted[..count] {
                let differs = now.iter().zip(wanted).take_while(|(found, wanted)| found == wanted).count();
                return Err(wrong(self.at + differs));
            }
            self.at += count;
            if self.at == expected.len() {
                self.at = 0;
                complete += 1;
            }
            bytes = later;
        }
        Ok(complete)
    }
}

/// The failure of a reply whose byte `at` is not as it should be.
fn wrong(at: usize) -> Failure {
    match at {
        0..4 => Failure::WrongToken,
        4..6 => Failure::WrongLength,
        6..8 => Failure::WrongCommand,
        _ => Failure::WrongPayload,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPLY: &[u8] = b"tokelecopayload";

    #[test]
    fn pieces_of_any_size_add_up() {
        let stream = REPLY.repeat(7);
        for size in 1..stream.len() {
            let mut replies = Replies::default();
            let complete: usize = stream.chunks(size).map(|piece| replies.take(REPLY, piece).unwrap()).sum();
            assert_eq!(complete, 7, "in pieces of {size}");
        }
    }

    #[test]
    fn the_part_that_differs_is_named() {
        let parts = [
            (0..4, Failure::WrongToken),
            (4..6, Failure::WrongLength),
            (6..8, Failure::WrongCommand),
            (8..REPLY.len(), Failure::WrongPayload),
        ];
        for (part, failure) in parts {
            for at in part {
                let mut stream = REPLY.repeat(2);
                stream[REPLY.len() + at] ^= 1;
                assert_eq!(Replies::default().take(REPLY, &stream), Err(failure));
            }
        }
    }
}
