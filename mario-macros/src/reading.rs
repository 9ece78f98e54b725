//! Reading `#[mario(…)]`: each attribute by itself, so that a mistake in one hides none of the others.

use proc_macro2::{TokenStream, TokenTree};
use syn::meta::ParseNestedMeta;
use syn::parse::ParseStream;
use syn::{Attribute, LitStr, Token};

use crate::errors::Errors;
use crate::place::Place;
use crate::text::text;

/// What reads the value of an attribute that has a place for it, and nothing behind that value.
pub(crate) type Read<'r> = &'r mut dyn FnMut(&str, &ParseNestedMeta<'_>) -> syn::Result<()>;

/// Whether more was written than was understood. Then nothing follows from what is not there: it may be meant.
pub(crate) type Unclear = bool;

impl Place {
    /// Calls `read` with each attribute in every `#[mario(…)]`; reports those that are not known here, come twice, or
    /// have no value that `read` takes.
    pub(crate) fn each(
        &'static self,
        attrs: &[Attribute],
        errors: &Errors,
        mut read: impl FnMut(&str, &ParseNestedMeta<'_>) -> syn::Result<()>,
    ) -> Unclear {
        let mut reading = Reading::of(self, errors);
        for attr in attrs.iter().filter(|attr| attr.path().is_ident("mario")) {
            if let Err(error) = attr.parse_nested_meta(|meta| reading.one(&meta, &mut read)) {
                errors.add(error);
                reading.unclear = true;
            }
        }
        reading.unclear
    }
}

/// The attributes of one place, as far as they have been read.
pub(crate) struct Reading<'e> {
    place: &'static Place,
    errors: &'e Errors,
    seen: Vec<String>,
    unclear: Unclear,
}

impl<'e> Reading<'e> {
    pub(crate) fn of(place: &'static Place, errors: &'e Errors) -> Self {
        Self { place, errors, seen: Vec::new(), unclear: false }
    }

    /// Reads the next attribute.
    pub(crate) fn one(&mut self, meta: &ParseNestedMeta<'_>, read: Read<'_>) -> syn::Result<()> {
        let name = name(meta);
        let has_value = meta.input.peek(Token![=]);
        let written = meta.input.fork();
        if let Some(mistake) = self.place.mistake(&name, has_value, &self.seen) {
            self.errors.at(&meta.path, mistake);
        } else if read(&name, meta).is_ok() && at_end(meta.input) {
            self.seen.push(name);
            return Ok(());
        } else {
            self.wrong_value(&name, meta, value(&written)?);
        }
        self.unclear = true;
        skip(meta.input).map(drop)
    }

    fn wrong_value(&self, name: &str, meta: &ParseNestedMeta<'_>, value: TokenStream) {
        let example = self.place.example(name);
        if value.is_empty() {
            return self.errors.at(&meta.path, format!("`{name}` needs a value: write `{example}`"));
        }
        let advice = match syn::parse2::<LitStr>(value.clone()) {
            Ok(quoted) if !quoted.value().is_empty() => {
                format!("`{name}` takes no quotes: write `{name} = {}`", quoted.value())
            }
            _ => format!("`{name}` can't be `{}`: write it as in `{example}`", text(&value)),
        };
        self.errors.at(value, advice);
    }
}

fn name(meta: &ParseNestedMeta<'_>) -> String {
    let parts: Vec<_> = meta.path.segments.iter().map(|part| part.ident.to_string()).collect();
    parts.join("::")
}

/// Whether there is nothing more of this attribute.
fn at_end(input: ParseStream<'_>) -> bool {
    input.is_empty() || input.peek(Token![,])
}

/// What stands behind the `=`.
fn value(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    input.parse::<Option<Token![=]>>()?;
    skip(input)
}

/// Leaves out what belongs to an attribute that is not understood, so that the ones behind it are read.
fn skip(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut skipped = TokenStream::new();
    while !at_end(input) {
        skipped.extend([input.parse::<TokenTree>()?]);
    }
    Ok(skipped)
}
