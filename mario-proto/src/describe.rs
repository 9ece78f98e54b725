use core::ops::Bound;

use crate::{Number, Range, Size};

/// A packet as constant data: enough to document it, and to write a client for it in another language.
///
/// ```
/// use mario_proto::{NoReply, Packet, Size};
///
/// assert_eq!(NoReply::DESCRIPTION.name, "NoReply");
/// assert_eq!(NoReply::DESCRIPTION.size(), Size::fixed(0));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Description {
    /// The name of the Rust type.
    pub name: &'static str,
    /// Its documentation, a line a line; empty if there is none.
    pub doc: &'static str,
    /// The function that tells whether a value of it may travel, as it was declared.
    pub check: Option<&'static str>,
    /// What it is made of.
    pub shape: Shape,
}

/// What a packet is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Shape {
    /// Fields, one after another.
    Struct {
        /// The fields, in the order of the wire.
        fields: &'static [Field],
        /// Whether more may follow, from a newer peer.
        extensible: bool,
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
#[derive(Clone, Copy, Debug, PartialEq)]
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
    /// Where in the packet it starts, in bytes; `None` behind a field that does not always take as many.
    pub offset: Option<usize>,
    /// What its value has to lie in, if there are limits.
    pub range: Option<Range>,
    /// The function that tells whether its value may travel, as it was declared.
    pub check: Option<&'static str>,
    /// Whether each of its bits is a flag of its own. Those that are not declared do not travel.
    pub flags: bool,
    /// The version of the packet that brought it; 1 for those that were always there.
    pub since: u16,
    /// What it is where an older peer does not send it, in Rust: `18`, `Default::default()`.
    pub default: Option<&'static str>,
    /// Whether a reply is matched to its request by it.
    pub correlation: bool,
    /// How many bytes of it belong to the run of fixed bytes before it: all of them, or its length prefix.
    pub(crate) head: usize,
    /// Whether all bytes of its size are a value of its type.
    pub(crate) any_bytes: bool,
}

/// A variant of an enum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Variant {
    /// The name in Rust.
    pub name: &'static str,
    /// Its documentation; empty if there is none.
    pub doc: &'static str,
    /// The number that stands for it; of a `u64` its bits.
    pub value: i64,
    /// Whether it stands for every number that no other variant has; its own `value` then means nothing.
    pub other: bool,
    /// The field that holds such a number. It is the one before the `fields`, and on the wire no other than the enum's.
    pub number: Option<Field>,
    /// What follows the number.
    pub fields: &'static [Field],
}

/// What a value is on the wire.
#[derive(Clone, Copy, Debug, PartialEq)]
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
        Self { name, doc: "", check: None, shape: Shape::Opaque { size } }
    }

    /// How many bytes it takes.
    pub const fn size(&self) -> Size {
        match self.shape {
            Shape::Struct { fields, extensible: false } => size_of_fields(fields),
            // The oldest peer sends the fields of the first version, the newest nobody knows how many.
            Shape::Struct { fields, extensible: true } => Size::rest(size_of_fields(fields).min),
            Shape::Enum { tag, variants, .. } => {
                let [first, others @ ..] = variants else { return tag.size() };
                let mut size = size_of_fields(first.fields);
                let mut others = others;
                while let [variant, rest @ ..] = others {
                    size = size.or(size_of_fields(variant.fields));
                    others = rest;
                }
                tag.size().plus(size)
            }
            Shape::Opaque { size } => size,
        }
    }

    /// The fields of a struct; none of anything else.
    pub const fn fields(&self) -> &'static [Field] {
        match self.shape {
            Shape::Struct { fields, .. } => fields,
            _ => &[],
        }
    }

    /// Whether all bytes of its size are such a packet, as far as its fields' types say.
    #[doc(hidden)]
    pub const fn any_bytes(&self) -> bool {
        let mut fields = self.fields();
        while let [field, rest @ ..] = fields {
            if !field.any_bytes {
                return false;
            }
            fields = rest;
        }
        matches!(self.shape, Shape::Struct { extensible: false, .. })
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
    /// The same, since that version; what it is before.
    #[doc(hidden)]
    #[must_use]
    pub const fn since(self, version: u16, default: &'static str) -> Self {
        Self { since: version, default: Some(default), ..self }
    }

    /// The same, as the number that matches a reply to its request.
    #[doc(hidden)]
    #[must_use]
    pub const fn correlation(self) -> Self {
        Self { correlation: true, ..self }
    }

    /// The same, in a range.
    #[doc(hidden)]
    #[must_use]
    pub const fn in_range(self, start: Bound<Number>, end: Bound<Number>) -> Self {
        Self { range: Some(Range { start, end }), ..self }
    }

    /// The same, judged by that function.
    #[doc(hidden)]
    #[must_use]
    pub const fn checked(self, check: &'static str) -> Self {
        Self { check: Some(check), ..self }
    }

    /// The same, as a set of flags.
    #[doc(hidden)]
    #[must_use]
    pub const fn flags(self) -> Self {
        Self { flags: true, ..self }
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
            Self::Array(item, count) => item.size().repeated(count),
            Self::Option(value) => Size::fixed(1).plus(value.size().at_most(1)),
            Self::Packet(packet) => packet.size(),
            Self::Opaque { size } => size,
        }
    }
}

impl Length {
    const fn size(self, item: Size) -> Size {
        match self.prefix {
            Some((prefix, _)) => prefix.size().plus(item.at_most(self.max)),
            None => Size { min: 0, open: true, ..item.at_most(self.max) },
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

/// How many bytes the fields of the first version take.
pub(crate) const fn size_of_fields(fields: &[Field]) -> Size {
    let mut size = Size::fixed(0);
    let mut fields = fields;
    while let [field, rest @ ..] = fields {
        if field.since == 1 {
            size = size.plus(field.size);
        }
        fields = rest;
    }
    size
}
