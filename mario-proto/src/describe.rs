use crate::format::{Format, some_bytes};
use crate::{HEADER_LEN, Size};

/// A packet as constant data: enough to document it, and to write a client for it in another language.
///
/// ```
/// use mario_proto::{NoReply, Packet, Size};
///
/// assert_eq!(NoReply::DESCRIPTION.name, "NoReply");
/// assert_eq!(NoReply::DESCRIPTION.size(), Size::fixed(0));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Description {
    /// The name of the Rust type.
    pub name: &'static str,
    /// Its documentation, a line a line; empty if there is none.
    pub doc: &'static str,
    /// What it is made of.
    pub shape: Shape,
}

/// What a packet is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shape {
    /// Fields, one after another.
    Struct {
        /// The fields, in the order of the wire.
        fields: &'static [Field],
    },
    /// A number that says which variant it is, then the variant's fields.
    Enum {
        /// The number's type.
        tag: Scalar,
        /// Which of its bytes comes first.
        order: Order,
        /// The variants, in the order of declaration.
        variants: &'static [Variant],
    },
    /// Bytes that only the type itself knows.
    Opaque {
        /// How many bytes.
        size: Size,
    },
}

/// A field of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Field {
    /// The packet's name, a dot, and its own, as in errors: `SayHello.name`, `Point.0`, `Shape.Circle.radius`.
    pub path: &'static str,
    /// Its documentation; empty if there is none.
    pub doc: &'static str,
    /// What it is on the wire.
    pub ty: Type,
    /// How many bytes it takes.
    pub size: Size,
    /// The range that its value has to be in, as it was declared; empty if there is none.
    pub range: &'static str,
    /// How many bytes of it belong to the run of fixed bytes before it: all of them, or its length prefix.
    pub(crate) head: usize,
}

/// A variant of an enum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variant {
    /// The name in Rust.
    pub name: &'static str,
    /// Its documentation; empty if there is none.
    pub doc: &'static str,
    /// The number that stands for it; of a `u64` its bits.
    pub value: i64,
    /// Whether it stands for every number that no other variant has; its own `value` then means nothing.
    pub other: bool,
    /// What follows the number.
    pub fields: &'static [Field],
}

/// What a value is on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Type {
    /// A number.
    Scalar(Scalar, Order),
    /// One byte, 0 or 1.
    Bool,
    /// UTF-8, of so many bytes.
    Text(Length),
    /// UTF-8 in this many bytes, filled up with NULs.
    CText(usize),
    /// So many bytes.
    Bytes(Length),
    /// So many items.
    List(&'static Self, Length),
    /// This many items.
    Array(&'static Self, usize),
    /// One byte, 0 or 1, then the value if 1.
    Option(&'static Self),
    /// Another packet, in place.
    Packet(&'static Description),
    /// Bytes that only the type itself knows.
    Opaque {
        /// How many bytes.
        size: Size,
    },
}

/// How the length of text, bytes or a list is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length {
    /// The number before it; `None` if it takes the rest of the payload.
    pub prefix: Option<(Scalar, Order)>,
    /// The most bytes or items.
    pub max: usize,
}

/// Which byte of a number comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The least significant.
    Little,
    /// The most significant.
    Big,
}

/// A type of numbers of a fixed width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Scalar {
    U8,
    U16,
    U32,
    U64,
    U128,
    I8,
    I16,
    I32,
    I64,
    I128,
    F32,
    F64,
}

impl Description {
    /// The description of a packet whose bytes only its own code knows.
    pub const fn opaque(name: &'static str, size: Size) -> Self {
        Self { name, doc: "", shape: Shape::Opaque { size } }
    }

    /// How many bytes it takes.
    pub const fn size(&self) -> Size {
        match self.shape {
            Shape::Struct { fields } => size_of_fields(fields),
            Shape::Enum { tag, variants, .. } => {
                let [first, others @ ..] = variants else { return tag.size() };
                let mut size = size_of_fields(first.fields);
                let mut others = others;
                while let [variant, rest @ ..] = others {
                    size = size.or(size_of_fields(variant.fields));
                    others = rest;
                }
                tag.size().then(size)
            }
            Shape::Opaque { size } => size,
        }
    }

