//! Which types travel, as far as their names say.

use std::ops::RangeInclusive;

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Expr, GenericArgument, Ident, Path, PathArguments, PathSegment, Type, TypePath, TypeReference};

use crate::errors::Errors;
use crate::text::text;

/// The integers that can stand for a variant on the wire.
pub(super) const TAGS: &[&str] = &["u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64"];

/// The integers that a set of flags can travel as.
pub(super) const FLAGS: &[&str] = &["u8", "u16", "u32", "u64"];

/// The integers that another type can travel as.
pub(super) const INTEGERS: &[&str] = &["u8", "u16", "u32", "u64", "u128", "i8", "i16", "i32", "i64", "i128"];

/// The numbers that one of the `TAGS` can be.
pub(super) fn range(tag: &Ident) -> Option<RangeInclusive<i128>> {
    Some(match tag.to_string().as_str() {
        "u8" => 0..=u8::MAX.into(),
        "u16" => 0..=u16::MAX.into(),
        "u32" => 0..=u32::MAX.into(),
        "u64" => 0..=u64::MAX.into(),
        "i8" => i8::MIN.into()..=i8::MAX.into(),
        "i16" => i16::MIN.into()..=i16::MAX.into(),
        "i32" => i32::MIN.into()..=i32::MAX.into(),
        "i64" => i64::MIN.into()..=i64::MAX.into(),
        _ => return None,
    })
}

/// How many bytes one of the `TAGS` takes.
pub(super) fn width(tag: &Ident) -> usize {
    let bits = tag.to_string().trim_start_matches(['i', 'u']).parse().unwrap_or(0_usize);
    bits / 8
}

const NUMBERS: &[&str] =
    &["u8", "u16", "u32", "u64", "u128", "i8", "i16", "i32", "i64", "i128", "f32", "f64"];

const OF_THE_WIRE: &[&str] = &["bool", "str", "String", "Vec", "List", "Option"];

/// What a type is on the wire, as far as its name says.
pub(super) enum Kind<'t> {
    Number(&'t Ident),
    Bool,
    /// `&str` or `String`.
    Text,
    /// `&[u8]`.
    Bytes,
    /// `Vec` of this.
    List(&'t Type),
    /// `List` of this.
    LazyList(&'t Type),
    Option(&'t Type),
    Array(&'t Type, &'t Expr),
    /// A type of the user's, or one that does not travel.
    Other,
}

pub(super) fn kind(ty: &Type) -> Kind<'_> {
    match ty {
        Type::Array(array) => Kind::Array(&array.elem, &array.len),
        Type::Group(group) => kind(&group.elem),
        Type::Paren(paren) => kind(&paren.elem),
        Type::Reference(reference) => match &*reference.elem {
            Type::Path(inner) if inner.path.is_ident("str") => Kind::Text,
            Type::Slice(_) => Kind::Bytes,
            _ => Kind::Other,
        },
        Type::Path(TypePath { qself: None, path, .. }) => kind_of_path(path),
        _ => Kind::Other,
    }
}

fn kind_of_path(path: &Path) -> Kind<'_> {
    let Some(last) = path.segments.last() else { return Kind::Other };
    match (last.ident.to_string().as_str(), only_argument(last)) {
        ("bool", None) => Kind::Bool,
        ("String", None) => Kind::Text,
        ("Vec", Some(item)) => Kind::List(item),
        ("List", Some(item)) => Kind::LazyList(item),
        ("Option", Some(inner)) => Kind::Option(inner),
        (name, None) if NUMBERS.contains(&name) => Kind::Number(&last.ident),
        _ => Kind::Other,
    }
}

/// Whether it certainly takes the same number of bytes always.
pub(super) fn is_fixed(ty: &Type) -> bool {
    match kind(ty) {
        Kind::Number(_) | Kind::Bool => true,
        Kind::Array(item, _) => is_fixed(item),
        _ => false,
    }
}

/// Whether it is a number, or an array of them.
pub(super) fn is_numbers(ty: &Type) -> bool {
    match kind(ty) {
        Kind::Number(_) => true,
        Kind::Array(item, _) => is_numbers(item),
        _ => false,
    }
}

/// Whether bytes can come in another order.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Order {
    /// Numbers of several bytes do.
    Some,
    /// Bytes do not.
    None,
    /// It is a type of the user's, which says itself.
    OfTheType,
}

/// The order of what is written of this type, the length in front of it left out.
pub(super) fn order(ty: &Type) -> Order {
    match kind(ty) {
        Kind::Number(name) if name != "u8" && name != "i8" => Order::Some,
        Kind::Number(_) | Kind::Bool | Kind::Text | Kind::Bytes => Order::None,
        Kind::List(item) | Kind::Array(item, _) | Kind::Option(item) => order(item),
        // That it has none of its own is another rule's.
        Kind::LazyList(_) => Order::Some,
        Kind::Other if matches!(ty, Type::Path(_)) => Order::OfTheType,
        Kind::Other => Order::None,
    }
}

/// Whether it is, or is made of, a type that the user declared.
pub(super) fn names_users_type(ty: &Type) -> bool {
    let mut found = false;
    each_path(ty, &mut |path| found |= !NUMBERS.iter().chain(OF_THE_WIRE).any(|name| ends_in(path, name)));
    found
}

/// The token that names it, or what it is a list, an array or an option of.
pub(super) fn place(ty: &Type) -> Span {
    match (kind(ty), ty) {
        (Kind::List(item) | Kind::LazyList(item) | Kind::Array(item, _) | Kind::Option(item), _) => {
            place(item)
        }
        (_, Type::Path(TypePath { path, .. })) => {
            path.segments.last().map_or_else(|| ty.span(), |last| last.ident.span())
        }
        (_, Type::Reference(reference)) => place(&reference.elem),
        _ => ty.span(),
    }
}

