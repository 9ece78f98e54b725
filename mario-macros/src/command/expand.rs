//! The code of a command.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, GenericArgument, Ident, PathArguments, Type, parse_quote};

use super::model::Handler;
use crate::doc::doc;
use crate::id;
use crate::lifetimes::with_lifetimes;
use crate::text::text;

/// The type that has the function's name, as types and functions don't share their names: what `commands!` looks up.
pub(super) fn command(handler: &Handler<'_>) -> TokenStream {
    let name = handler.name();
    let id = id(handler);
    let service = service(handler);
    let doc = doc(&handler.function.attrs);
    let request = request_description(handler);
    let reply = reply_description(handler);
    let guarded = handler.guard.as_ref().map(|guard| {
        let text = text(guard);
        quote!(.guarded_by(#text))
    });
    let call = call(handler);
    let entry = quote! {
        #[automatically_derived]
        impl __mario::CommandOf<#service> for #name {
            const ENTRY: __mario::Entry<#service> =
                __mario::Entry::<#service>::new::<Self>(#doc, #request, #reply, #call) #guarded;
        }
    };
    let free = handler.id.as_ref().map(id::value_is_free);
    beside(handler, &id, &quote!(#entry #free))
}

/// That of the attribute, or that of the command which the packet is the request of: then the reply has to be what the
/// packet says, unless it has no name.
fn id(handler: &Handler<'_>) -> TokenStream {
    let (None, Some(packet)) = (&handler.id, handler.packet) else { return handler.id.to_token_stream() };
    let packet = with_lifetimes(packet, "'static");
    match handler.deferred.or(handler.returns()) {
        Some(Type::ImplTrait(_)) => {
            let span = Span::mixed_site().located_at(packet.span());
            quote_spanned!(span=> <#packet as __mario::Request>::COMMAND)
        }
        Some(reply) => {
            let reply = with_lifetimes(reply, "'static");
            quote_spanned!(packet.span()=> __mario::command_of::<#packet, #reply>())
        }
        None => quote_spanned!(packet.span()=> __mario::command_of::<#packet, ()>()),
    }
}

/// What stands in for a command with mistakes, so that the list which names it is not a further message: of any
/// service, as it may be unknown which.
///
/// None beside a method, where a type has no place.
pub(super) fn stub(handler: &Handler<'_>) -> TokenStream {
    if handler.is_method() {
        return TokenStream::new();
    }
    let name = handler.name();
    let entry = quote! {
        #[automatically_derived]
        impl<S: __mario::Service> __mario::CommandOf<S> for #name {
            const ENTRY: __mario::Entry<S> =
                __mario::Entry::new::<Self>("", __mario::None, __mario::None, |_, _| __mario::Handled::Done);
        }
    };
    beside(handler, &quote!(__mario::STUB), &entry)
}

/// The type, its id and name, and what else there is to say of it.
fn beside(handler: &Handler<'_>, id: &TokenStream, entry: &TokenStream) -> TokenStream {
    let (name, visibility) = (handler.name(), &handler.function.vis);
    let text = name.to_string();
    let cfgs = cfgs(handler);
    let docs =
        format!("The command that the function [`{name}`](fn@{name}) handles, for `mario::commands!`.");
    quote! {
        #(#cfgs)*
        #[doc = #docs]
        #[allow(non_camel_case_types)]
        #visibility struct #name {}

        #(#cfgs)*
        const _: () = {
            use ::mario::__private as __mario;

            #[automatically_derived]
            impl __mario::Command for #name {
                type Command = Self;
                const ID: u16 = #id;
                const NAME: &'static str = #text;
            }

            #entry
        };
    }
}

/// A closure: ask the guard, decode, call, encode.
///
/// What is wrong with the type of the packet or of the reply is told at that type and once: all that asks something of
/// it has its span, and the compiler tells no two messages of one trait and span.
fn call(handler: &Handler<'_>) -> TokenStream {
    let name = handler.name();
    let returned = match handler.returns() {
        None => quote!(()),
        Some(Type::ImplTrait(_)) => quote!(_),
        Some(returned) => with_lifetimes(returned, "'_").to_token_stream(),
    };
    // Names of our own, which no function or macro of the user's can be taken for.
    let local = |name: &str| Ident::new(name, Span::mixed_site());
    let (conn, payload, correlation) = (local("conn"), local("payload"), local("correlation"));
    let (request, later, error) = (local("request"), local("later"), local("error"));
    // Of the user's span, so that what is wrong with it is told there; it hides nothing that is used behind it.
    let reply = Ident::new("reply", returned.span());
    let close = close(handler, returned.span());
    let answer = quote_spanned! {returned.span()=>
        __mario::reply::<_, #returned>(#conn, #correlation, #reply, #close)
    };
    let (decode, request, correlates, argument) = match handler.packet {
        Some(packet) => {
            let packet = with_lifetimes(packet, "'_");
            (
                quote_spanned! {packet.span()=> __mario::request::<#packet> },
                quote!(#request),
                quote_spanned! {packet.span()=> __mario::correlation::<#packet>(&#request) },
                Some(quote!(, #request)),
            )
        }
        None => (quote!(__mario::no_request), quote!(()), quote!(__mario::None), None),
    };
    let handled = match handler.deferred {
        None => quote! {
            let #reply = #name(#conn #argument);
            #answer
        },
        Some(packet) => {
            let packet = with_lifetimes(packet, "'_");
            let defer = quote_spanned! {packet.span()=> __mario::deferred::<_, #packet> };
            quote! {
                match #defer(#conn, #correlation) {
                    __mario::Ok(#later) => {
                        let #reply = #name(#conn #argument, #later);
                        #answer
                    }
                    __mario::Err(#error) => #error,
                }
            }
        }
    };
    let handle = quote! {
        match #decode(#payload) {
            __mario::Ok(#request) => {
                let #correlation = #correlates;
                #handled
            }
            __mario::Err(#error) => __mario::Handled::Malformed(#error),
        }
    };
    let call = match &handler.guard {
        None => handle,
        Some(guard) => {
            let conn = Ident::new("conn", conn.span().located_at(guard.span()));
            let admits = quote_spanned!(guard.span()=> #guard(#conn));
            quote!(if #admits { #handle } else { __mario::Handled::Denied })
        }
    };
    quote!(|#conn, #payload| #call)
}

/// At the type of the error, if the return type shows it: there is told that it does not close.
fn close(handler: &Handler<'_>, returned: Span) -> TokenStream {
    let error = handler.returns().and_then(|returned| {
        let Type::Path(path) = returned else { return None };
        let last = path.path.segments.last().filter(|last| last.ident == "Result")?;
        let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
        arguments.args.iter().nth(1).map(Spanned::span)
    });
    // Known to be generated: else a lint of the user's would find a closure too many.
    let at = Span::mixed_site().located_at(error.unwrap_or(returned));
    let error = Ident::new("error", at);
    quote_spanned!(at=> |#error| __mario::close(#error))
}

fn request_description(handler: &Handler<'_>) -> TokenStream {
    let Some(packet) = handler.packet else { return quote!(__mario::None) };
    let packet = with_lifetimes(packet, "'static");
    quote_spanned! {packet.span()=> __mario::request_description::<#packet>() }
}

fn reply_description(handler: &Handler<'_>) -> TokenStream {
    if let Some(packet) = handler.deferred {
        let packet = with_lifetimes(packet, "'static");
        return quote_spanned! {packet.span()=> __mario::deferred_description::<#packet>() };
    }
    match handler.returns() {
        // Its packet has no name that could be written here.
        None | Some(Type::ImplTrait(_)) => quote!(__mario::None),
        Some(returned) => {
            let returned = with_lifetimes(returned, "'static");
            quote_spanned! {returned.span()=> __mario::reply_description::<#returned>() }
        }
    }
}

/// The service of the connection's type, which may stand behind an alias.
fn service(handler: &Handler<'_>) -> TokenStream {
    let Some(conn) = handler.connection else { return TokenStream::new() };
    let mut conn = with_lifetimes(conn, "'static");
    name_the_lifetime(&mut conn);
    quote_spanned! {conn.span()=> <#conn as __mario::AnyConn>::Service }
}

/// `Conn<Service>`, as a signature may say it, becomes `Conn<'static, Service>`.
fn name_the_lifetime(conn: &mut Type) {
    if let Type::Path(path) = conn
        && let Some(segment) = path.path.segments.last_mut()
        && segment.ident == "Conn"
        && let PathArguments::AngleBracketed(arguments) = &mut segment.arguments
        && !matches!(arguments.args.first(), Some(GenericArgument::Lifetime(_)))
    {
        arguments.args.insert(0, parse_quote!('static));
    }
}

/// Where the function is not compiled, what belongs to it is not either.
fn cfgs<'a>(handler: &Handler<'a>) -> Vec<&'a Attribute> {
    handler.function.attrs.iter().filter(|attribute| attribute.path().is_ident("cfg")).collect()
}
