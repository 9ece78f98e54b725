//! A server for very many long TCP connections: annotate functions, get a master/worker runtime.
#![forbid(unsafe_code)]

// Generated code says `::mario`; inside this crate that is this crate.
extern crate self as mario;

mod buffers;
mod builder;
mod clock;
mod conn;
mod deadlines;
mod desk;
mod dispatch;
mod doorbell;
mod error;
mod exchange;
mod handle;
mod inbox;
mod link;
mod mailbox;
mod master;
mod net;
mod outbox;
mod reason;
mod server;
mod service;
mod signals;
mod slots;
mod stats;
mod stx;
mod sync;
mod threads;
mod worker;

pub use builder::Builder;
pub use conn::Conn;
pub use dispatch::{Commands, Entry};
pub use error::{Error, Result};
pub use handle::ServerHandle;
pub use link::ConnId;
pub use outbox::SendError;
pub use reason::{Close, Reason};
pub use server::Server;
pub use service::{Service, Worker};
pub use stats::Stats;
pub use stx::{Stx, StxError};

pub use mario_macros::{Packet, command, commands};
pub use mario_proto::{self as proto, DecodeError, EncodeError, Frame, FrameError, Packet, Payload};

/// What generated code names; not for users.
#[doc(hidden)]
pub mod __private {
    pub use crate::conn::AnyConn;
    pub use crate::dispatch::{
        Command, Handled, Page, directory, duplicate, entry, page_count, pages, reply,
    };
    pub use mario_proto::__private::*;
}
