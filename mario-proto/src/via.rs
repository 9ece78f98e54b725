//! Values that travel as an integer: those of `#[mario(via = u32)]`, and sets of flags.

/// What travels as an `I`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot travel as `{I}`",
    label = "the conversions are missing",
    note = "write `impl From<{I}> for {Self}` and `impl From<{Self}> for {I}`, and `#[derive(Clone)]` on the type"
)]
pub trait Via<I>: Sized {
    /// The value that was sent as this.
    fn arrive(integer: I) -> Self;

    /// What is sent for it.
    fn travel(&self) -> I;
}

#[diagnostic::do_not_recommend]
impl<T: Clone + From<I>, I: From<T>> Via<I> for T {
    #[inline]
    fn arrive(integer: I) -> Self {
        integer.into()
    }

    #[inline]
    fn travel(&self) -> I {
        self.clone().into()
    }
}

/// A set of flags. None is, here: the methods that those of the crate bitflags have come before the ones below.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no set of flags",
    label = "it has no `bits` and `from_bits`",
    note = "declare it with `bitflags::bitflags!`; what has no flags travels as an integer with `via`"
)]
pub trait Flags {}

/// What generated code calls if a type has no such methods of its own, so that the mistake is told once, and as such.
pub trait NoFlags: Sized {
    /// Never called, as what calls this calls the other too.
    fn from_bits(_: u64) -> Option<Self> {
        None
    }

    /// Never called.
    fn bits<I: Default>(&self) -> I
    where
        Self: Flags,
    {
        I::default()
    }
}

impl<T> NoFlags for T {}

/// The bits of a set of flags, for one of another width too: that mistake is told where the set is written.
pub trait Bits<T> {
    /// The same, but for a mistake.
    fn resized(self) -> T;
}

macro_rules! bits {
    ($($from:ident: $($to:ident)*;)*) => {$($(
        impl Bits<$to> for $from {
            #[inline]
            fn resized(self) -> $to {
                self as $to
            }
        }
    )*)*};
}

bits! {
    u8: u8 u16 u32 u64;
    u16: u8 u16 u32 u64;
    u32: u8 u16 u32 u64;
    u64: u8 u16 u32 u64;
}
