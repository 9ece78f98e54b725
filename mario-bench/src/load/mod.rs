//! The clients: they connect, ask, and compare every reply with what it should be.

pub(crate) mod dial;
pub(crate) mod echo;
pub(crate) mod failure;
mod replies;
