use alloc::vec;
use alloc::vec::Vec;

use crate::encode_error::EncodeErrorKind;
use crate::{Encode, EncodeError, Encoder, HEADER_LEN, Header, Size};

/// The longest frame a server accepts unless it says otherwise, in bytes, header included.
pub const DEFAULT_MAX_PACKET: u16 = 1500;

/// One whole frame, borrowed from the bytes it came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The token; a reply carries the same.
    pub stx: u32,
    /// The command's id.
    pub cmd: u16,
    /// What the command's packet is decoded from.
    pub payload: &'a [u8],
}

/// The rules by which one side tells frames from rubbish: its token and its limit.
///
/// ```
/// use mario_proto::{FrameError, Framing, Header};
///
/// let framing = Framing::new(0x8eb6_9af7, 1500);
/// assert_eq!(framing.check(Header { stx: 0x8eb6_9af7, len: 10, cmd: 0x6101 }), Ok(10));
/// assert_eq!(
///     framing.check(Header { stx: 0x8eb6_9af7, len: 1501, cmd: 0x6101 }),
///     Err(FrameError::TooLong { len: 1501, max: 1500 }),
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Framing {
    stx: u32,
    max_packet: u16,
}

impl Framing {
    /// Frames with the token `stx`, of at most `max_packet` bytes, header included.
    ///
    /// A `max_packet` under [`HEADER_LEN`] lets no frame through.
    #[inline]
    pub const fn new(stx: u32, max_packet: u16) -> Self {
        Self { stx, max_packet }
    }

    /// The token.
    #[inline]
    pub const fn stx(&self) -> u32 {
        self.stx
    }

    /// The longest frame let through, in bytes, header included.
    #[inline]
    pub const fn max_packet(&self) -> u16 {
        self.max_packet
    }

    /// Judges a header, and gives the length of its whole frame in bytes.
    ///
    /// # Errors
    /// A wrong token, a length under the header's own, or one over the limit; of several the first in this order.
    #[inline]
    pub const fn check(&self, header: Header) -> Result<usize, FrameError> {
        match self.payload_len(header) {
            Ok(payload) => Ok(HEADER_LEN + payload),
            Err(error) => Err(error),
        }
    }

    /// Splits the first frame off `input`: the frame and what comes after it, or `None` if more bytes are needed.
    ///
    /// A header is judged as soon as its eight bytes are there; the payload of a wrong one is never waited for.
    ///
    /// # Errors
    /// Those of [`check`](Self::check).
    ///
    /// ```
    /// use mario_proto::Framing;
    ///
    /// let framing = Framing::new(0x8eb6_9af7, 1500);
    /// let input = [0xf7, 0x9a, 0xb6, 0x8e, 0x0a, 0x00, 0x01, 0x61, 0x0a, 0x00, 0xf7];
    /// let (frame, rest) = framing.split(&input).unwrap().unwrap();
    /// assert_eq!((frame.cmd, frame.payload, rest), (0x6101, &[0x0a, 0x00][..], &[0xf7][..]));
    /// assert_eq!(framing.split(rest), Ok(None));
    /// ```
    #[inline]
    pub fn split<'a>(&self, input: &'a [u8]) -> Result<Option<(Frame<'a>, &'a [u8])>, FrameError> {
        let Some((header, after)) = input.split_first_chunk() else { return Ok(None) };
        let header = Header::from_bytes(header);
        let payload_len = self.payload_len(header)?;
        let Some((payload, rest)) = after.split_at_checked(payload_len) else { return Ok(None) };
        Ok(Some((Frame { stx: header.stx, cmd: header.cmd, payload }, rest)))
    }

    #[inline]
    const fn payload_len(&self, Header { stx, len, .. }: Header) -> Result<usize, FrameError> {
        if stx != self.stx {
            return Err(FrameError::WrongStx { expected: self.stx, found: stx });
        }
        if len > self.max_packet {
            return Err(FrameError::TooLong { len, max: self.max_packet });
        }
        match (len as usize).checked_sub(HEADER_LEN) {
            Some(payload) => Ok(payload),
            None => Err(FrameError::TooShort { len }),
        }
    }
}

/// Bytes that are no frame. Whoever sent them speaks another protocol or has lost its place: the connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The header's token is not the one that both sides should share.
    #[error(
        "a frame with the token {found:#010x}, but this side expects {expected:#010x}: set the same token on both"
    )]
    WrongStx {
        /// The token this side was given.
        expected: u32,
        /// The token in the header.
        found: u32,
    },
    /// The header claims a frame that is shorter than a header.
    #[error("a frame that claims {len} bytes, but its header alone has {HEADER_LEN}")]
    TooShort {
        /// The claimed length in bytes.
        len: u16,
    },
    /// The header claims a frame over this side's limit.
    #[error("a frame that claims {len} bytes, over the limit of {max}: raise `max_packet` if it is meant")]
    TooLong {
        /// The claimed length in bytes.
        len: u16,
        /// The limit in bytes.
        max: u16,
    },
}

/// Writes a whole frame to the start of `out`, and gives its length in bytes.
///
/// Lend it a slice of at most the peer's `max_packet` bytes: what does not fit is an error, and no frame is longer
/// than 65,535 bytes.
///
/// ```
/// use mario_proto::{Payload, encode_frame};
///
/// let mut out = [0; 64];
/// let len = encode_frame(0x8eb6_9af7, 0x6101, &Payload(b""), &mut out).unwrap();
/// assert_eq!(out[..len], [0xf7, 0x9a, 0xb6, 0x8e, 0x08, 0x00, 0x01, 0x61]);
/// ```
///
/// # Errors
/// The packet's own, and [`EncodeErrorKind::Full`] when the frame does not fit; `out` then holds part of a frame.
#[inline]
pub fn encode_frame<P: Encode>(stx: u32, cmd: u16, packet: &P, out: &mut [u8]) -> Result<usize, EncodeError> {
    let Some((header, payload)) = out.split_first_chunk_mut() else { return Err(EncodeError::full()) };
    let mut encoder = Encoder::new(payload);
    packet.encode(&mut encoder)?;
    let whole = HEADER_LEN + encoder.written();
    let Ok(len) = u16::try_from(whole) else { return Err(EncodeError::full()) };
    *header = Header { stx, len, cmd }.to_bytes();
    Ok(whole)
}

/// A whole frame in a vector of its own, no larger than it needs to be, for clients and tests; a server writes with
/// [`encode_frame`].
///
/// # Errors
/// Those of [`encode_frame`], for the longest frame there is.
pub fn frame_to_vec<P: Encode>(stx: u32, cmd: u16, packet: &P) -> Result<Vec<u8>, EncodeError> {
    const LONGEST: usize = u16::MAX as usize;

    let mut frame = vec![0; first_guess(P::SIZE).min(LONGEST)];
    loop {
        match encode_frame(stx, cmd, packet, &mut frame) {
            Ok(len) => {
                frame.truncate(len);
                frame.shrink_to_fit();
                return Ok(frame);
            }
            Err(error) if error.kind == EncodeErrorKind::Full && frame.len() < LONGEST => {
                let doubled = frame.len().saturating_mul(2).min(LONGEST);
                frame.resize(doubled, 0);
            }
            Err(error) => return Err(error),
        }
    }
}

/// How long the frame of such a packet may be. Most packets take far less than the most that their type allows.
fn first_guess(packet: Size) -> usize {
    const USUAL: usize = 512;

    let usual = packet.min.saturating_add(USUAL);
    packet.max.unwrap_or(usual).min(usual).saturating_add(HEADER_LEN)
}
