//! The sample of the original MarioTCP: devices log in, and the server says how many are online.
//!
//! ```text
//! cargo run --release --example maritcp -- --addr 0.0.0.0:8082 --workers 4 --every 60s
//! ```

mod online;
mod server;

use std::time::Duration;

use clap::Parser;
use mario::Stx;

/// Counts the devices that are online.
#[derive(Parser)]
struct Arguments {
    /// Where to listen; port 0 lets the system choose.
    #[arg(long, default_value = "127.0.0.1:8082")]
    addr: String,
    /// Threads that serve.
    #[arg(long, default_value_t = 4)]
    workers: usize,
    /// Connections that each of them has slots for.
    #[arg(long, default_value_t = 16_384)]
    connections: usize,
    /// How long a device may be silent.
    #[arg(long, default_value = "300s", value_parser = humantime::parse_duration)]
    timeout: Duration,
    /// How often the number of those online is written.
    #[arg(long, default_value = "60s", value_parser = humantime::parse_duration)]
    every: Duration,
    /// The token that begins each frame.
    #[arg(long, default_value = "0x8eb69af7")]
    token: Stx,
}

fn main() -> anyhow::Result<()> {
    let Arguments { addr, workers, connections, timeout, every, token } = Arguments::parse();
    mario::log::init(mario::log::Config::default())?;
    let server = server::server(workers, timeout)
        .bind(addr)
        .connections(connections)
        .tick(every)
        .stx(token)
        .stop_on_signals()
        .start()?;
    println!("listening on {}", server.local_addr());
    server.join()?;
    Ok(())
}
