//! How a service names its users and groups.

use std::fmt;
use std::num::NonZeroU8;

use thiserror::Error;

/// Names a user or a group: an integer, or a text of up to 22 bytes. It is 23 bytes itself, and `Copy`.
///
/// ```
/// use mario::Name;
///
/// assert_eq!(Name::from(7u64), Name::from(7u16));
/// assert_ne!(Name::from(7u16), Name::try_from("7")?, "a number is no text");
/// assert_eq!(Name::try_from("red team")?.to_string(), "red team");
/// # Ok::<(), mario::NameError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    /// The length of a text, plus 1.
    kind: NonZeroU8,
    bytes: [u8; Name::LONGEST],
}

const INTEGER: NonZeroU8 = NonZeroU8::MAX;

impl Name {
    /// The most bytes of a text.
    pub const LONGEST: usize = 22;

    fn text(&self) -> &str {
        let len = usize::from(self.kind.get()) - 1;
        // It was text when it was made.
        self.bytes.get(..len).and_then(|bytes| str::from_utf8(bytes).ok()).unwrap_or_default()
    }

    fn integer(&self) -> Option<u64> {
        let bytes = self.bytes.first_chunk().copied()?;
        (self.kind == INTEGER).then(|| u64::from_be_bytes(bytes))
    }
}

impl From<u64> for Name {
    fn from(number: u64) -> Self {
        let mut bytes = [0; Name::LONGEST];
        // The order of the bytes is that of the numbers.
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        Name { kind: INTEGER, bytes }
    }
}

impl From<u32> for Name {
    fn from(number: u32) -> Self {
        Name::from(u64::from(number))
    }
}

impl From<u16> for Name {
    fn from(number: u16) -> Self {
        Name::from(u64::from(number))
    }
}

/// A text that is too long for a name.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("`{text}` has {len} bytes, and a name at most {longest}: take a number, or a hash of it", len = text.len(), longest = Name::LONGEST)]
pub struct NameError {
    text: String,
}

impl TryFrom<&str> for Name {
    type Error = NameError;

    fn try_from(text: &str) -> Result<Self, NameError> {
        let mut bytes = [0; Name::LONGEST];
        let too_long = || NameError { text: text.to_owned() };
        bytes.get_mut(..text.len()).ok_or_else(too_long)?.copy_from_slice(text.as_bytes());
        let kind = NonZeroU8::MIN.saturating_add(text.len() as u8);
        Ok(Name { kind, bytes })
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.integer() {
            Some(number) => fmt::Display::fmt(&number, f),
            None => fmt::Display::fmt(self.text(), f),
        }
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.integer() {
            Some(number) => fmt::Debug::fmt(&number, f),
            None => fmt::Debug::fmt(self.text(), f),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn names_are_as_different_as_what_they_are_made_of(one: u64, other: u64, text in ".{0,12}") {
            prop_assert_eq!(Name::from(one) == Name::from(other), one == other);
            prop_assert_eq!(Name::from(one).cmp(&Name::from(other)), one.cmp(&other));
            prop_assert_eq!(Name::from(one).to_string(), one.to_string());
            match Name::try_from(&*text) {
                Ok(name) => {
                    prop_assert_eq!(name.to_string(), &*text);
                    prop_assert_ne!(name, Name::from(one));
                }
                Err(error) => {
                    prop_assert!(text.len() > Name::LONGEST);
                    prop_assert_eq!(error, NameError { text });
                }
            }
        }
    }

    #[test]
    fn a_name_is_small() {
        assert_eq!(size_of::<Option<Name>>(), 23);
        assert_eq!(Name::try_from("0123456789012345678901").unwrap().to_string().len(), 22);
        assert_ne!(Name::try_from("").unwrap(), Name::try_from("\0").unwrap());
    }
}
