//! Which types travel, as far as their names say.

use quote::ToTokens;
use syn::{GenericArgument, Path, PathArguments, Type, TypePath, TypeReference};

use super::errors::Errors;

/// The integers that can stand for a variant on the wire.
pub(super) const TAGS: &[&str] = &["u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64"];

const FIXED: &[&str] =
    &["u8", "u16", "u32", "u64", "u128", "i8", "i16", "i32", "i64", "i128", "f32", "f64", "bool"];

const OF_THE_WIRE: &[&str] = &["String", "Vec", "Option"];

/// Whether it certainly takes the same number of bytes always, so that the run of fields goes on behind it.
pub(super) fn is_fixed(ty: &Type) -> bool {
    match ty {
        Type::Array(array) => is_fixed(&array.elem),
        Type::Group(group) => is_fixed(&group.elem),
        Type::Paren(paren) => is_fixed(&paren.elem),
        Type::Path(TypePath { qself: None, path, .. }) => FIXED.iter().any(|name| path.is_ident(name)),
        _ => false,
    }
}

/// Whether it is, or is made of, a type that the user declared.
pub(super) fn names_users_type(ty: &Type) -> bool {
    let mut found = false;
    each_path(ty, &mut |path| found |= !FIXED.iter().chain(OF_THE_WIRE).any(|name| ends_in(path, name)));
    found
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
    let advice = match last.ident.to_string().as_str() {
        "usize" => "`usize` is not the same width everywhere: use `u32` or `u64`",
        "isize" => "`isize` is not the same width everywhere: use `i32` or `i64`",
        "char" => "a `char` is not how text travels: use `&'a str`, `String`, or the `u32` it converts to",
        "str" => "text without an owner: use `&'a str` or `String`",
        "HashMap" | "BTreeMap" => {
            "a map has no order on the wire: use `Vec` of a packet with a key and a value"
        }
        "HashSet" | "BTreeSet" | "VecDeque" | "LinkedList" | "BinaryHeap" => {
            "the wire knows one kind of list: use `Vec`"
        }
        "Box" | "Rc" | "Arc" | "Cell" | "RefCell" | "Mutex" | "RwLock" => {
            "the peer shares no memory with this side: use the type inside it"
        }
        "Cow" => {
            "what is decoded is borrowed or owned, and the packet says which: use `&'a str`, `String` or `Vec`"
        }
        "Result" => "the wire knows no `Result`: use an enum with `#[repr(u8)]` and `#[derive(Packet)]`",
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
        Type::Slice(inner) => {
            errors.at(
                reference,
                format!("only bytes can be borrowed as a slice: use `Vec<{}>`", text(&inner.elem)),
            );
        }
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

fn arguments(segment: &syn::PathSegment, visit: &mut dyn FnMut(&Type)) {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return };
    for argument in &arguments.args {
        if let GenericArgument::Type(ty) = argument {
            visit(ty);
        }
    }
}

fn ends_in(path: &Path, name: &str) -> bool {
    path.segments.last().is_some_and(|last| last.ident == name)
}

fn is_u8(ty: &Type) -> bool {
    matches!(ty, Type::Path(TypePath { qself: None, path, .. }) if path.is_ident("u8"))
}

/// The type as a user would write it.
fn text(ty: &Type) -> String {
    let tokens = ty.to_token_stream().to_string();
    tokens
        .replace(" <", "<")
        .replace("< ", "<")
        .replace(" >", ">")
        .replace("& ", "&")
        .replace(" ,", ",")
        .replace(" :: ", "::")
}
