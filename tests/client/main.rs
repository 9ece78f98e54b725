//! The client that blocks, over real sockets, with servers of the library and servers made by hand.

#[path = "../support/mod.rs"]
mod support;

mod failures;
mod fake;
mod lives;
mod reconnect;
mod replies;
mod requests;

use mario::client::{Builder, Client};
