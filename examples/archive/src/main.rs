//! An archive of texts in a database: handlers spawn futures, which ask SQLite and answer later.
//!
//! ```text
//! cargo run --release -p archive -- serve --file archive.db
//! cargo run --release -p archive -- put colour green
//! cargo run --release -p archive -- get colour
//! ```

mod client;
mod database;
mod packets;
mod server;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Keeps texts by their keys.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Serve.
    Serve {
        /// The database; made if there is none.
        #[arg(long, default_value = "archive.db")]
        file: PathBuf,
        #[command(flatten)]
        at: At,
    },
    /// Keep a text under a key.
    Put {
        key: String,
        text: String,
        #[command(flatten)]
        at: At,
    },
    /// Print the text of a key.
    Get {
        key: String,
        #[command(flatten)]
        at: At,
    },
}

#[derive(Args)]
struct At {
    /// Where the server listens; for the server, port 0 lets the system choose.
    #[arg(long, default_value = "127.0.0.1:8082")]
    addr: String,
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().task {
        Task::Serve { file, at } => server::run(&file, &at.addr),
        Task::Put { key, text, at } => client::put(&at.addr, &key, &text),
        Task::Get { key, at } => client::get(&at.addr, &key),
    }
}
