//! What is asked of the operating system beside sockets.

pub(crate) mod cpus;
pub(crate) mod limits;
pub(crate) mod process;
pub(crate) mod stop;
