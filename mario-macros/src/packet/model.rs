use syn::{Attribute, DeriveInput, Expr, Generics, Ident, Lifetime, Lit, Member, Path, Type, UnOp};

use super::attributes::{self, TypeAttributes};
use super::errors::Errors;

/// What the user declared, in the words of the wire.
pub(super) struct Packet {
    pub(super) name: Ident,
    pub(super) generics: Generics,
    pub(super) krate: Path,
    pub(super) doc: String,
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
    pub(super) variants: Vec<Variant>,
}

pub(super) struct Variant {
    pub(super) name: Ident,
    pub(super) doc: String,
    /// The number that stands for it on the wire.
    pub(super) value: i128,
    pub(super) fields: Fields,
}

pub(super) struct Fields {
    pub(super) style: Style,
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
}

impl Packet {
    pub(super) fn read(input: &DeriveInput, errors: &Errors) -> Self {
        let attributes = TypeAttributes::read(&input.attrs, errors);
        let body = match &input.data {
            syn::Data::Struct(data) => Body::Struct(Fields::read(&data.fields, errors)),
            syn::Data::Enum(data) => Body::Enum(Enum::read(&input.attrs, data, errors)),
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
            doc: attributes::doc(&input.attrs),
            body,
        }
    }

    /// The lifetime that it borrows with.
    pub(super) fn lifetime(&self) -> Option<&Lifetime> {
        self.generics.lifetimes().next().map(|parameter| &parameter.lifetime)
    }

    /// The fields of the struct, or of all variants.
    pub(super) fn fields(&self) -> impl Iterator<Item = &Field> {
        let lists: Vec<&Fields> = match &self.body {
            Body::Struct(fields) => vec![fields],
            Body::Enum(body) => body.variants.iter().map(|variant| &variant.fields).collect(),
            Body::Unsupported => Vec::new(),
        };
        lists.into_iter().flat_map(|fields| &fields.all)
    }
}

impl Enum {
    fn read(attrs: &[Attribute], data: &syn::DataEnum, errors: &Errors) -> Self {
        let mut next = 0;
        let variants = data.variants.iter().map(|variant| {
            attributes::none(&variant.attrs, errors);
            let value = variant.discriminant.as_ref().map_or(Some(next), |(_, value)| integer(value));
            if let (None, Some((_, value))) = (value, &variant.discriminant) {
                errors.at(value, "this number travels, so it has to stand here: write it as a literal");
            }
            let value = value.unwrap_or(next);
            next = value + 1;
            Variant {
                name: variant.ident.clone(),
                doc: attributes::doc(&variant.attrs),
                value,
                fields: Fields::read(&variant.fields, errors),
            }
        });
        Self { variants: variants.collect(), tag: attributes::repr(attrs) }
    }
}

impl Fields {
    fn read(fields: &syn::Fields, errors: &Errors) -> Self {
        let style = match fields {
            syn::Fields::Named(_) => Style::Named,
            syn::Fields::Unnamed(_) => Style::Tuple,
            syn::Fields::Unit => Style::Unit,
        };
        let all = fields.iter().zip(fields.members()).map(|(field, member)| {
            attributes::none(&field.attrs, errors);
            Field { member, doc: attributes::doc(&field.attrs), ty: field.ty.clone() }
        });
        Self { style, all: all.collect() }
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
