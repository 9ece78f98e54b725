//! What generated code reads and writes fields with: one bounds check for each run of them.
//!
//! A run is as many fields as possible of which the size is fixed, and the length prefix of the one that follows.
//! Its bytes are set apart as a cursor of a constant length, from which the reads of its fields, of constant lengths
//! too, compile to no check and no error at all. Only when bytes are missing does anyone ask which field they are
//! missing from.

use crate::describe::{Description, Field, Order, Scalar, Shape, Type, Variant};
use crate::format::{Format, Parse, Plain};
use crate::rule::Broken;
use crate::{DecodeError, DecodeErrorKind, Decoder, EncodeError, Encoder, Packet};

impl<'a> Decoder<'a> {
    /// The run of the struct `P` that starts with its field number `FIRST`.
    #[doc(hidden)]
    #[inline]
    pub fn run<P: Packet, const FIRST: usize>(&mut self) -> Result<Self, DecodeError> {
        let fields = const { from(P::DESCRIPTION.fields(), FIRST) };
        self.run_of(const { run_len(from(P::DESCRIPTION.fields(), FIRST)) }, fields)
    }

    /// The run in the variant number `VARIANT` of the enum `P` that starts with the variant's field `FIRST`.
    #[doc(hidden)]
    #[inline]
    pub fn run_in<P: Packet, const VARIANT: usize, const FIRST: usize>(
        &mut self,
    ) -> Result<Self, DecodeError> {
        let fields = const { from(P::DESCRIPTION.fields_of(VARIANT), FIRST) };
        self.run_of(const { run_len(from(P::DESCRIPTION.fields_of(VARIANT), FIRST)) }, fields)
    }

    /// The run that the struct's field number `FIRST` belongs to, after the field before it has come from `run`: the
    /// same, or a new one if the size of that field is not fixed.
    #[doc(hidden)]
    #[inline]
    pub fn next_run<P: Packet, const FIRST: usize>(&mut self, run: Self) -> Result<Self, DecodeError> {
        if const { ends_run(P::DESCRIPTION.fields(), FIRST) } { self.run::<P, FIRST>() } else { Ok(run) }
    }

    /// The same for the field `FIRST` of the variant number `VARIANT`.
    #[doc(hidden)]
    #[inline]
    pub fn next_run_in<P: Packet, const VARIANT: usize, const FIRST: usize>(
        &mut self,
        run: Self,
    ) -> Result<Self, DecodeError> {
        if const { ends_run(P::DESCRIPTION.fields_of(VARIANT), FIRST) } {
            self.run_in::<P, VARIANT, FIRST>()
        } else {
            Ok(run)
        }
    }

    /// The bytes of a field of this run, which is made of them when the others have been read.
    #[doc(hidden)]
    #[inline]
    pub fn hold<F: Plain<'a>>(&mut self) -> &'a [u8] {
        self.take_some(F::SIZE.min)
    }

    /// A field, of which the fixed bytes come from this run and the others from `input`, which stands behind it.
    #[doc(hidden)]
    #[inline]
    pub fn field<F: Parse<'a>>(
        &mut self,
        input: &mut Self,
        path: &'static str,
    ) -> Result<F::Value, DecodeError> {
        let start = self.offset();
        match F::decode_split(self, input) {
            Ok(value) => Ok(value),
            Err(error) => Err(error.in_field(path, start)),
        }
    }

    /// The same, made into something else or refused.
    #[doc(hidden)]
    #[inline]
    pub fn field_map<F: Parse<'a>, T>(
        &mut self,
        input: &mut Self,
        path: &'static str,
        map: impl FnOnce(F::Value) -> Result<T, Broken>,
    ) -> Result<T, DecodeError> {
        let start = self.offset();
        let value = self.field::<F>(input, path)?;
        map(value).map_err(|broken| DecodeError::new(broken.into(), start).in_field(path, start))
    }

    /// The number that says which variant of an enum follows.
    #[doc(hidden)]
    #[inline]
    pub fn tag<F: Parse<'a>>(&mut self) -> Result<F::Value, DecodeError> {
        F::decode(self)
    }

    #[inline]
    fn run_of(&mut self, len: usize, fields: &'static [Field]) -> Result<Self, DecodeError> {
        if self.len() < len {
            let (&field, offset) = first_missing(self.bytes(), self.offset(), fields);
            return Err(DecodeError { kind: DecodeErrorKind::Truncated, field, offset });
        }
        Ok(self.part(len))
    }
}

