//! A push gateway: devices stay connected, and operators push to a device, a topic or all of them by HTTP.
//!
//! ```text
//! cargo run --release -p push -- serve                        devices on port 8082, operators on port 8080
//! cargo run --release -p push -- device 7 --topic news        a device, which prints what it is pushed
//! curl -d 'good morning' 'http://127.0.0.1:8080/device/7'
//! curl -d 'it rains'     'http://127.0.0.1:8080/topic/news'
//! curl -d 'we close'     'http://127.0.0.1:8080/all'
//! curl 'http://127.0.0.1:8080/'                                      how many are online, pushed and delivered
//! ```

mod device;
mod gateway;
mod operators;
mod packets;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use clap::{Parser, Subcommand};

/// A push gateway, and a device.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Serve devices and operators.
    Serve {
        /// Where devices connect; port 0 lets the system choose.
        #[arg(long, default_value = "127.0.0.1:8082")]
        addr: String,
        /// Where operators push by HTTP. They are not asked who they are: let nobody else reach it.
        #[arg(long, default_value = "127.0.0.1:8080")]
        operators: SocketAddr,
    },
    /// Be a device.
    Device {
        /// Its number.
        id: u64,
        /// A topic that it wants to hear of; can be given several times.
        #[arg(long = "topic")]
        topics: Vec<String>,
        /// Where the gateway listens.
        #[arg(long, default_value = "127.0.0.1:8082")]
        addr: String,
        /// End after so many pushes.
        #[arg(long)]
        count: Option<usize>,
    },
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().task {
        Task::Serve { addr, operators } => {
            mario::log::init(mario::log::Config::default())?;
            let deliveries = Arc::new(AtomicU64::new(0));
            let server = gateway::start(&addr, Arc::clone(&deliveries))?;
            println!("listening on {}", server.local_addr());
            let operators = operators::start(operators, server.connections(), deliveries)?;
            println!("operators push to http://{operators}");
            server.join()?;
            Ok(())
        }
        Task::Device { id, topics, addr, count } => device::run(&addr, id, &topics, count),
    }
}
