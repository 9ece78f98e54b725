//! The guide's sample: a server that greets by name, and a client that calls it.
//!
//! ```text
//! cargo run --release --example say_hello                                  serves, and calls itself once
//! cargo run --release --example say_hello -- serve --addr 127.0.0.1:8082   only serves
//! cargo run --release --example say_hello -- call Mario                    only calls
//! ```

mod client;
mod packets;
mod server;

use clap::{Parser, Subcommand};

const ADDRESS: &str = "127.0.0.1:8082";

/// Greets by name, and counts the calls of each connection.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    task: Option<Task>,
}

#[derive(Subcommand)]
enum Task {
    /// Only serve.
    Serve {
        /// Where to listen; port 0 lets the system choose.
        #[arg(long, default_value = ADDRESS)]
        addr: String,
        /// Threads that serve; by default one for each core.
        #[arg(long)]
        workers: Option<usize>,
    },
    /// Only call.
    Call {
        /// Who is to be greeted.
        name: String,
        /// Where the server listens.
        #[arg(long, default_value = ADDRESS)]
        addr: String,
    },
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().task {
        Some(Task::Serve { addr, workers }) => server::start(&addr, workers)?.join()?,
        Some(Task::Call { name, addr }) => client::call(&addr, &name)?,
        None => {
            let server = server::start(ADDRESS, None)?;
            client::call(ADDRESS, "Mario")?;
            println!("\nserving on; call it with `cargo run --release --example say_hello -- call NAME`");
            server.join()?;
        }
    }
    Ok(())
}