    /// Refuses a packet that no frame is long enough for.
    #[doc(hidden)]
    #[track_caller]
    pub const fn assert_fits_frame(&self) {
        assert!(
            self.size().min <= u16::MAX as usize - HEADER_LEN,
            "this packet takes more than the 65,527 bytes that a frame has room for: send it in parts"
        );
    }

    /// The fields of a struct; none of anything else.
    pub const fn fields(&self) -> &'static [Field] {
        match self.shape {
            Shape::Struct { fields } => fields,
            _ => &[],
        }
    }

    /// The fields of one variant of an enum; none of anything else.
    pub(crate) const fn fields_of(&self, variant: usize) -> &'static [Field] {
        match self.shape {
            Shape::Enum { variants, .. } if variant < variants.len() => variants[variant].fields,
            _ => &[],
        }
    }
}

impl Field {
    /// The last field of a packet, of the type `T`.
    ///
    /// # Panics
    /// When a list in it has items of no bytes, or items that take the rest of the payload, or a limit that its prefix
    /// cannot say. In a constant, which is where fields live, that is a compile error.
    #[track_caller]
    pub const fn last<T: Format>(path: &'static str, doc: &'static str) -> Self {
        T::TYPE.check();
        Self { path, doc, ty: T::TYPE, size: T::SIZE, range: "", head: T::HEAD }
    }

    /// A field that others follow, of the type `T`.
    ///
    /// # Panics
    /// When it takes the rest of the payload, and as [`last`](Self::last).
    #[track_caller]
    pub const fn new<T: Format>(path: &'static str, doc: &'static str) -> Self {
        assert!(!T::SIZE.open, "this takes the rest of the payload, so it has to be the last field");
        Self::last::<T>(path, doc)
    }

    /// The same, in a range.
    #[must_use]
    pub const fn in_range(self, range: &'static str) -> Self {
        Self { range, ..self }
    }
}

impl Type {
    /// How many bytes a value takes.
    pub const fn size(&self) -> Size {
        match *self {
            Self::Scalar(scalar, _) => scalar.size(),
            Self::Bool => Size::fixed(1),
            Self::Text(length) | Self::Bytes(length) => length.size(Size::fixed(1)),
            Self::CText(len) => Size::fixed(len),
            Self::List(item, length) => length.size(item.size()),
            Self::Array(item, count) => item.size().times(count),
            Self::Option(value) => Size::fixed(1).then(value.size().up_to(1)),
            Self::Packet(packet) => packet.size(),
            Self::Opaque { size } => size,
        }
    }

    /// Refuses, at compile time, lists that a few bytes could make endless, and limits that no count can reach.
    #[track_caller]
    const fn check(&self) {
        match *self {
            Self::Text(length) | Self::Bytes(length) => length.check(),
            Self::List(item, length) => {
                length.check();
                some_bytes(item.size());
                assert!(
                    !item.size().open,
                    "an item of this list takes the rest of the payload, so there can be only one"
                );
                item.check();
            }
            Self::Array(item, _) | Self::Option(item) => item.check(),
            _ => {}
        }
    }
}

impl Length {
    #[track_caller]
    const fn check(self) {
        if let Some((prefix, _)) = self.prefix {
            let bits = prefix.size().min * 8;
            assert!(
                bits >= usize::BITS as usize || self.max >> bits == 0,
                "this `max` is above what its prefix can say: use a wider `prefix`, or a lower `max`"
            );
        }
    }

    const fn size(self, item: Size) -> Size {
        match self.prefix {
            Some((prefix, _)) => prefix.size().then(item.up_to(self.max)),
            None => Size { min: 0, open: true, ..item.up_to(self.max) },
        }
    }
}

impl Scalar {
    /// How many bytes it takes.
    pub const fn size(self) -> Size {
        Size::fixed(match self {
            Self::U8 | Self::I8 => 1,
            Self::U16 | Self::I16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::U64 | Self::I64 | Self::F64 => 8,
            Self::U128 | Self::I128 => 16,
        })
    }
}

const fn size_of_fields(fields: &[Field]) -> Size {
    let mut size = Size::fixed(0);
    let mut fields = fields;
    while let [field, rest @ ..] = fields {
        size = size.then(field.size);
        fields = rest;
    }
    size
}
