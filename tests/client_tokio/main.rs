//! The client on tokio: what the one that blocks is tested for, and what only futures can do.

#[path = "../support/mod.rs"]
mod support;

#[path = "../client/failures.rs"]
mod failures;
#[path = "../client/fake.rs"]
mod fake;
#[path = "../client/lives.rs"]
mod lives;
#[path = "../client/reconnect.rs"]
mod reconnect;
#[path = "../client/replies.rs"]
mod replies;
#[path = "../client/requests.rs"]
mod requests;

mod blocked;
mod futures;

use blocked::{Builder, Client};
