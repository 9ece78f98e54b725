//! The rules of a handler, a function each.

use quote::ToTokens;
use syn::{Error, FnArg, GenericArgument, GenericParam, PathArguments, Type};

use super::model::{self, Handler};
use crate::errors::Errors;
use crate::id;

pub(super) fn all(handler: &Handler<'_>, errors: &Errors) {
    has_an_id(handler, errors);
    is_a_free_function(handler, errors);
    is_plain(handler, errors);
    has_no_type_parameters(handler, errors);
    takes_the_connection_first(handler, errors);
    takes_at_most_a_packet_then(handler, errors);
    answers_once(handler, errors);
}

/// If it has none, its packet is asked for it.
fn has_an_id(handler: &Handler<'_>, errors: &Errors) {
    match (&handler.id, handler.place_of_id, handler.packet) {
        (Some(id), ..) => id::is_free(id, errors),
        (None, Some(place), None) => {
            let message = "the command's id is missing: write `#[mario::command(0x0602)]`";
            errors.add(Error::new(place, message));
        }
        _ => {}
    }
}

fn is_a_free_function(handler: &Handler<'_>, errors: &Errors) {
    if let Some(FnArg::Receiver(receiver)) = handler.function.sig.inputs.first() {
        errors.at(receiver, "a command is a free function: take the connection instead of `self`, and keep state in the service, its `Session` or its `Worker`");
    }
}

/// The table holds ordinary functions of Rust.
fn is_plain(handler: &Handler<'_>, errors: &Errors) {
    let signature = &handler.function.sig;
    if let Some(token) = &signature.asyncness {
        errors.at(
            token,
            "a command runs on its worker and can't be `async`: remove it, and do what takes long elsewhere",
        );
    }
    if let syn::Safety::Unsafe(token) = &signature.safety {
        errors.at(token, "a command is called with what any client sends: remove `unsafe`");
    }
    if let Some(abi) = &signature.abi {
        errors.at(abi, "a command is called by Rust: remove `extern`");
    }
}

fn has_no_type_parameters(handler: &Handler<'_>, errors: &Errors) {
    for parameter in &handler.function.sig.generics.params {
        if !matches!(parameter, GenericParam::Lifetime(_)) {
            errors.at(
                parameter,
                "a command is one function with one packet: name the types instead of a parameter",
            );
        }
    }
    for argument in &handler.function.sig.inputs {
        if let FnArg::Typed(argument) = argument
            && let Type::ImplTrait(ty) = &*argument.ty
        {
            errors.at(ty, "a command is one function with one packet: name the type instead of `impl`");
        }
    }
}

fn takes_the_connection_first(handler: &Handler<'_>, errors: &Errors) {
    let signature = &handler.function.sig;
    let takes = "a command takes the connection first: `conn: &mut Conn<'_, YourService>`, or an alias of it with `Conn` in its name";
    match (signature.inputs.first(), handler.first) {
        (None, _) => errors.at(&signature.ident, takes),
        (Some(FnArg::Receiver(_)), _) | (_, None | Some(Type::ImplTrait(_))) => {}
        (_, Some(first @ Type::Reference(reference)))
            if reference.mutability.is_some() && model::connection(first).is_some() => {}
        (_, Some(other)) => errors.at(other, takes),
    }
}

fn takes_at_most_a_packet_then(handler: &Handler<'_>, errors: &Errors) {
    let takes = "a command takes the connection and at most one packet: put these fields into the packet";
    for argument in &handler.surplus {
        errors.at(argument, takes);
    }
    if let Some(variadic) = &handler.function.sig.variadic {
        errors.at(variadic.to_token_stream(), takes);
    }
}

/// Either by what it returns, or by a `Reply`, which stands last.
fn answers_once(handler: &Handler<'_>, errors: &Errors) {
    let Some(packet) = handler.deferred else { return };
    let last = handler.function.sig.inputs.last();
    if let Some(FnArg::Typed(last)) = last
        && !std::ptr::eq(packet, model::deferred(&last.ty).unwrap_or(&last.ty))
    {
        errors.at(packet, "the `Reply` of a command stands last: put it behind the packet");
    }
    if let Some(returned) = handler.returns().filter(|returned| !is_nothing(returned)) {
        errors.at(
            returned,
            "a command with a `Reply` answers by that: return nothing, or a `Result<(), _>` to close by its error",
        );
    }
}

/// `()`, or `Result<(), Error>`.
fn is_nothing(ty: &Type) -> bool {
    match ty {
        Type::Tuple(tuple) => tuple.elems.is_empty(),
        Type::Path(path) => path.path.segments.last().is_some_and(|segment| {
            matches!(&segment.arguments, PathArguments::AngleBracketed(arguments)
                if segment.ident == "Result"
                    && matches!(arguments.args.first(), Some(GenericArgument::Type(ok)) if is_nothing(ok)))
        }),
        _ => false,
    }
}
