//! A chat with rooms, names and history: the server, and a client with a live screen.
//!
//! ```text
//! cargo run --release -p chat -- serve
//! cargo run --release -p chat -- join lobby --name Ann      in one terminal
//! cargo run --release -p chat -- join lobby --name Bob      in another
//! echo 'hello' | cargo run --release -p chat -- join lobby --name Eve
//! ```

mod client;
mod packets;
mod plain;
mod room;
mod screen;
mod server;

use std::io::{IsTerminal, stdin, stdout};

use clap::{Parser, Subcommand};

const ADDRESS: &str = "127.0.0.1:8082";

/// A chat with rooms.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Serve.
    Serve {
        /// Where to listen; port 0 lets the system choose.
        #[arg(long, default_value = ADDRESS)]
        addr: String,
    },
    /// Enter a room.
    Join {
        /// Its name, of at most 22 bytes.
        room: String,
        /// What the others call you.
        #[arg(long)]
        name: String,
        /// Where the server listens.
        #[arg(long, default_value = ADDRESS)]
        addr: String,
    },
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().task {
        Task::Serve { addr } => {
            mario::log::init(mario::log::Config::default())?;
            let server = server::start(&addr)?;
            println!("listening on {}", server.local_addr());
            Ok(server.join()?)
        }
        Task::Join { room, name, addr } => {
            let visitor = client::Visitor::enter(&addr, &room, &name)?;
            if stdin().is_terminal() && stdout().is_terminal() {
                screen::run(visitor, &room)
            } else {
                plain::run(visitor)
            }
        }
    }
}
