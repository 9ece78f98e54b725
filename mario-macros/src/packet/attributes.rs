//! What the user wrote in `#[mario(…)]`, and nothing else: which of it makes sense where is for the checks.

use syn::ext::IdentExt;
use syn::meta::ParseNestedMeta;
use syn::{
    Attribute, Error, Expr, ExprGroup, ExprLit, ExprParen, ExprPath, ExprRange, Ident, Lit, LitInt, Path,
    Token, Type,
};

use crate::errors::Errors;
use crate::place::{FIELD, TYPE, VARIANT};
use crate::reading::Unclear;

/// The attributes of the type.
#[derive(Default)]
pub(super) struct TypeAttributes {
    /// `crate = path`: the crate that generated code reaches the library by.
    pub(super) krate: Option<Path>,
    /// `big_endian`: every field is.
    pub(super) big_endian: bool,
    /// `check = path`: a function that tells whether a value may travel.
    pub(super) check: Option<ExprPath>,
    /// `extensible`: more fields may follow, from a newer peer.
    pub(super) extensible: Option<Path>,
    /// `overflow = keep_latest`: what becomes of it if its peer reads too slowly.
    pub(super) overflow: Option<Ident>,
    /// `command = 0x0602`: it is the request of this command.
    pub(super) command: Option<Expr>,
    /// `reply = Hello`: the packet that answers it.
    pub(super) reply: Option<Type>,
    pub(super) unclear: Unclear,
}

impl TypeAttributes {
    pub(super) fn read(attrs: &[Attribute], errors: &Errors) -> Self {
        let mut found = Self::default();
        found.unclear = TYPE.each(attrs, errors, |name, meta| {
            match name {
                "big_endian" => found.big_endian = true,
                "check" => found.check = Some(meta.value()?.parse()?),
                "command" => found.command = Some(meta.value()?.parse()?),
                "extensible" => found.extensible = Some(meta.path.clone()),
                "overflow" => found.overflow = Some(meta.value()?.call(Ident::parse_any)?),
                "reply" => found.reply = Some(meta.value()?.parse()?),
                "crate" => found.krate = Some(meta.value()?.call(Path::parse_mod_style)?),
                _ => {}
            }
            Ok(())
        });
        found
    }
}

/// The attributes of a field. Those that are but a word are kept as the tokens that they stand at.
#[derive(Default)]
pub(super) struct FieldAttributes {
    /// Whichever comes first.
    pub(super) any: Option<Path>,
    /// `prefix = u8`: the type of the length before it.
    pub(super) prefix: Option<Ident>,
    /// `rest`: it has no length, but takes the rest of the payload.
    pub(super) rest: Option<Path>,
    /// `max = 64`: the most bytes or items.
    pub(super) max: Option<Expr>,
    /// `big_endian`: all numbers in it are, its length too.
    pub(super) big_endian: Option<Path>,
    /// `c_text = 32`: text in so many bytes, filled up with NULs.
    pub(super) c_text: Option<Expr>,
    /// `range = 1..=9`: what a number has to lie in.
    pub(super) range: Option<Expr>,
    /// `check = path`: a function that tells whether the value may travel.
    pub(super) check: Option<ExprPath>,
    /// `via = u32`: it travels as this, with `From` both ways.
    pub(super) via: Option<Ident>,
    /// `bits = u32`: a set of flags that travels as this, with the `bits` and `from_bits` of the crate bitflags.
    pub(super) bits: Option<Ident>,
    /// `correlation`: a reply is matched to its request by it.
    pub(super) correlation: Option<Path>,
    /// `since = 2`: the version of the packet that brought it.
    pub(super) since: Option<LitInt>,
    /// `default`, or `default = 0`: what it is when an older peer does not send it.
    pub(super) default: Option<Absent>,
    pub(super) unclear: Unclear,
}

/// What a field is that an older peer does not send.
pub(super) struct Absent {
    pub(super) at: Path,
    /// Its value; `None` for the default of its type.
    pub(super) value: Option<Expr>,
}

impl FieldAttributes {
    /// The `range`, if it is written as one: another rule asks for that.
    pub(super) fn range(&self) -> Option<&ExprRange> {
        let mut range = self.range.as_ref()?;
        while let Expr::Paren(ExprParen { expr, .. }) | Expr::Group(ExprGroup { expr, .. }) = range {
            range = expr;
        }
        match range {
            Expr::Range(range) => Some(range),
            _ => None,
        }
    }

    pub(super) fn read(attrs: &[Attribute], errors: &Errors) -> Self {
        let mut found = Self::default();
        found.unclear = FIELD.each(attrs, errors, |name, meta| {
            found.any.get_or_insert_with(|| meta.path.clone());
            match name {
                "big_endian" => found.big_endian = Some(meta.path.clone()),
                "bits" => found.bits = Some(meta.value()?.parse()?),
                "check" => found.check = Some(meta.value()?.parse()?),
                "range" => found.range = Some(meta.value()?.parse()?),
                "via" => found.via = Some(meta.value()?.parse()?),
                "correlation" => found.correlation = Some(meta.path.clone()),
                "since" => found.since = Some(meta.value()?.parse()?),
                "default" => {
                    let value = meta.input.peek(Token![=]).then(|| meta.value()?.parse()).transpose()?;
                    found.default = Some(Absent { at: meta.path.clone(), value });
                }
                "c_text" => found.c_text = Some(count(meta)?),
                "max" => found.max = Some(count(meta)?),
                "prefix" => found.prefix = Some(meta.value()?.parse()?),
                "rest" => found.rest = Some(meta.path.clone()),
                _ => {}
            }
            Ok(())
        });
        found
    }
}

/// A number, as far as one can see.
fn count(meta: &ParseNestedMeta<'_>) -> syn::Result<Expr> {
    let value = meta.value()?.parse()?;
    match &value {
        Expr::Lit(ExprLit { lit: Lit::Int(_), .. }) => Ok(value),
        Expr::Lit(literal) => Err(Error::new_spanned(literal, "not a number")),
        _ => Ok(value),
    }
}

/// The attributes of a variant.
#[derive(Default)]
pub(super) struct VariantAttributes {
    /// `other`: it stands for every number that no other variant has, and its first field holds that number.
    pub(super) other: Option<Path>,
}

impl VariantAttributes {
    pub(super) fn read(attrs: &[Attribute], errors: &Errors) -> Self {
        let mut found = Self::default();
        VARIANT.each(attrs, errors, |_, meta| {
            found.other = Some(meta.path.clone());
            Ok(())
        });
        found
    }
}

/// The integer type in `#[repr(…)]`, whichever it is.
pub(super) fn repr(attrs: &[Attribute]) -> Option<Ident> {
    let mut found = None;
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("repr")) {
        // What does not parse here does not compile, and rustc says so better.
        let _ = attr.parse_nested_meta(|meta| {
            let layout = ["C", "packed", "align", "transparent"];
            if let Some(name) = meta.path.get_ident().filter(|name| !layout.iter().any(|other| name == other))
            {
                found = Some(name.clone());
            }
            if meta.input.peek(syn::token::Paren) {
                let inside;
                syn::parenthesized!(inside in meta.input);
                inside.parse::<proc_macro2::TokenStream>()?;
            }
            Ok(())
        });
    }
    found
}
