//! The tests that stand in the chat's files. As an example with tests it would be built as a test alone, and nothing would be
//! there for `examples.rs` to run.

#![allow(dead_code, reason = "its main function is not here")]

#[path = "../examples/chat/client.rs"]
mod client;
#[path = "../examples/chat/packets.rs"]
mod packets;
#[path = "../examples/chat/room.rs"]
mod room;
#[path = "../examples/chat/screen.rs"]
mod screen;
#[path = "../examples/chat/server.rs"]
mod server;
