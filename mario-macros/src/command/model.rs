//! What a handler says of itself.

use proc_macro2::TokenStream;
use syn::{Error, Expr, FnArg, Ident, Item, ItemFn, ReturnType, Type};

use crate::errors::Errors;

/// A function with `#[mario::command(id)]`.
pub(super) struct Handler<'a> {
    pub(super) function: &'a ItemFn,
    /// The id, unless the attribute does not give one.
    pub(super) id: Option<Expr>,
    /// The first argument's type.
    pub(super) first: Option<&'a Type>,
    /// What the connection's reference points to: of the first argument that is one, even if it is in a wrong place.
    pub(super) connection: Option<&'a Type>,
    /// The second argument's type, if the command has a payload.
    pub(super) packet: Option<&'a Type>,
    /// The arguments that are too many.
    pub(super) surplus: Vec<&'a FnArg>,
}

impl<'a> Handler<'a> {
    pub(super) fn read(attribute: TokenStream, function: &'a ItemFn, errors: &Errors) -> Self {
        let mut types = function.sig.inputs.iter().filter_map(|argument| match argument {
            FnArg::Typed(argument) => Some(&*argument.ty),
            FnArg::Receiver(_) => None,
        });
        Handler {
            function,
            id: read_id(attribute, errors),
            connection: types.clone().find_map(connection),
            first: types.next(),
            packet: types.next(),
            surplus: function.sig.inputs.iter().skip(2).collect(),
        }
    }

    pub(super) fn name(&self) -> &'a Ident {
        &self.function.sig.ident
    }

    pub(super) fn is_method(&self) -> bool {
        self.function.sig.receiver().is_some()
    }

    /// What it returns, if anything.
    pub(super) fn returns(&self) -> Option<&'a Type> {
        match &self.function.sig.output {
            ReturnType::Default => None,
            ReturnType::Type(_, returned) => Some(returned),
        }
    }
}

/// `Conn<'_, Service>`, or an alias of it, behind a reference. An alias is known by its name alone: without that, a
/// wrong type would be a dozen messages of the compiler.
pub(super) fn connection(ty: &Type) -> Option<&Type> {
    let Type::Reference(reference) = ty else { return None };
    let Type::Path(path) = &*reference.elem else { return None };
    let named = path.path.segments.last().is_some_and(|segment| segment.ident.to_string().contains("Conn"));
    named.then_some(&*reference.elem)
}

/// The error of an attribute that is on something else.
pub(super) fn not_a_function(item: &TokenStream, syntax: &Error) -> Error {
    match syn::parse2::<Item>(item.clone()) {
        Ok(item) => {
            let message = "a command is a free function: put `#[mario::command(id)]` on a `fn`";
            Error::new_spanned(item, message)
        }
        Err(_) => syntax.clone(),
    }
}

fn read_id(attribute: TokenStream, errors: &Errors) -> Option<Expr> {
    if attribute.is_empty() {
        let message = "the command's id is missing: write `#[mario::command(0x0602)]`";
        errors.add(Error::new(proc_macro2::Span::call_site(), message));
        return None;
    }
    match syn::parse2(attribute.clone()) {
        Ok(id) => Some(id),
        Err(_) => {
            errors.at(attribute, "a command has one id and nothing else: write `#[mario::command(0x0602)]`");
            None
        }
    }
}
