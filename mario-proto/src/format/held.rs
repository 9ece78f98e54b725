//! Fields that all bytes are good for, read when all others have been.
//!
//! So no register is kept for them over what the others call; and as nothing can go wrong, they are never a part of a
//! `Result`, in which the compiler would take arrays to pieces.

use core::array;

use super::{Array, Big, Parse};

/// A format of numbers, or of arrays of them.
pub trait Held<'a>: Parse<'a> {
    /// The value that these bytes are, of which there are exactly as many as it takes.
    fn of_bytes(bytes: &'a [u8]) -> Self::Value;

    /// The array that these bytes are. Here, and not a function beside it, so that bytes can be copied at once.
    #[inline]
    fn array_of_bytes<const N: usize>(bytes: &'a [u8]) -> [Self::Value; N] {
        let len = Self::SIZE.min;
        array::from_fn(|index| {
            let from = index.wrapping_mul(len);
            Self::of_bytes(bytes.get(from..from.wrapping_add(len)).unwrap_or_default())
        })
    }
}

macro_rules! numbers {
    ($($number:ident)*) => {$(
        impl<'a> Held<'a> for $number {
            #[inline]
            fn of_bytes(bytes: &[u8]) -> $number {
                $number::from_le_bytes(*bytes.first_chunk().unwrap_or(&[0; size_of::<$number>()]))
            }
        }

        impl<'a> Held<'a> for Big<$number> {
            #[inline]
            fn of_bytes(bytes: &[u8]) -> $number {
                $number::from_be_bytes(*bytes.first_chunk().unwrap_or(&[0; size_of::<$number>()]))
            }
        }
    )*};
}

numbers!(u16 u32 u64 u128 i16 i32 i64 i128 f32 f64);

impl<'a> Held<'a> for u8 {
    #[inline]
    fn of_bytes(bytes: &[u8]) -> u8 {
        bytes.first().copied().unwrap_or_default()
    }

    #[inline]
    fn array_of_bytes<const N: usize>(bytes: &[u8]) -> [u8; N] {
        *bytes.first_chunk().unwrap_or(&[0; N])
    }
}

impl<'a> Held<'a> for i8 {
    #[inline]
    fn of_bytes(bytes: &[u8]) -> i8 {
        u8::of_bytes(bytes).cast_signed()
    }
}

impl<'a, T, const N: usize> Held<'a> for [T; N]
where
    T: Held<'a, Value = T> + crate::Decode<'a>,
{
    #[inline]
    fn of_bytes(bytes: &'a [u8]) -> Self {
        T::array_of_bytes(bytes)
    }
}

impl<'a, F: Held<'a>, const N: usize> Held<'a> for Array<F, N> {
    #[inline]
    fn of_bytes(bytes: &'a [u8]) -> [F::Value; N] {
        F::array_of_bytes(bytes)
    }
}

/// The value of bytes that were [held](crate::Decoder::hold).
#[inline]
pub fn held<'a, F: Held<'a>>(bytes: &'a [u8]) -> F::Value {
    F::of_bytes(bytes)
}
