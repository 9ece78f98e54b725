//! Version 2: a signature, a length, addresses, extensions.

use core::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use super::{ProxyError, ProxyHeader, begins};

const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";

/// The bytes before the addresses, of which the last two say how many follow.
const FIXED: usize = 16;

/// The extension with a checksum of the whole header.
const CRC32C: u8 = 0x03;

pub(super) fn split(bytes: &[u8]) -> Result<Option<(ProxyHeader, &[u8])>, ProxyError> {
    if begins(bytes, SIGNATURE)?.is_none() {
        return Ok(None);
    }
    let Some([version_and_command, family, high, low]) = bytes[SIGNATURE.len()..].first_chunk() else {
        return Ok(None);
    };
    let is_local = match version_and_command {
        0x20 => true,
        0x21 => false,
        _ => return Err(ProxyError::Malformed),
    };
    let len = FIXED + usize::from(u16::from_be_bytes([*high, *low]));
    if len > ProxyHeader::MAX_LEN {
        return Err(ProxyError::TooLong);
    }
    let Some((header, rest)) = bytes.split_at_checked(len) else { return Ok(None) };
    let source = if is_local { None } else { proxied(*family, header)? };
    Ok(Some((ProxyHeader { source }, rest)))
}

/// Who has connected to the proxy, from a header that passes a connection on.
fn proxied(family: u8, header: &[u8]) -> Result<Option<SocketAddr>, ProxyError> {
    let block = &header[FIXED..];
    let len = match family >> 4 {
        0 => 0,
        1 => 2 * 4 + 4,
        2 => 2 * 16 + 4,
        3 => 2 * 108,
        _ => return Err(ProxyError::Malformed),
    };
    // Unspecified, stream, datagram.
    if family & 0xf > 2 || block.len() < len {
        return Err(ProxyError::Malformed);
    }
    verify(header, FIXED + len)?;
    Ok(match family {
        0x11 => ipv4(block),
        0x21 => ipv6(block),
        _ => None,
    })
}

fn ipv4(block: &[u8]) -> Option<SocketAddr> {
    let source: &[u8; 4] = block.first_chunk()?;
    let port = block.get(8..)?.first_chunk()?;
    Some(SocketAddr::new(Ipv4Addr::from(*source).into(), u16::from_be_bytes(*port)))
}

fn ipv6(block: &[u8]) -> Option<SocketAddr> {
    let source: &[u8; 16] = block.first_chunk()?;
    let port = block.get(32..)?.first_chunk()?;
    Some(SocketAddr::new(Ipv6Addr::from(*source).into(), u16::from_be_bytes(*port)))
}

/// Goes through the extensions, which begin at `at`, and verifies the checksum if one of them is that.
fn verify(header: &[u8], mut at: usize) -> Result<(), ProxyError> {
    while at < header.len() {
        let Some([kind, high, low]) = header[at..].first_chunk() else { return Err(ProxyError::Malformed) };
        let start = at + 3;
        at = start + usize::from(u16::from_be_bytes([*high, *low]));
        let value = header.get(start..at).ok_or(ProxyError::Malformed)?;
        if *kind == CRC32C {
            let sum = value.try_into().map_err(|_| ProxyError::Malformed)?;
            let zeroed = [&header[..start], &[0; 4], &header[at..]];
            if crc32c(zeroed.into_iter().flatten()) != u32::from_be_bytes(sum) {
                return Err(ProxyError::Checksum);
            }
        }
    }
    Ok(())
}

/// Bit by bit: this runs once for a connection, over some hundred bytes.
fn crc32c<'a>(bytes: impl Iterator<Item = &'a u8>) -> u32 {
    let bit = |sum: u32, _| if sum & 1 == 1 { sum >> 1 ^ 0x82f6_3b78 } else { sum >> 1 };
    !bytes.fold(!0, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), bit))
}
