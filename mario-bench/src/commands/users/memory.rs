//! What a user weighs, and a member of a group; of a member, 8 bytes are in the gateway's own list of the crowd.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, ensure};
use mario::proto::{Payload, Request, frame_to_vec};
use serde::Serialize;

use crate::commands::progress::Progress;
use crate::load::dial::Dialer;
use crate::orders::Join;
use crate::report::Figure;
use crate::servers::child::ServerProcess;
use crate::system::process;
use crate::system::stop::Stop;
use crate::wire;

/// Resident bytes of the server.
#[derive(Debug, Serialize)]
pub(super) struct Memory {
    users: usize,
    connected: u64,
    bound: u64,
    joined: u64,
    bytes_per_user: f64,
    bytes_per_member: f64,
}

/// Opens connections, logs all in, then has all join a group, and weighs the server before and after.
///
/// # Errors
/// One can't be opened, or is answered wrong, or the server can't be weighed.
pub(super) fn weigh(
    server: &ServerProcess,
    users: usize,
    timeout: Duration,
    stop: &Stop,
) -> anyhow::Result<(Memory, Vec<TcpStream>)> {
    let weigh = || process::resident(server.pid()).context("weighing the server");
    let mut streams = connect(server, users, timeout, stop)?;
    let connected = weigh()?;
    for (number, stream) in streams.iter_mut().enumerate() {
        ask(stream, &wire::login(number as u16), &wire::LOGIN_REPLY)?;
    }
    let bound = weigh()?;
    let joins = frame_to_vec(wire::TOKEN, Join::COMMAND, &Payload(&[]))?;
    for stream in &mut streams {
        ask(stream, &joins, &joins)?;
    }
    let joined = weigh()?;
    let each = |from: u64, to: u64| (to as f64 - from as f64) / streams.len().max(1) as f64;
    let memory = Memory {
        users: streams.len(),
        connected,
        bound,
        joined,
        bytes_per_user: each(connected, bound),
        bytes_per_member: each(bound, joined),
    };
    Ok((memory, streams))
}

/// Each has been answered once, so that what a connection itself takes is laid out.
fn connect(
    server: &ServerProcess,
    users: usize,
    timeout: Duration,
    stop: &Stop,
) -> anyhow::Result<Vec<TcpStream>> {
    let dialer = Dialer::new(server.addr(), timeout);
    let progress = Progress::of_count("opening", users);
    let echo = wire::echo(0)?;
    let mut streams = Vec::with_capacity(users);
    while streams.len() < users && !stop.is_asked() {
        let number = streams.len();
        streams.push(dialer.ask(number, &echo, &echo).with_context(|| format!("connection {}", number + 1))?);
        progress.count(streams.len() as u64);
    }
    Ok(streams)
}

fn ask(stream: &mut TcpStream, request: &[u8], reply: &[u8]) -> anyhow::Result<()> {
    let mut came = vec![0; reply.len()];
    stream.write_all(request).and_then(|()| stream.read_exact(&mut came)).context("asking a connection")?;
    ensure!(came == reply, "a connection was answered wrong");
    Ok(())
}

impl Memory {
    /// For people.
    pub(super) fn figures(&self) -> Vec<Figure> {
        vec![
            Figure::new("a bound user", format!("{:.0} bytes of the server", self.bytes_per_user)),
            Figure::new("a group member", format!("{:.0} bytes of the server", self.bytes_per_member)),
        ]
    }

    /// Whether all users were weighed.
    pub(super) fn is_complete(&self) -> bool {
        self.users > 0 && self.joined > 0
    }
}
