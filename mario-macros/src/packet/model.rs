use std::ops::Range;

use syn::{Attribute, DeriveInput, Expr, ExprPath, Generics, Ident, Lifetime, Lit, Member, Path, Type, UnOp};

use super::attributes::{self, FieldAttributes, TypeAttributes, VariantAttributes};
use super::types;
use crate::doc::doc;
use crate::errors::Errors;
use crate::reading::Unclear;

/// What the user declared, in the words of the wire.
pub(super) struct Packet {
    pub(super) name: Ident,
    pub(super) generics: Generics,
    pub(super) krate: Path,
    pub(super) doc: String,
    /// The function that tells whether a value may travel.
    pub(super) check: Option<ExprPath>,
    /// `extensible`, if more fields may follow.
    pub(super) extensible: Option<Path>,
    /// What becomes of it if its peer reads too slowly, by the name that the user gave that.
    pub(super) overflow: Option<Ident>,
    /// The id of the command whose request it is.
    pub(super) command: Option<Expr>,
    /// The packet that answers it.
    pub(super) reply: Option<Type>,
    unclear: Unclear,
    pub(super) body: Body,
}

pub(super) enum Body {
    Struct(Fields),
    Enum(Enum),
    /// A union, or worse. It has been reported.
    Unsupported,
}

pub(super) struct Enum {
    /// The integer type in its `repr`, whether or not it is of a fixed width.
    pub(super) tag: Option<Ident>,
    pub(super) big_endian: bool,
    pub(super) variants: Vec<Variant>,
}

pub(super) struct Variant {
    pub(super) name: Ident,
    pub(super) doc: String,
    /// The number that stands for it on the wire.
    pub(super) value: i128,
    /// Where that is declared, if it is.
    pub(super) declared: Option<Expr>,
    /// `other`, if it stands for all numbers that are not declared.
    pub(super) other: Option<Path>,
    pub(super) fields: Fields,
}

pub(super) struct Fields {
    pub(super) style: Style,
    /// The field that holds the number of a variant that stands for many.
    pub(super) number: Option<Box<Field>>,
    /// The fields that travel.
    pub(super) all: Vec<Field>,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Style {
    Named,
    Tuple,
    Unit,
}

pub(super) struct Field {
    pub(super) member: Member,
    pub(super) doc: String,
    pub(super) ty: Type,
    pub(super) attributes: FieldAttributes,
    /// Whether it or the whole packet is declared to be.
    pub(super) big_endian: bool,
}

/// What the library calls the policy of this name.
pub(super) fn policy(name: &Ident) -> Option<&'static str> {
    match name.to_string().as_str() {
        "close" => Some("Close"),
        "drop_newest" => Some("DropNewest"),
        "keep_latest" => Some("KeepLatest"),
        _ => None,
    }
}

impl Packet {
    pub(super) fn read(input: &DeriveInput, errors: &Errors) -> Self {
        let attributes = TypeAttributes::read(&input.attrs, errors);
        let body = match &input.data {
            syn::Data::Struct(data) => {
                Body::Struct(Fields::read(&data.fields, attributes.big_endian, errors))
            }
            syn::Data::Enum(data) => Body::Enum(Enum::read(&input.attrs, &attributes, data, errors)),
            syn::Data::Union(data) => {
                errors.at(
                    data.union_token,
                    "a union does not say which of its fields travels: use an enum with `#[repr(u8)]`",
                );
                Body::Unsupported
            }
        };
        Self {
            name: input.ident.clone(),
            generics: input.generics.clone(),
            krate: attributes.krate.unwrap_or_else(|| syn::parse_quote!(::mario)),
            doc: doc(&input.attrs),
            check: attributes.check,
            extensible: attributes.extensible,
            overflow: attributes.overflow,
            command: attributes.command,
            reply: attributes.reply,
            unclear: attributes.unclear,
            body,
        }
    }

    /// The lifetime that it borrows with.
    pub(super) fn lifetime(&self) -> Option<&Lifetime> {
        self.generics.lifetimes().next().map(|parameter| &parameter.lifetime)
    }

    /// The fields of the struct, or those of each variant.
    pub(super) fn field_lists(&self) -> Vec<&Fields> {
        match &self.body {
            Body::Struct(fields) => vec![fields],
            Body::Enum(body) => body.variants.iter().map(|variant| &variant.fields).collect(),
            Body::Unsupported => Vec::new(),
        }
    }

