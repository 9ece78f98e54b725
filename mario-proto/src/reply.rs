use core::convert::Infallible;

use crate::{Description, Encode, EncodeError, Encoder, Packet, Size};

/// What a handler may return: nothing, a packet, `Option` of one, or `Result` of these and an error.
///
/// It lives beside [`Packet`] because only the crate of that trait may say both "every packet" and "`()`,
/// `Option`, `Result`": elsewhere the compiler has to fear that one of these becomes a packet some day.
///
/// ```
/// use mario_proto::{IntoReply, Payload};
///
/// assert!(Payload(b"hi").into_reply().is_ok_and(|reply| reply.is_some()));
/// assert!(().into_reply().is_ok_and(|reply| reply.is_none()));
/// assert!(None::<Payload>.into_reply().is_ok_and(|reply| reply.is_none()));
/// assert_eq!(Err::<(), _>("banned").into_reply().err(), Some("banned"));
/// ```
#[diagnostic::on_unimplemented(
    message = "a command cannot return `{Self}`",
    label = "no reply can be made of this",
    note = "a command returns nothing, a packet, `Option` of one, or `Result` of these and something that becomes `mario::Close`",
    note = "a type becomes a packet with `#[derive(mario::Packet)]`"
)]
pub trait IntoReply {
    /// The packet of the reply, if there is one.
    type Packet: Packet;

    /// What the handler may fail with.
    type Error;

    /// The reply as constant data, unless there is never one.
    const REPLY: Option<&'static Description>;

    /// The packet to send, or `None` to send nothing.
    ///
    /// # Errors
    /// The handler's own.
    fn into_reply(self) -> Result<Option<Self::Packet>, Self::Error>;
}

impl<P: Packet> IntoReply for P {
    type Packet = P;
    type Error = Infallible;

    const REPLY: Option<&'static Description> = Some(P::DESCRIPTION);

    #[inline]
    fn into_reply(self) -> Result<Option<P>, Infallible> {
        Ok(Some(self))
    }
}

impl IntoReply for () {
    type Packet = NoReply;
    type Error = Infallible;

    const REPLY: Option<&'static Description> = None;

    #[inline]
    fn into_reply(self) -> Result<Option<NoReply>, Infallible> {
        Ok(None)
    }
}

impl<P: Packet> IntoReply for Option<P> {
    type Packet = P;
    type Error = Infallible;

    const REPLY: Option<&'static Description> = Some(P::DESCRIPTION);

    #[inline]
    fn into_reply(self) -> Result<Self, Infallible> {
        Ok(self)
    }
}

impl<R: IntoReply<Error = Infallible>, E> IntoReply for Result<R, E> {
    type Packet = R::Packet;
    type Error = E;

    const REPLY: Option<&'static Description> = R::REPLY;

    #[inline]
    fn into_reply(self) -> Result<Option<R::Packet>, E> {
        self.map(|reply| reply.into_reply().unwrap_or_else(|never| match never {}))
    }
}

/// The packet of a command that never replies: there is no value of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoReply {}

impl Packet for NoReply {
    const DESCRIPTION: &'static Description = &Description::opaque("NoReply", Self::SIZE);
}

impl Encode for NoReply {
    const SIZE: Size = Size::fixed(0);

    #[inline]
    fn encode(&self, _: &mut Encoder<'_>) -> Result<(), EncodeError> {
        match *self {}
    }
}
