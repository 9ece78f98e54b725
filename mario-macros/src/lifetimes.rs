//! The lifetimes that a type names.

use proc_macro2::Span;
use syn::visit_mut::{self, VisitMut};
use syn::{Lifetime, Type};

/// The type with `lifetime` for each lifetime, as those of where it was written have no meaning outside of it.
pub(crate) fn with_lifetimes(ty: &Type, lifetime: &'static str) -> Type {
    struct Rename(&'static str);

    impl VisitMut for Rename {
        fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
            if lifetime.ident != "static" {
                *lifetime = Lifetime::new(self.0, lifetime.span());
            }
        }

        fn visit_type_reference_mut(&mut self, reference: &mut syn::TypeReference) {
            let name = self.0;
            reference.lifetime.get_or_insert_with(|| Lifetime::new(name, Span::call_site()));
            visit_mut::visit_type_reference_mut(self, reference);
        }
    }

    let mut ty = ty.clone();
    Rename(lifetime).visit_type_mut(&mut ty);
    ty
}

/// Whether a value of the type borrows, as far as the type says so itself.
pub(crate) fn borrows(ty: &Type) -> bool {
    struct Look(bool);

    impl VisitMut for Look {
        fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
            self.0 |= lifetime.ident != "static";
        }

        fn visit_type_reference_mut(&mut self, reference: &mut syn::TypeReference) {
            self.0 |= reference.lifetime.is_none();
            visit_mut::visit_type_reference_mut(self, reference);
        }
    }

    let mut look = Look(false);
    look.visit_type_mut(&mut ty.clone());
    look.0
}
