//! What the user wrote in `#[mario(…)]`, and nothing else: which of it makes sense where is for the checks.

use syn::meta::ParseNestedMeta;
use syn::{Attribute, Ident, Path, Token};

use super::errors::Errors;

/// The attributes of the type.
#[derive(Default)]
pub(super) struct TypeAttributes {
    /// `crate = path`: the crate that generated code reaches the library by.
    pub(super) krate: Option<Path>,
}

impl TypeAttributes {
    pub(super) fn read(attrs: &[Attribute], errors: &Errors) -> Self {
        let mut found = Self::default();
        each(attrs, &["crate"], errors, |name, meta| {
            if name == "crate" {
                found.krate = Some(meta.value()?.call(Path::parse_mod_style)?);
            }
            Ok(())
        });
        found
    }
}

/// Refuses every attribute, where there are none.
pub(super) fn none(attrs: &[Attribute], errors: &Errors) {
    each(attrs, &[], errors, |_, _| Ok(()));
}

/// The documentation, a line a line, without the space that `///` puts before each.
pub(super) fn doc(attrs: &[Attribute]) -> String {
    let lines = attrs.iter().filter(|attr| attr.path().is_ident("doc")).filter_map(|attr| {
        let value = &attr.meta.require_name_value().ok()?.value;
        let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = value else { return None };
        let text = text.value();
        Some(text.strip_prefix(' ').unwrap_or(&text).trim_end().to_owned())
    });
    lines.collect::<Vec<_>>().join("\n")
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

/// Calls `read` with each attribute in every `#[mario(…)]`; reports those that are not `known` or come twice.
fn each(
    attrs: &[Attribute],
    known: &[&str],
    errors: &Errors,
    mut read: impl FnMut(&str, &ParseNestedMeta<'_>) -> syn::Result<()>,
) {
    let mut seen = Vec::new();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("mario")) {
        let result = attr.parse_nested_meta(|meta| {
            let name =
                meta.path.segments.iter().map(|part| part.ident.to_string()).collect::<Vec<_>>().join("::");
            if !known.contains(&name.as_str()) {
                errors.at(&meta.path, unknown(&name, known));
                return skip(&meta);
            }
            if seen.contains(&name) {
                errors.at(&meta.path, format!("`{name}` is given twice: remove one"));
                return skip(&meta);
            }
            read(&name, &meta)?;
            seen.push(name);
            Ok(())
        });
        if let Err(error) = result {
            errors.add(error);
        }
    }
}

fn unknown(name: &str, known: &[&str]) -> String {
    let nearest = known.iter().min_by_key(|known| distance(name, known));
    match nearest {
        None => "no attribute of `mario` has a place here: remove it".to_owned(),
        Some(nearest) if distance(name, nearest) <= nearest.len().max(name.len()) / 2 => {
            format!("no attribute of `mario` is called `{name}` here: did you mean `{nearest}`?")
        }
        Some(_) => {
            format!("no attribute of `mario` is called `{name}` here: there are `{}`", known.join("`, `"))
        }
    }
}

/// Leaves out what belongs to an attribute that is not understood, so that the ones behind it are read.
fn skip(meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
    while !meta.input.is_empty() && !meta.input.peek(Token![,]) {
        meta.input.parse::<proc_macro2::TokenTree>()?;
    }
    Ok(())
}

/// The edit distance of Levenshtein.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.bytes().enumerate() {
            let replaced = diagonal + usize::from(from != to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
