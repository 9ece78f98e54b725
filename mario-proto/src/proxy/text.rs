//! Version 1: a line of text.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use core::str::{FromStr, Split};

use super::{ProxyError, ProxyHeader, begins};

const SIGNATURE: &[u8] = b"PROXY ";

/// The longest line, with its end.
const MAX_LEN: usize = 107;

pub(super) fn split(bytes: &[u8]) -> Result<Option<(ProxyHeader, &[u8])>, ProxyError> {
    if begins(bytes, SIGNATURE)?.is_none() {
        return Ok(None);
    }
    let window = &bytes[..bytes.len().min(MAX_LEN)];
    let Some(end) = window.iter().position(|byte| *byte == b'\n') else {
        return if bytes.len() < MAX_LEN { Ok(None) } else { Err(ProxyError::TooLong) };
    };
    let line = window[SIGNATURE.len()..end].strip_suffix(b"\r").ok_or(ProxyError::Malformed)?;
    let source = source(line).ok_or(ProxyError::Malformed)?;
    Ok(Some((ProxyHeader { source }, &bytes[end + 1..])))
}

/// What stands behind the signature; `None` if it is malformed.
fn source(line: &[u8]) -> Option<Option<SocketAddr>> {
    let mut words = str::from_utf8(line).ok()?.split(' ');
    let source = match words.next()? {
        // Whatever follows is to be ignored.
        "UNKNOWN" => return Some(None),
        "TCP4" => addresses::<Ipv4Addr>(&mut words)?,
        "TCP6" => addresses::<Ipv6Addr>(&mut words)?,
        _ => return None,
    };
    words.next().is_none().then_some(Some(source))
}

/// The first of both addresses, with its port; the second must be one as well.
fn addresses<A: FromStr + Into<IpAddr>>(words: &mut Split<'_, char>) -> Option<SocketAddr> {
    let source: A = words.next()?.parse().ok()?;
    let _destination: A = words.next()?.parse().ok()?;
    let source_port = port(words.next()?)?;
    let _destination_port = port(words.next()?)?;
    Some(SocketAddr::new(source.into(), source_port))
}

/// Digits without a sign or zeros before them.
fn port(word: &str) -> Option<u16> {
    let is_plain = word == "0" || word.starts_with(|first: char| matches!(first, '1'..='9'));
    is_plain.then(|| word.parse().ok()).flatten()
}
