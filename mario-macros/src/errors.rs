//! All mistakes of one input in one pass.

use std::cell::RefCell;

use proc_macro2::TokenStream;
use quote::ToTokens;

/// Collects every mistake of one input, so that the user sees them all at once.
///
/// Dropped without [`finish`](Self::finish) it panics: a mistake that nobody reports is a bug of this crate.
pub(crate) struct Errors(RefCell<Option<Vec<syn::Error>>>);

impl Errors {
    pub(crate) fn new() -> Self {
        Self(RefCell::new(Some(Vec::new())))
    }

    /// Reports `message` at the user's `tokens`.
    pub(crate) fn at(&self, tokens: impl ToTokens, message: impl std::fmt::Display) {
        self.add(syn::Error::new_spanned(tokens, message));
    }

    pub(crate) fn add(&self, error: syn::Error) {
        self.0.borrow_mut().as_mut().expect("no rule runs after finish").push(error);
    }

    /// The collected messages as code, if there are any.
    pub(crate) fn finish(self) -> Result<(), TokenStream> {
        let errors = self.0.borrow_mut().take().expect("finish takes self");
        if errors.is_empty() {
            return Ok(());
        }
        Err(errors.iter().map(syn::Error::to_compile_error).collect())
    }
}

impl Drop for Errors {
    fn drop(&mut self) {
        if self.0.borrow().is_some() && !std::thread::panicking() {
            panic!("the errors of a macro were not reported");
        }
    }
}
