use core::fmt;
use core::ops::Bound;

/// A number of a description, of whichever type.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Number {
    /// Of a type with a sign.
    Signed(i128),
    /// Of a type without.
    Unsigned(u128),
    /// A floating-point number.
    Float(f64),
}

/// What a number has to lie in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// The lowest, if there is one.
    pub start: Bound<Number>,
    /// The highest, if there is one.
    pub end: Bound<Number>,
}

/// Numbers of each type, for generated code.
macro_rules! numbers {
    ($($number:ident: $kind:ident $wide:ident,)*) => {$(
        #[doc(hidden)]
        pub const fn $number(number: $number) -> Self {
            Self::$kind(number as $wide)
        }
    )*};
}

impl Number {
    numbers! {
        u8: Unsigned u128,
        u16: Unsigned u128,
        u32: Unsigned u128,
        u64: Unsigned u128,
        u128: Unsigned u128,
        i8: Signed i128,
        i16: Signed i128,
        i32: Signed i128,
        i64: Signed i128,
        i128: Signed i128,
        f32: Float f64,
        f64: Float f64,
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signed(number) => number.fmt(f),
            Self::Unsigned(number) => number.fmt(f),
            Self::Float(number) => number.fmt(f),
        }
    }
}

/// As Rust writes it: `1..=9`.
impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Bound::Included(start) | Bound::Excluded(start) = self.start {
            start.fmt(f)?;
        }
        match self.end {
            Bound::Included(end) => write!(f, "..={end}"),
            Bound::Excluded(end) => write!(f, "..{end}"),
            Bound::Unbounded => f.write_str(".."),
        }
    }
}
