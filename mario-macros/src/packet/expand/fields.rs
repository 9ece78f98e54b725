use std::ops::Range;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

use super::super::model::{Field, Fields, Style};
use super::super::types;
use super::names::{Place, binding, local, located_at};
use super::{format, rules};
use crate::lifetimes::with_lifetimes;

/// The statements that read those fields, into a variable each.
pub(super) fn decode(fields: &Fields, which: Range<usize>, place: &Place<'_>) -> TokenStream {
    let (run, input) = (local("run"), local("input"));
    let (reads, late): (Vec<_>, Vec<_>) = which
        .map(|index| {
            let field = &fields.all[index];
            let (at, path, name) = (place_of(field), place.path(field), binding(field));
            let (travels, format) = (travels(field), format_of(field));
            let enter = enter_run(fields, index, place, &input);
            if is_plain(field) {
                let held = local(&format!("held_{index}"));
                let hold = quote_spanned!(at=> #enter let #held = #run.hold::<#format>(););
                let read = quote_spanned!(at=> let #name = __mario::held::<#format>(#held););
                return (hold, Some(read));
            }
            let read = match rules::decode(field) {
                None => or_return(quote_spanned!(at=> #run.field::<#format>(#input, #path))),
                Some(map) => {
                    let ty = &field.ty;
                    or_return(quote_spanned!(at=> #run.field_map::<#format, #ty>(#input, #path, #map)))
                }
            };
            (quote!(#enter #travels let #name = #read;), None)
        })
        .unzip();
    quote!(#(#reads)* #(#late)*)
}

/// The statements that write the fields; `value` gives the reference that each is reached by.
pub(super) fn encode(
    fields: &Fields,
    place: &Place<'_>,
    value: impl Fn(&Field) -> TokenStream,
) -> TokenStream {
    let (run, out) = (local("run"), local("out"));
    let writes = fields.all.iter().enumerate().map(|(index, field)| {
        let (at, path, value) = (place_of(field), place.path(field), value(field));
        let enter = enter_run(fields, index, place, &out);
        let (travels, format) = (travels(field), format_of(field));
        let rule = rules::encode(field, &value);
        let value = rules::travelling(field, value);
        let write = match rule {
            None if is_plain(field) => quote_spanned!(at=> #run.plain::<#format>(#value)),
            None => or_return(quote_spanned!(at=> #run.field::<#format>(#value, #out, #path))),
            Some(rule) => {
                or_return(quote_spanned!(at=> #run.field_if::<#format>(#value, #out, #path, #rule)))
            }
        };
        quote! {
            #enter
            #travels
            #write;
        }
    });
    quote!(#(#writes)*)
}

/// The value that the fields' variables make, and the pattern that takes it apart.
pub(super) fn pattern(fields: &Fields, place: &Place<'_>) -> TokenStream {
    let constructor = place.constructor();
    let names = fields.number.as_deref().into_iter().chain(&fields.all).map(binding);
    match fields.style {
        Style::Named => quote!(#constructor { #(#names),* }),
        Style::Tuple => quote!(#constructor(#(#names),*)),
        Style::Unit => constructor,
    }
}

/// With the first field of a version a run begins, and after a field whose size may not be fixed the next does.
fn enter_run(fields: &Fields, index: usize, place: &Place<'_>, cursor: &Ident) -> Option<TokenStream> {
    let run = local("run");
    let before = index.checked_sub(1).map(|before| &fields.all[before]);
    match before {
        Some(before) if before.since() == fields.all[index].since() => {
            let next = place.next_run(index);
            (!before.is_fixed()).then(|| {
                let entered = or_return(quote!(#cursor.#next(#run)));
                quote!(let mut #run = #entered;)
            })
        }
        _ => {
            let start = place.run(index);
            let entered = or_return(quote!(#cursor.#start()));
            Some(quote!(let mut #run = #entered;))
        }
    }
}

/// What `?` does, written out: so a packet is a fifth less of code for the compiler to see off.
fn or_return(result: TokenStream) -> TokenStream {
    let (value, error) = (local("value"), local("error"));
    quote! {
        match #result {
            __mario::Ok(#value) => #value,
            __mario::Err(#error) => return __mario::Err(#error),
        }
    }
}

/// Whether nothing can be wrong with a field. Such a field is read when all others have been, so that no register is
/// kept for it over what they call.
fn is_plain(field: &Field) -> bool {
    types::is_numbers(&field.ty) && rules::decode(field).is_none()
}

/// Makes a user's type that does not travel one mistake: the first of equal messages at the same token is the only
/// one that rustc gives, and the bounds of the calls behind this one are implied by its.
pub(super) fn travels(field: &Field) -> Option<TokenStream> {
    (field.integer().is_none() && types::names_users_type(&field.ty)).then(|| type_travels(&field.ty))
}

/// The same for the type alone. Without a lifetime of the packet's, so that it says the same outside of the packet.
pub(super) fn type_travels(ty: &Type) -> TokenStream {
    let ty = located_at(types::place(ty), with_lifetimes(ty, "'static"));
    quote!(__mario::travels::<#ty>();)
}

/// Where a mistake in the field's type is told: at the user's type in it, if there is one.
pub(super) fn place_of(field: &Field) -> Span {
    if types::names_users_type(&field.ty) { types::place(&field.ty) } else { field.ty.span() }
}

/// The format, of which all tokens stand there.
pub(super) fn format_of(field: &Field) -> TokenStream {
    located_at(place_of(field), format::of(field))
}
