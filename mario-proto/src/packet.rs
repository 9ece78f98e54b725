use crate::{Decode, DecodeError, Decoder, Description, Encode, EncodeError, Encoder, Overflow, Size};

/// What may be the whole payload of a frame: what a handler takes and returns.
///
/// `#[derive(Packet)]` implements it, together with [`Encode`] and [`Decode`]. Bare scalars, text, lists and options
/// are no packets: a packet has a name, and room to grow.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a packet",
    label = "not a packet",
    note = "a type becomes one with `#[derive(mario::Packet)]`; wrap a scalar, text or a list in a struct of your own, or take `mario::Payload` for the bare bytes"
)]
pub trait Packet: Encode {
    /// The packet as constant data.
    const DESCRIPTION: &'static Description = &Description::opaque("", Self::SIZE);

    /// What becomes of it where it is pushed to a peer that reads too slowly.
    const OVERFLOW: Overflow = Overflow::Close;

    /// The number that a reply is matched to its request by: the field marked `#[mario(correlation)]`.
    ///
    /// The header has no place for one. A server copies it from the request to the packet that the handler returns, so
    /// that a client which has many requests under way, or gets an answer late, knows which of them was answered. In
    /// what a handler sends by itself, the handler sets it.
    #[inline]
    fn correlation(&self) -> Option<u64> {
        None
    }

    /// Sets that number, if there is a field for it; as many of the low bits as the field has.
    #[inline]
    fn set_correlation(&mut self, correlation: u64) {
        let _ = correlation;
    }
}

/// The payload as it is, undecoded; as a reply, bytes that are encoded already.
///
/// ```
/// use mario_proto::{Payload, decode_packet};
///
/// assert_eq!(decode_packet(b"any bytes"), Ok(Payload(b"any bytes")));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Payload<'a>(pub &'a [u8]);

impl Packet for Payload<'_> {
    const DESCRIPTION: &'static Description = &Description::opaque("Payload", Self::SIZE);
}

impl Encode for Payload<'_> {
    const SIZE: Size = Size::rest(0);

    #[inline]
    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), EncodeError> {
        out.put(self.0)
    }
}

impl<'a> Decode<'a> for Payload<'a> {
    #[inline]
    fn decode(input: &mut Decoder<'a>) -> Result<Self, DecodeError> {
        Ok(Self(input.rest()))
    }
}
