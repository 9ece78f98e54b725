use super::{Big, Format, Plain};
use crate::describe::{Order, Scalar};

/// What may stand before text, bytes and lists to say how many there are: a format of unsigned integers.
pub trait Prefix: Format + for<'a> Plain<'a> {
    /// The most it can say.
    const MAX: usize;
    /// What it is on the wire.
    const SCALAR: (Scalar, Order);

    /// What it says.
    fn count(value: Self::Value) -> usize;

    /// What says `count`, if anything does.
    fn value(count: usize) -> Option<Self::Value>;
}

macro_rules! prefixes {
    ($($format:ty: $number:ident $scalar:ident $order:ident,)*) => {$(
        impl Prefix for $format {
            const MAX: usize = $number::MAX as usize;
            const SCALAR: (Scalar, Order) = (Scalar::$scalar, Order::$order);

            #[inline]
            fn count(value: $number) -> usize {
                value as usize
            }

            #[inline]
            fn value(count: usize) -> Option<$number> {
                $number::try_from(count).ok()
            }
        }
    )*};
}

prefixes! {
    u8: u8 U8 Little,
    u16: u16 U16 Little,
    u32: u32 U32 Little,
    Big<u16>: u16 U16 Big,
    Big<u32>: u32 U32 Big,
}
