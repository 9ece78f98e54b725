use core::ops::RangeInclusive;

/// The length of a frame's header in bytes.
pub const HEADER_LEN: usize = 8;

/// The token of a server that does not set its own.
pub const DEFAULT_STX: u32 = 0xffff_ffff;

/// The ids that name a connection's own events; no command may take them.
///
/// `0xfffc` connected, `0xfffd` timed out, `0xfffe` closed, `0xffff` error. One that arrives on the wire is an
/// unknown command.
pub const RESERVED_IDS: RangeInclusive<u16> = 0xfffc..=0xffff;

/// Whether `cmd` is one of the [`RESERVED_IDS`].
///
/// ```
/// assert!(mario_proto::is_reserved(0xfffc));
/// assert!(!mario_proto::is_reserved(0xfffb));
/// ```
#[inline]
pub const fn is_reserved(cmd: u16) -> bool {
    cmd >= *RESERVED_IDS.start()
}

/// The eight bytes before every payload; the book's chapter *The wire* has the table.
///
/// Reading one judges nothing: that is [`Framing::check`](crate::Framing::check).
///
/// ```
/// use mario_proto::Header;
///
/// let header = Header { stx: 0x8eb6_9af7, len: 10, cmd: 0x6101 };
/// let bytes = [0xf7, 0x9a, 0xb6, 0x8e, 0x0a, 0x00, 0x01, 0x61];
/// assert_eq!(header.to_bytes(), bytes);
/// assert_eq!(Header::from_bytes(&bytes), header);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Header {
    /// The token that both sides share.
    pub stx: u32,
    /// The length of the whole frame in bytes, header included: `pkglen` on the wire.
    pub len: u16,
    /// The command's id.
    pub cmd: u16,
}

impl Header {
    /// Reads the header as it stands on the wire, little-endian and without padding.
    #[inline]
    pub const fn from_bytes(bytes: &[u8; HEADER_LEN]) -> Self {
        let [s0, s1, s2, s3, l0, l1, c0, c1] = *bytes;
        Self {
            stx: u32::from_le_bytes([s0, s1, s2, s3]),
            len: u16::from_le_bytes([l0, l1]),
            cmd: u16::from_le_bytes([c0, c1]),
        }
    }

    /// The header as it stands on the wire.
    #[inline]
    pub const fn to_bytes(self) -> [u8; HEADER_LEN] {
        let [s0, s1, s2, s3] = self.stx.to_le_bytes();
        let [l0, l1] = self.len.to_le_bytes();
        let [c0, c1] = self.cmd.to_le_bytes();
        [s0, s1, s2, s3, l0, l1, c0, c1]
    }
}
