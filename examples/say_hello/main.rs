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

/// Greets by name, and counts the calls of each connection.
#[derive(Parser)]
struct Arguments {
    /// Where the server listens; for it, port 0 lets the system choose.
    #[arg(long, global = true, default_value = "127.0.0.1:8082")]
    addr: String,
    #[command(subcommand)]
    task: Option<Task>,
}

#[derive(Subcommand)]
enum Task {
    /// Only serve.
    Serve {
        /// Threads that serve; by default one for each core.
        #[arg(long)]
        workers: Option<usize>,
    },
    /// Only call.
    Call {
        /// Who is to be greeted.
        name: String,
    },
}

fn main() -> anyhow::Result<()> {
    let Arguments { addr, task } = Arguments::parse();
    match task {
        Some(Task::Serve { workers }) => server::start(&addr, workers)?.join()?,
        Some(Task::Call { name }) => client::call(&addr, &name)?,
        None => {
            let server = server::start(&addr, None)?;
            client::call(&server.local_addr().to_string(), "Mario")?;
            println!("\nserving on; call it with `cargo run --release --example say_hello -- call NAME`");
            server.join()?;
        }
    }
    Ok(())
}
