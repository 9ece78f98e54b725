//! What a handler says of itself.

use proc_macro2::{Span, TokenStream};
use syn::parse::{ParseStream, Parser};
use syn::{
    Error, Expr, ExprPath, FnArg, GenericArgument, Ident, Item, ItemFn, PathArguments, ReturnType, Token,
    Type,
};

use crate::errors::Errors;
use crate::place::COMMAND;
use crate::reading::Reading;
use crate::text::text;

/// A function with `#[mario::command(id)]`.
pub(super) struct Handler<'a> {
    pub(super) function: &'a ItemFn,
    /// The id, unless it is the packet that names it.
    pub(super) id: Option<Expr>,
    /// Where the id would stand, if the attribute does not give one.
    pub(super) place_of_id: Option<Span>,
    /// The function that says whether the command may run.
    pub(super) guard: Option<ExprPath>,
    /// The first argument's type.
    pub(super) first: Option<&'a Type>,
    /// What the connection's reference points to: of the first argument that is one, even if it is in a wrong place.
    pub(super) connection: Option<&'a Type>,
    /// The second argument's type, if the command has a payload.
    pub(super) packet: Option<&'a Type>,
    /// What it answers with later: that of a last argument `Reply<Packet>`.
    pub(super) deferred: Option<&'a Type>,
    /// The arguments that are too many.
    pub(super) surplus: Vec<&'a FnArg>,
}

impl<'a> Handler<'a> {
    pub(super) fn read(attribute: TokenStream, function: &'a ItemFn, errors: &Errors) -> Self {
        let mut types = function.sig.inputs.iter().filter_map(|argument| match argument {
            FnArg::Typed(argument) => Some(&*argument.ty),
            FnArg::Receiver(_) => None,
        });
        let Arguments { id, place_of_id, guard } = Arguments::read(attribute, errors);
        let deferred = types.clone().skip(1).find_map(deferred);
        let usual = 2 + usize::from(deferred.is_some());
        Handler {
            function,
            id,
            place_of_id,
            guard,
            connection: types.clone().find_map(connection),
            first: types.next(),
            packet: types.next().filter(|ty| self::deferred(ty).is_none()),
            deferred,
            surplus: function.sig.inputs.iter().skip(usual).collect(),
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

/// The packet of a `Reply<Packet>`.
pub(super) fn deferred(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let segment = path.path.segments.last().filter(|segment| segment.ident == "Reply")?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    match arguments.args.first() {
        Some(GenericArgument::Type(packet)) if arguments.args.len() == 1 => Some(packet),
        _ => None,
    }
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

/// What stands in the attribute.
#[derive(Default)]
struct Arguments {
    id: Option<Expr>,
    place_of_id: Option<Span>,
    guard: Option<ExprPath>,
}

impl Arguments {
    fn read(attribute: TokenStream, errors: &Errors) -> Self {
        let mut arguments = Self::default();
        let parse = |input: ParseStream<'_>| arguments.parse(input, errors);
        if let Err(error) = parse.parse2(attribute) {
            errors.add(error);
        }
        arguments
    }

    fn parse(&mut self, input: ParseStream<'_>, errors: &Errors) -> syn::Result<()> {
        if input.is_empty() {
            self.place_of_id = Some(Span::call_site());
            return Ok(());
        }
        if input.peek(Ident) && input.peek2(Token![=]) && !input.peek2(Token![==]) {
            let place = input.span();
            if !input.fork().parse::<Ident>().is_ok_and(|name| name == "id") {
                self.place_of_id = Some(place);
            } else {
                input.parse::<Ident>()?;
                input.parse::<Token![=]>()?;
                let id: Expr = input.parse()?;
                let message = format!("the id stands alone: write `#[mario::command({})]`", text(&id));
                errors.add(Error::new(place, message));
                self.id = Some(id);
                input.parse::<Option<Token![,]>>()?;
            }
        } else {
            self.id = Some(input.parse()?);
            if input.is_empty() {
                return Ok(());
            }
            input.parse::<Token![,]>()?;
        }
        if !input.is_empty() && !input.peek(Ident) {
            let rest: TokenStream = input.parse()?;
            let message = "behind a command's id there may be a guard, and nothing else: write \
                           `#[mario::command(0x0602)]`, or `#[mario::command(0x0602, guard = logged_in)]`";
            return Err(Error::new_spanned(rest, message));
        }
        let mut reading = Reading::of(&COMMAND, errors);
        let options = syn::meta::parser(|meta| {
            reading.one(&meta, &mut |_, meta| {
                self.guard = Some(meta.value()?.parse()?);
                Ok(())
            })
        });
        options.parse2(input.parse()?)
    }
}
