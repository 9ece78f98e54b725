//! Fields that all bytes are good for: read when all others have been, and written without a `Result`.
//!
//! So no register is kept for them over what the others call, and as nothing can go wrong, there is nothing for the
//! compiler to take to pieces: of all that a packet costs it to compile, ways to an error are the most.

use core::array;

use super::{Array, Big, Parse};

/// A format of numbers, or of arrays of them.
pub trait Plain<'a>: Parse<'a> {
    /// The value that these bytes are, of which there are exactly as many as it takes.
    fn of_bytes(bytes: &'a [u8]) -> Self::Value;

    /// Writes the value to these bytes, of which there are exactly as many as it takes.
    fn to_bytes(value: &Self::Value, bytes: &mut [u8]);

    /// Writes an array of them. Here, for the same reason as [`array_of_bytes`](Self::array_of_bytes).
    #[inline]
    fn array_to_bytes<const N: usize>(values: &[Self::Value; N], bytes: &mut [u8]) {
        for (value, bytes) in values.iter().zip(bytes.chunks_exact_mut(Self::SIZE.min.max(1))) {
            Self::to_bytes(value, bytes);
        }
    }

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
        impl<'a> Plain<'a> for $number {
            #[inline]
            fn of_bytes(bytes: &[u8]) -> $number {
                $number::from_le_bytes(*bytes.first_chunk().unwrap_or(&[0; size_of::<$number>()]))
            }

            #[inline]
            fn to_bytes(value: &$number, bytes: &mut [u8]) {
                if let Some(bytes) = bytes.first_chunk_mut() {
                    *bytes = value.to_le_bytes();
                }
            }
        }

        impl<'a> Plain<'a> for Big<$number> {
            #[inline]
            fn of_bytes(bytes: &[u8]) -> $number {
                $number::from_be_bytes(*bytes.first_chunk().unwrap_or(&[0; size_of::<$number>()]))
            }

            #[inline]
            fn to_bytes(value: &$number, bytes: &mut [u8]) {
                if let Some(bytes) = bytes.first_chunk_mut() {
                    *bytes = value.to_be_bytes();
                }
            }
        }
    )*};
}

numbers!(u16 u32 u64 u128 i16 i32 i64 i128 f32 f64);

impl<'a> Plain<'a> for u8 {
    #[inline]
    fn of_bytes(bytes: &[u8]) -> u8 {
        bytes.first().copied().unwrap_or_default()
    }

    #[inline]
    fn to_bytes(value: &u8, bytes: &mut [u8]) {
        if let [byte, ..] = bytes {
            *byte = *value;
        }
    }

    #[inline]
    fn array_to_bytes<const N: usize>(values: &[u8; N], bytes: &mut [u8]) {
        if let Some(bytes) = bytes.first_chunk_mut() {
            *bytes = *values;
        }
    }

    #[inline]
    fn array_of_bytes<const N: usize>(bytes: &[u8]) -> [u8; N] {
        *bytes.first_chunk().unwrap_or(&[0; N])
    }
}

impl<'a> Plain<'a> for i8 {
    #[inline]
    fn of_bytes(bytes: &[u8]) -> i8 {
        u8::of_bytes(bytes).cast_signed()
    }

    #[inline]
    fn to_bytes(value: &i8, bytes: &mut [u8]) {
        u8::to_bytes(&value.cast_unsigned(), bytes);
    }
}

impl<'a, T, const N: usize> Plain<'a> for [T; N]
where
    T: Plain<'a, Value = T> + crate::Decode<'a>,
{
    #[inline]
    fn of_bytes(bytes: &'a [u8]) -> Self {
        T::array_of_bytes(bytes)
    }

    #[inline]
    fn to_bytes(value: &Self, bytes: &mut [u8]) {
        T::array_to_bytes(value, bytes);
    }
}

impl<'a, F: Plain<'a>, const N: usize> Plain<'a> for Array<F, N> {
    #[inline]
    fn of_bytes(bytes: &'a [u8]) -> [F::Value; N] {
        F::array_of_bytes(bytes)
    }

    #[inline]
    fn to_bytes(value: &[F::Value; N], bytes: &mut [u8]) {
        F::array_to_bytes(value, bytes);
    }
}

/// The value of bytes that were [held](crate::Decoder::hold).
#[inline]
pub fn held<'a, F: Plain<'a>>(bytes: &'a [u8]) -> F::Value {
    F::of_bytes(bytes)
}