impl<'a> Encoder<'a> {
    /// The room for the run of the struct `P` that starts with its field number `FIRST`.
    #[doc(hidden)]
    #[inline]
    pub fn run<P: Packet, const FIRST: usize>(&mut self) -> Result<Encoder<'a>, EncodeError> {
        self.sub(const { run_len(from(P::DESCRIPTION.fields(), FIRST)) })
    }

    /// The room for the run in the variant number `VARIANT` of the enum `P` that starts with the variant's field
    /// `FIRST`.
    #[doc(hidden)]
    #[inline]
    pub fn run_in<P: Packet, const VARIANT: usize, const FIRST: usize>(
        &mut self,
    ) -> Result<Encoder<'a>, EncodeError> {
        self.sub(const { run_len(from(P::DESCRIPTION.fields_of(VARIANT), FIRST)) })
    }

    /// As [`Decoder::next_run`].
    #[doc(hidden)]
    #[inline]
    pub fn next_run<P: Packet, const FIRST: usize>(
        &mut self,
        run: Encoder<'a>,
    ) -> Result<Encoder<'a>, EncodeError> {
        if const { ends_run(P::DESCRIPTION.fields(), FIRST) } { self.run::<P, FIRST>() } else { Ok(run) }
    }

    /// As [`Decoder::next_run_in`].
    #[doc(hidden)]
    #[inline]
    pub fn next_run_in<P: Packet, const VARIANT: usize, const FIRST: usize>(
        &mut self,
        run: Encoder<'a>,
    ) -> Result<Encoder<'a>, EncodeError> {
        if const { ends_run(P::DESCRIPTION.fields_of(VARIANT), FIRST) } {
            self.run_in::<P, VARIANT, FIRST>()
        } else {
            Ok(run)
        }
    }

    /// Writes a field of this run which nothing can be wrong with.
    #[doc(hidden)]
    #[inline]
    pub fn plain<F: for<'v> Plain<'v>>(&mut self, value: &F::Value) {
        F::to_bytes(value, self.reserve_some(F::SIZE.min));
    }

    /// Writes a field: its fixed bytes to this run, the others to `out`, which stands behind it.
    #[doc(hidden)]
    #[inline]
    pub fn field<F: Format>(
        &mut self,
        value: &F::Value,
        out: &mut Encoder<'_>,
        path: &'static str,
    ) -> Result<(), EncodeError> {
        F::encode_split(value, self, out).map_err(|error| error.in_field(path))
    }

    /// Writes a field that obeys its rules.
    #[doc(hidden)]
    #[inline]
    pub fn field_if<F: Format>(
        &mut self,
        value: &F::Value,
        out: &mut Encoder<'_>,
        path: &'static str,
        rule: impl FnOnce() -> Result<(), Broken>,
    ) -> Result<(), EncodeError> {
        match rule() {
            Ok(()) => self.field::<F>(value, out, path),
            Err(broken) => Err(EncodeError::new(broken.into()).in_field(path)),
        }
    }

    /// Writes the number that says which variant of an enum follows.
    #[doc(hidden)]
    #[inline]
    pub fn tag<F: Format>(&mut self, tag: F::Value) -> Result<(), EncodeError> {
        F::encode(&tag, self)
    }
}

const fn from(fields: &'static [Field], first: usize) -> &'static [Field] {
    fields.split_at(first).1
}

/// Whether the field before the number `first` is the last of its run.
const fn ends_run(fields: &[Field], first: usize) -> bool {
    !fields[first - 1].size.is_fixed()
}

/// How many bytes the run takes that starts with the first of these fields.
///
/// It ends with its version: an older peer sends nothing behind that.
const fn run_len(mut fields: &[Field]) -> usize {
    let mut len = 0;
    while let [field, others @ ..] = fields {
        len += field.head;
        fields = match others {
            [next, ..] if field.size.is_fixed() && next.since == field.since => others,
            _ => &[],
        };
    }
    len
}

/// The field that a payload is too short for, and where it starts.
struct Missing {
    field: &'static Field,
    offset: u32,
}

/// The path of the field that `bytes` are too few for, and where it starts.
///
/// Asked with and answering no more than registers hold, so that the way to it costs no other way anything.
#[cold]
#[inline(never)]
fn first_missing(bytes: &[u8], offset: usize, fields: &'static [Field]) -> (&'static &'static str, u32) {
    match missing(bytes, offset, fields) {
        Some(Missing { field, offset }) => (&field.path, offset),
        None => (&"", offset as u32),
    }
}

/// The first of these fields that `bytes`, which start at `offset`, are too few for, or what is innermost in it.
fn missing(bytes: &[u8], offset: usize, fields: &'static [Field]) -> Option<Missing> {
    let mut input = Decoder::at(offset, bytes);
    for field in fields {
        let start = input.offset();
        if input.take(field.head).is_err() {
            return missing_in(input, &field.ty, field.size.min)
                .or(Some(Missing { field, offset: start as u32 }));
        }
    }
    None
}

/// The error of a value of `len` bytes that the whole payload is too short for.
pub(crate) fn truncated(payload: &[u8], ty: &Type, len: usize) -> DecodeError {
    let (field, offset) = match missing_in(Decoder::new(payload), ty, len) {
        Some(Missing { field, offset }) => (field.path, offset),
        None => ("", 0),
    };
    DecodeError { kind: DecodeErrorKind::Truncated, field, offset }
}

/// The innermost field of a packet within a value of `len` bytes that `input` is too short for.
fn missing_in(mut input: Decoder<'_>, ty: &Type, len: usize) -> Option<Missing> {
    match *ty {
        Type::Packet(Description { shape: Shape::Struct { fields, .. }, .. }) => {
            missing(input.bytes(), input.offset(), fields)
        }
        Type::Packet(Description { shape: Shape::Enum { tag, order, variants }, .. }) => {
            let variant = variant(&mut input, *tag, *order, variants)?;
            missing(input.bytes(), input.offset(), variant.fields)
        }
        Type::Array(item, count) => {
            let len = len.checked_div(count)?;
            while len > 0 && input.take(len).is_ok() {}
            missing_in(input, item, len)
        }
        _ => None,
    }
}

fn variant<'v>(
    input: &mut Decoder<'_>,
    tag: Scalar,
    order: Order,
    variants: &'v [Variant],
) -> Option<&'v Variant> {
    let found = input.take(tag.size().min).ok()?;
    let declared = variants.iter().find(|variant| {
        let value = variant.value.to_le_bytes();
        let expected = value.iter().take(found.len());
        !variant.other
            && match order {
                Order::Little => found.iter().eq(expected),
                Order::Big => found.iter().rev().eq(expected),
            }
    });
    declared.or_else(|| variants.iter().find(|variant| variant.other))
}
