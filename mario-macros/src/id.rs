//! The ids of commands.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, ExprUnary, Lit, UnOp};

use crate::errors::Errors;

/// The first of the ids that name a connection's own events.
const RESERVED: u64 = 0xfffc;

/// Reports an id that no command may have. One that is an expression is checked where its [value](value_is_free) is
/// known.
pub(crate) fn is_free(id: &Expr, errors: &Errors) {
    let wrong = |why: &str| errors.at(id, why);
    match id {
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => {
            if !matches!(number.suffix(), "" | "u16") {
                wrong(&format!(
                    "a command's id is a `u16`, not a `{}`: leave the suffix out",
                    number.suffix()
                ));
                return;
            }
            match number.base10_parse::<u64>() {
                Ok(id @ RESERVED..=0xffff) => {
                    wrong(&format!(
                        "the id {id:#06x} names an event of the connection itself: take one below 0xfffc"
                    ));
                }
                Ok(0..RESERVED) => {}
                _ => wrong("a command's id has 16 bits: take one below 0xfffc"),
            }
        }
        Expr::Lit(_) => wrong("a command's id is a number, for example `0x0602`"),
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), .. }) => {
            wrong("a command's id is not negative: take one from 0 to 0xfffb");
        }
        _ => {}
    }
}

/// The same for an id whose value only the compiler knows.
pub(crate) fn value_is_free(id: &Expr) -> TokenStream {
    match id {
        Expr::Lit(_) => TokenStream::new(),
        id => quote_spanned! {id.span()=> const _: () = __mario::assert_free(#id); },
    }
}