/// Whether rustc knows no size in memory for it.
pub(super) fn is_unsized(ty: &Type) -> bool {
    match ty {
        Type::Slice(_) | Type::TraitObject(_) => true,
        Type::Path(TypePath { path, .. }) => path.is_ident("str"),
        _ => false,
    }
}

/// Reports what cannot travel, in `ty` and in what it is made of.
pub(super) fn check(ty: &Type, errors: &Errors) {
    match ty {
        Type::Path(TypePath { path, .. }) => check_path(path, errors),
        Type::Array(array) => check(&array.elem, errors),
        Type::Group(group) => check(&group.elem, errors),
        Type::Paren(paren) => check(&paren.elem, errors),
        Type::Reference(reference) => check_reference(reference, errors),
        Type::Slice(_) => errors.at(ty, "a slice has no owner here: use `Vec`, or borrow it as `&'a [u8]`"),
        Type::Tuple(_) => {
            errors.at(ty, "a tuple has no names to describe it by: use a struct with `#[derive(Packet)]`");
        }
        Type::Macro(_) | Type::Verbatim(_) => {}
        _ => errors.at(ty, format!("`{}` means nothing to the peer: send the data itself", text(ty))),
    }
}

fn check_path(path: &Path, errors: &Errors) {
    let Some(last) = path.segments.last() else { return };
    // Those of the standard library have a type argument, which tells them from a user's own of the same name.
    let is_generic = has_type_argument(last);
    let advice = match last.ident.to_string().as_str() {
        "usize" => "`usize` is not the same width everywhere: use `u32` or `u64`",
        "isize" => "`isize` is not the same width everywhere: use `i32` or `i64`",
        "char" => "a `char` is not how text travels: use `&'a str`, `String`, or the `u32` it converts to",
        "str" => "text without an owner: use `&'a str` or `String`",
        "HashMap" | "BTreeMap" if is_generic => {
            "a map has no order on the wire: use `Vec` of a packet with a key and a value"
        }
        "HashSet" | "BTreeSet" | "VecDeque" | "LinkedList" | "BinaryHeap" if is_generic => {
            "the wire knows one kind of list: use `Vec`"
        }
        "Box" | "Rc" | "Arc" | "Cell" | "RefCell" | "Mutex" | "RwLock" if is_generic => {
            "the peer shares no memory with this side: use the type inside it"
        }
        "Cow" if is_generic => {
            "what is decoded is borrowed or owned, and the packet says which: use `&'a str`, `String` or `Vec`"
        }
        "Result" if is_generic => {
            "the wire knows no `Result`: use an enum with `#[repr(u8)]` and `#[derive(Packet)]`"
        }
        _ => return arguments(last, &mut |ty| check(ty, errors)),
    };
    errors.at(path, advice);
}

fn check_reference(reference: &TypeReference, errors: &Errors) {
    if reference.mutability.is_some() {
        return errors.at(reference, "a payload is read only: borrow it as `&'a str` or `&'a [u8]`");
    }
    if let Some(lifetime) = reference.lifetime.as_ref().filter(|lifetime| lifetime.ident == "static") {
        return errors.at(
            lifetime,
            "a packet borrows from the payload, which goes: give the type a lifetime and use it",
        );
    }
    match &*reference.elem {
        Type::Path(inner) if inner.path.is_ident("str") => {}
        Type::Slice(inner) if is_u8(&inner.elem) => {}
        Type::Array(inner) if is_u8(&inner.elem) => {}
        Type::Slice(inner) => errors.at(
            reference,
            format!(
                "only bytes can be borrowed as a slice: use `List<'a, {0}>` or `Vec<{0}>`",
                text(&inner.elem)
            ),
        ),
        inner => errors.at(
            reference,
            format!(
                "only text and bytes can be borrowed from a payload: use `{}`, without the `&`",
                text(inner)
            ),
        ),
    }
}

/// Calls `visit` with every path in `ty`, the outer ones first.
pub(super) fn each_path(ty: &Type, visit: &mut dyn FnMut(&Path)) {
    match ty {
        Type::Path(TypePath { path, .. }) => {
            visit(path);
            for segment in &path.segments {
                arguments(segment, &mut |ty| each_path(ty, visit));
            }
        }
        Type::Array(array) => each_path(&array.elem, visit),
        Type::Group(group) => each_path(&group.elem, visit),
        Type::Paren(paren) => each_path(&paren.elem, visit),
        _ => {}
    }
}

fn has_type_argument(segment: &PathSegment) -> bool {
    let mut found = false;
    arguments(segment, &mut |_| found = true);
    found
}

fn arguments(segment: &PathSegment, visit: &mut dyn FnMut(&Type)) {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return };
    for argument in &arguments.args {
        if let GenericArgument::Type(ty) = argument {
            visit(ty);
        }
    }
}

/// The one type argument of `Vec<T>`, whatever lifetimes stand before it.
fn only_argument(segment: &PathSegment) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    let mut types =
        arguments.args.iter().filter(|argument| !matches!(argument, GenericArgument::Lifetime(_)));
    match (types.next(), types.next()) {
        (Some(GenericArgument::Type(ty)), None) => Some(ty),
        _ => None,
    }
}

fn ends_in(path: &Path, name: &str) -> bool {
    path.segments.last().is_some_and(|last| last.ident == name)
}

fn is_u8(ty: &Type) -> bool {
    matches!(ty, Type::Path(TypePath { qself: None, path, .. }) if path.is_ident("u8"))
}