    /// Whether an attribute of the type may be among those that were not understood, as a field's or as its own.
    pub(super) fn is_unclear(&self) -> Unclear {
        self.unclear || self.fields().any(|field| field.attributes.unclear)
    }

    /// All fields, of whichever variant.
    pub(super) fn fields(&self) -> impl Iterator<Item = &Field> {
        self.field_lists().into_iter().flat_map(|fields| &fields.all)
    }
}

impl Field {
    /// Whether it certainly takes the same number of bytes always, so that the run of fields goes on behind it.
    pub(super) fn is_fixed(&self) -> bool {
        self.integer().is_some() || self.attributes.c_text.is_some() || types::is_fixed(&self.ty)
    }

    /// The version of the packet that brought it. What is no number has been reported.
    pub(super) fn since(&self) -> u16 {
        self.attributes.since.as_ref().and_then(|since| since.base10_parse().ok()).unwrap_or(1)
    }

    /// The integer that it travels as, if that is not for its type to say.
    pub(super) fn integer(&self) -> Option<&Ident> {
        self.attributes.bits.as_ref().or(self.attributes.via.as_ref())
    }
}

impl Enum {
    fn read(
        attrs: &[Attribute],
        type_attributes: &TypeAttributes,
        data: &syn::DataEnum,
        errors: &Errors,
    ) -> Self {
        let mut next = 0;
        let variants = data.variants.iter().map(|variant| {
            let attributes = VariantAttributes::read(&variant.attrs, errors);
            let value = variant.discriminant.as_ref().map_or(Some(next), |(_, value)| integer(value));
            if let (None, Some((_, value))) = (value, &variant.discriminant) {
                errors.at(value, "this number travels, so it has to stand here: write it as a literal");
            }
            let value = value.unwrap_or(next);
            next = value + 1;
            Variant {
                name: variant.ident.clone(),
                doc: doc(&variant.attrs),
                value,
                declared: variant.discriminant.as_ref().map(|(_, value)| value.clone()),
                fields: Fields::read(&variant.fields, type_attributes.big_endian, errors)
                    .after_number(attributes.other.is_some()),
                other: attributes.other,
            }
        });
        Self {
            variants: variants.collect(),
            tag: attributes::repr(attrs),
            big_endian: type_attributes.big_endian,
        }
    }
}

impl Packet {
    /// Whether rustc numbers the variants of an enum without a complaint.
    pub(super) fn is_numbered(&self) -> bool {
        let Body::Enum(Enum { tag: Some(tag), variants, .. }) = &self.body else { return true };
        types::range(tag).is_none_or(|range| variants.iter().all(|variant| range.contains(&variant.value)))
    }
}

impl Fields {
    fn read(fields: &syn::Fields, big_endian: bool, errors: &Errors) -> Self {
        let style = match fields {
            syn::Fields::Named(_) => Style::Named,
            syn::Fields::Unnamed(_) => Style::Tuple,
            syn::Fields::Unit => Style::Unit,
        };
        let all = fields.iter().zip(fields.members()).map(|(field, member)| {
            let attributes = FieldAttributes::read(&field.attrs, errors);
            let big_endian = big_endian || attributes.big_endian.is_some();
            Field { member, doc: doc(&field.attrs), ty: field.ty.clone(), attributes, big_endian }
        });
        Self { style, number: None, all: all.collect() }
    }

    /// The fields of each version, as positions: what came together is sent together.
    pub(super) fn versions(&self) -> Vec<Range<usize>> {
        let mut start = 0;
        let same = self.all.chunk_by(|field, next| field.since() == next.since());
        same.map(|fields| {
            let range = start..start + fields.len();
            start = range.end;
            range
        })
        .collect()
    }

    /// The same, of which the first holds the number of the variant if that stands for many.
    fn after_number(mut self, other: bool) -> Self {
        if other && !self.all.is_empty() {
            self.number = Some(Box::new(self.all.remove(0)));
        }
        self
    }
}

/// The value of an integer literal, of a byte literal, or of one of these with a minus.
fn integer(value: &Expr) -> Option<i128> {
    match value {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(int) => int.base10_parse().ok(),
            Lit::Byte(byte) => Some(byte.value().into()),
            _ => None,
        },
        Expr::Unary(negated) if matches!(negated.op, UnOp::Neg(_)) => {
            integer(&negated.expr).map(|value| -value)
        }
        Expr::Group(group) => integer(&group.expr),
        Expr::Paren(paren) => integer(&paren.expr),
        _ => None,
    }
}
