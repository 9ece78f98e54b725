use core::fmt;
use core::slice;

use crate::describe::Type;
use crate::format::{Body, ParseBody, some_bytes, too_long};
use crate::{Decode, DecodeError, Decoder, EncodeError, Encoder, Size};

/// A list that stays in the payload: it is checked when the packet is decoded, and its items are made one by one as
/// they are asked for. Nothing is allocated.
///
/// To send one, make it from a slice.
///
/// ```
/// use mario_proto::{List, decode_packet, frame_to_vec};
///
/// let numbers: List<u16> = decode_packet(&[2, 0, 0x10, 0, 0x20, 0]).unwrap();
/// assert_eq!(numbers.iter().collect::<Vec<_>>(), [0x10, 0x20]);
/// assert_eq!(numbers, List::from(&[0x10, 0x20][..]));
/// ```
pub struct List<'a, T>(Source<'a, T>);

enum Source<'a, T> {
    /// Bytes of which each item has been decoded once.
    Payload {
        input: Decoder<'a>,
        count: usize,
    },
    Items(&'a [T]),
}

impl<'a, T> List<'a, T> {
    /// How many items there are.
    #[inline]
    pub const fn len(&self) -> usize {
        match self.0 {
            Source::Payload { count, .. } => count,
            Source::Items(items) => items.len(),
        }
    }

    /// Whether there are no items.
    #[inline]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<'a, T: Decode<'a> + Clone> List<'a, T> {
    /// The items, from the first to the last.
    #[inline]
    pub fn iter(&self) -> ListIter<'a, T> {
        ListIter(Items::of(self))
    }
}

impl<'a, T> From<&'a [T]> for List<'a, T> {
    #[inline]
    fn from(items: &'a [T]) -> Self {
        Self(Source::Items(items))
    }
}

impl<'a, T: Decode<'a> + Clone> IntoIterator for &List<'a, T> {
    type Item = T;
    type IntoIter = ListIter<'a, T>;

    #[inline]
    fn into_iter(self) -> ListIter<'a, T> {
        self.iter()
    }
}

/// The items of a [`List`].
pub struct ListIter<'a, T>(Items<'a, T>);

enum Items<'a, T> {
    /// The bytes of each, as all have the same number of them.
    Fixed(&'a [u8]),
    Varied {
        input: Decoder<'a>,
        count: usize,
    },
    Given(slice::Iter<'a, T>),
}

impl<'a, T: Decode<'a>> Items<'a, T> {
    #[inline]
    fn of(list: &List<'a, T>) -> Self {
        match &list.0 {
            Source::Payload { input, .. } if const { T::SIZE.is_fixed() } => Self::Fixed(input.bytes()),
            Source::Payload { input, count } => Self::Varied { input: input.clone(), count: *count },
            Source::Items(items) => Self::Given(items.iter()),
        }
    }
}

impl<'a, T: Decode<'a> + Clone> Iterator for ListIter<'a, T> {
    type Item = T;

    #[inline]
    fn next(&mut self) -> Option<T> {
        match &mut self.0 {
            // No item fails now that did not fail before; if its type breaks that, the list ends here.
            Items::Fixed(bytes) => {
                let (item, others) = bytes.split_at_checked(T::SIZE.min)?;
                *bytes = others;
                T::decode(&mut Decoder::new(item)).ok()
            }
            Items::Varied { input, count } => {
                *count = count.checked_sub(1)?;
                T::decode(input).ok()
            }
            Items::Given(items) => items.next().cloned(),
        }
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = match &self.0 {
            Items::Fixed(bytes) => bytes.len() / T::SIZE.min.max(1),
            Items::Varied { count, .. } => *count,
            Items::Given(items) => items.len(),
        };
        (left, Some(left))
    }
}

impl<'a, T: Decode<'a> + Clone> ExactSizeIterator for ListIter<'a, T> {}

impl<'a, T: Decode<'a>> Body for List<'a, T> {
    type Value = Self;

    const ITEM: Size = T::SIZE;
    const ITEMS: Option<&'static Type> = Some(&T::TYPE);

    #[inline]
    fn count(value: &Self) -> usize {
        value.len()
    }

    #[inline]
    fn encode_body(value: &Self, out: &mut Encoder<'_>) -> Result<(), EncodeError> {
        match &value.0 {
            Source::Payload { input, .. } => out.put(input.clone().rest()),
            Source::Items(items) => T::encode_all(items, out),
        }
    }
}

impl<'a, T: Decode<'a>> ParseBody<'a> for List<'a, T> {
    #[inline]
    fn decode_body(count: usize, input: &mut Decoder<'a>) -> Result<Self, DecodeError> {
        const { some_bytes(T::SIZE) }
        if const { T::SIZE.is_fixed() } {
            let list = input.sub(count.saturating_mul(T::SIZE.min))?;
            list.chunks(T::SIZE.min).try_for_each(|mut item| T::decode(&mut item).map(drop))?;
            return Ok(Self(Source::Payload { input: list, count }));
        }
        input.expect(count, T::SIZE)?;
        let mut list = input.clone();
        for _ in 0..count {
            T::decode(input)?;
        }
        let input = list.sub(list.len().saturating_sub(input.len()))?;
        Ok(Self(Source::Payload { input, count }))
    }

    #[inline]
    fn decode_rest(input: &mut Decoder<'a>, max: usize) -> Result<Self, DecodeError> {
        const { some_bytes(T::SIZE) }
        if const { T::SIZE.is_fixed() } {
            return Self::decode_body(input.len().div_ceil(T::SIZE.min), input);
        }
        let list = input.clone();
        let mut count = 0;
        while !input.is_empty() {
            if count == max {
                return Err(too_long(input, max.saturating_add(1), max));
            }
            T::decode(input)?;
            count += 1;
        }
        Ok(Self(Source::Payload { input: list, count }))
    }
}

impl<T> Clone for Source<'_, T> {
    #[inline]
    fn clone(&self) -> Self {
        match self {
            Self::Payload { input, count } => Self::Payload { input: input.clone(), count: *count },
            Self::Items(items) => Self::Items(items),
        }
    }
}

impl<T> Clone for List<'_, T> {
    #[inline]
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Clone for ListIter<'_, T> {
    #[inline]
    fn clone(&self) -> Self {
        Self(match &self.0 {
            Items::Fixed(bytes) => Items::Fixed(bytes),
            Items::Varied { input, count } => Items::Varied { input: input.clone(), count: *count },
            Items::Given(items) => Items::Given(items.clone()),
        })
    }
}

impl<'a, T: Decode<'a> + Clone + PartialEq> PartialEq for List<'a, T> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<'a, T: Decode<'a> + Clone + fmt::Debug> fmt::Debug for List<'a, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

impl<T> fmt::Debug for ListIter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListIter").finish_non_exhaustive()
    }
}

impl<T> Default for List<'_, T> {
    fn default() -> Self {
        Self(Source::Items(&[]))
    }
}
