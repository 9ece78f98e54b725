//! Memory of its own for what does not borrow from the payload. None of it is asked for in a way that can panic: where
//! there is none, that is an error.

use alloc::string::String;
use alloc::vec::Vec;

use crate::{DecodeError, DecodeErrorKind, Decoder};

/// How many bytes a list may take before its items have been read, if the payload has fewer. Beyond that it grows with
/// them: what a few bytes claim is worth no more than those that came with them.
const AT_ONCE: usize = 4096;

/// An empty list, with room for `count` items or as many as may be asked for at once.
#[inline]
pub(crate) fn list<T>(count: usize, input: &Decoder<'_>) -> Result<Vec<T>, DecodeError> {
    let at_once = input.len().max(AT_ONCE) / size_of::<T>().max(1);
    room(count.min(at_once), input)
}

/// Adds an item. Its own check of the room is one that the compiler sees to be done.
#[inline]
pub(crate) fn push<T>(items: &mut Vec<T>, item: T, input: &Decoder<'_>) -> Result<(), DecodeError> {
    items.try_reserve(1).map_err(|_| no_memory(input))?;
    items.push(item);
    Ok(())
}

/// As many items as there are.
#[inline]
pub(crate) fn all<T>(
    items: impl ExactSizeIterator<Item = T>,
    input: &Decoder<'_>,
) -> Result<Vec<T>, DecodeError> {
    let mut all = room(items.len(), input)?;
    all.extend(items);
    Ok(all)
}

/// A copy of bytes.
#[inline]
pub(crate) fn bytes(bytes: &[u8], input: &Decoder<'_>) -> Result<Vec<u8>, DecodeError> {
    let mut copy = room(bytes.len(), input)?;
    copy.extend_from_slice(bytes);
    Ok(copy)
}

/// The text that bytes are. The copy is judged: a `String` does not show the compiler that it has room.
#[inline]
pub(crate) fn text(text: &[u8], input: &Decoder<'_>) -> Result<String, DecodeError> {
    String::from_utf8(bytes(text, input)?).map_err(|_| input.error(DecodeErrorKind::NotUtf8))
}

#[inline]
fn room<T>(count: usize, input: &Decoder<'_>) -> Result<Vec<T>, DecodeError> {
    let mut items = Vec::new();
    items.try_reserve_exact(count).map_err(|_| no_memory(input))?;
    Ok(items)
}

#[inline]
fn no_memory(input: &Decoder<'_>) -> DecodeError {
    input.error(DecodeErrorKind::NoMemory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_claimed_takes_no_more_than_what_came_with_it() {
        let taken = |count, bytes: &[u8]| {
            let items: Vec<[u8; 1000]> = list(count, &Decoder::new(bytes)).unwrap();
            1000 * items.capacity()
        };
        assert_eq!(taken(60_000, &[0; 60_000]), 60_000);
        assert_eq!(taken(10, &[0; 10]), 4000);
        assert_eq!(taken(2, &[0; 10]), 2000);
    }

    #[test]
    fn a_list_grows_with_its_items() {
        let input = Decoder::new(&[]);
        let mut items: Vec<[u8; 1000]> = list(100, &input).unwrap();
        (0..100).for_each(|item| push(&mut items, [item; 1000], &input).unwrap());
        assert!((0..100).eq(items.iter().map(|item| item[7])));
    }
}
