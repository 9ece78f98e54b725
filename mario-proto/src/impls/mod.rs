//! What travels as a field without anyone's doing: one file a family of types.

mod array;
mod counted;
mod option;
mod scalar;
