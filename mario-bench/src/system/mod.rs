//! What is asked of the operating system beside sockets.

pub(crate) mod cpus;
pub(crate) mod epoll;
pub(crate) mod limits;
pub(crate) mod listener;
pub(crate) mod machine;
pub(crate) mod process;
pub(crate) mod stop;
pub(crate) mod strace;
pub(crate) mod weight;
