//! The sample of the original MarioTCP: devices log in, and the server says how many are online.
//!
//! ```text
//! cargo run --release --example maritcp -- --addr 0.0.0.0:8082 --workers 4 --every 60s
//! ```

mod online;

use std::time::Duration;

use clap::Parser;
use mario::{Conn, Packet, Reason, Server, Service, Stx, Worker};
use online::Online;

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

/// The service: its workers share the count of those online.
struct Maritcp {
    online: Online,
}

/// What each connection keeps.
#[derive(Default)]
struct Device {
    logged_in: bool,
}

impl Service for Maritcp {
    type Session = Device;
    type Worker = ();

    fn disconnected(&self, conn: &mut Conn<'_, Self>, _reason: Reason) {
        if conn.session().logged_in {
            self.online.leave(conn.id().worker());
        }
    }

    fn tick(&self, worker: &mut Worker<'_, Self>) {
        if worker.index() == 0 {
            mario::log::info!("{} online", self.online.count());
        }
    }
}

#[derive(Packet)]
struct Login {
    #[allow(dead_code, reason = "the original does not use it either")]
    uid: u16,
}

#[derive(Packet)]
struct LoggedIn;

#[mario::command(0x6101)]
fn login(conn: &mut Conn<'_, Maritcp>, _request: Login) -> LoggedIn {
    if !std::mem::replace(&mut conn.session().logged_in, true) {
        conn.service().online.enter(conn.id().worker());
    }
    LoggedIn
}

fn main() -> anyhow::Result<()> {
    let Arguments { addr, workers, connections, timeout, every, token } = Arguments::parse();
    mario::log::init(mario::log::Config::default())?;
    let server = Server::builder(Maritcp { online: Online::new(workers) }, mario::commands![login])
        .bind(addr)
        .workers(workers)
        .connections(connections)
        .read_timeout(timeout)
        .tick(every)
        .stx(token)
        .stop_on_signals()
        .start()?;
    println!("listening on {}", server.local_addr());
    server.join()?;
    Ok(())
}
