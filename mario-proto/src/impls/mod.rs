//! What travels as a field without anyone's doing: one file a family of types.

mod array;
mod list;
mod option;
mod scalar;
mod text;
