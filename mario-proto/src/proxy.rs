//! The header of the PROXY protocol, by which a proxy says for whom it has connected.

mod binary;
mod text;

use core::net::SocketAddr;

use thiserror::Error;

/// What a proxy says before anything else of a connection that it passes on: version 1 (text) or 2 (binary) of
/// HAProxy's [PROXY protocol](https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt).
///
/// ```
/// use mario_proto::{ProxyError, ProxyHeader};
///
/// let bytes = b"PROXY TCP4 203.0.113.7 192.0.2.1 51234 8082\r\nframes";
/// let (header, rest) = ProxyHeader::split(bytes).unwrap().expect("the header is whole");
/// assert_eq!(header.source, Some("203.0.113.7:51234".parse().unwrap()));
/// assert_eq!(rest, b"frames");
///
/// assert_eq!(ProxyHeader::split(b"PROXY TCP4 203.0").unwrap(), None);
/// assert_eq!(ProxyHeader::split(b"GET / HTTP/1.1"), Err(ProxyError::Missing));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ProxyHeader {
    /// Who has connected to the proxy. `None` if it does not say: the connection is its own, as to see whether the
    /// server lives (`LOCAL`), or is of a kind that has no such address (`UNKNOWN`, Unix sockets, datagrams).
    pub source: Option<SocketAddr>,
}

impl ProxyHeader {
    /// The longest header that is taken, in bytes. One of version 1 has at most 107; one of version 2 says its length,
    /// and is longer than some hundred bytes only if it carries certificates or the like.
    pub const MAX_LEN: usize = 4096;

    /// The header at the begin of `bytes`, and the bytes after it; `None` if there is not all of it yet. More bytes
    /// never change an answer but that one.
    ///
    /// Where a header of version 2 has a checksum, it is verified; its other extensions are skipped.
    ///
    /// # Errors
    /// [`ProxyError`], as early as it can be told.
    pub fn split(bytes: &[u8]) -> Result<Option<(ProxyHeader, &[u8])>, ProxyError> {
        match bytes.first() {
            None => Ok(None),
            Some(b'P') => text::split(bytes),
            Some(_) => binary::split(bytes),
        }
    }
}

/// What is wrong with the begin of a connection that was to be a [`ProxyHeader`].
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProxyError {
    /// The first bytes are not those of a header.
    #[error("there is no PROXY header")]
    Missing,
    /// It begins as a header, and breaks the rules of one.
    #[error("the PROXY header is malformed")]
    Malformed,
    /// It is longer than [`ProxyHeader::MAX_LEN`], or than 107 bytes in version 1.
    #[error("the PROXY header is too long")]
    TooLong,
    /// Its checksum is not that of its bytes.
    #[error("the checksum of the PROXY header is wrong")]
    Checksum,
    /// It was not whole when a server's time for it was over; [`ProxyHeader::split`] never says that.
    #[error("the PROXY header did not come in time")]
    Incomplete,
}

/// Whether `bytes` begin with `signature`; `None` if there are too few to know.
fn begins(bytes: &[u8], signature: &[u8]) -> Result<Option<()>, ProxyError> {
    let len = bytes.len().min(signature.len());
    if bytes[..len] != signature[..len] {
        return Err(ProxyError::Missing);
    }
    Ok((len == signature.len()).then_some(()))
}
