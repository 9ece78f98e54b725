//! The server's token.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// The token that begins each frame, as the server and its clients share it: the book's chapter *The wire*.
///
/// ```
/// use mario::Stx;
///
/// assert_eq!("0x8eb69af7".parse(), Ok(Stx(0x8eb69af7)));
/// assert_eq!("2394331895".parse(), Ok(Stx(0x8eb69af7)));
/// assert_eq!(Stx::default().to_string(), "0xffffffff");
/// assert_eq!(
///     "mario".parse::<Stx>().unwrap_err().to_string(),
///     "`mario` is no token: write 32 bits as `0x8eb69af7` or as a decimal number"
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stx(pub u32);

impl Default for Stx {
    /// `0xffffffff`, the token of a server that sets none.
    fn default() -> Self {
        Stx(mario_proto::DEFAULT_STX)
    }
}

impl From<u32> for Stx {
    fn from(stx: u32) -> Self {
        Stx(stx)
    }
}

impl fmt::Display for Stx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#010x}", self.0)
    }
}

impl FromStr for Stx {
    type Err = StxError;

    fn from_str(text: &str) -> Result<Self, StxError> {
        let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
        let stx = match hex {
            Some(digits) if digits.starts_with('+') => None,
            Some(digits) => u32::from_str_radix(digits, 16).ok(),
            None => text.parse().ok(),
        };
        stx.map(Stx).ok_or_else(|| StxError { text: text.to_owned() })
    }
}

/// A text that is no token.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("`{text}` is no token: write 32 bits as `0x8eb69af7` or as a decimal number")]
pub struct StxError {
    text: String,
}
