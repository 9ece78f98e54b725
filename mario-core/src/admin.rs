//! A listener for operators: what the server tells of itself, as text.

use std::fmt::Write as _;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::connections::SlowConnection;
use crate::error::{Error, Result};
use crate::handle::ServerHandle;
use crate::threads;

/// The longest request that is read, in bytes.
const LONGEST: usize = 4096;

/// What is read and thrown away of a client that goes on sending, in bytes.
const MOST_DISCARDED: u64 = 64 << 10;

/// How long a client may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// How many connections are shown.
const SLOWEST: usize = 20;

const HELP: &str = "/          overview\n\
                    /metrics   for Prometheus\n\
                    /commands  what the service can be asked\n\
                    /slowest   connections for which most waits\n";

/// The listener at work: one client at a time, on a thread of its own.
#[derive(Debug)]
pub(crate) struct Admin {
    addr: SocketAddr,
    is_over: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Admin {
    /// Begins to listen; only on this machine, as nobody is asked who they are.
    pub(crate) fn start(address: SocketAddr, server: ServerHandle) -> Result<Admin> {
        if !address.ip().is_loopback() {
            return Err(Error::AdminAddress(address));
        }
        let opened = TcpListener::bind(address).and_then(|listener| Ok((listener.local_addr()?, listener)));
        let (addr, listener) = opened.map_err(|source| Error::Bind { address, source })?;
        let is_over = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&is_over);
        let thread = threads::spawn("mario-admin", move || {
            for client in listener.incoming() {
                if over.load(Ordering::Acquire) {
                    return;
                }
                let served = client.and_then(|client| serve(client, &server));
                if let Err(error) = served {
                    log::debug!("a client of the admin listener was not served: {error}");
                }
            }
        })?;
        Ok(Admin { addr, is_over, thread })
    }

    pub(crate) fn local_addr(&self) -> SocketAddr {
        self.addr
    }

    pub(crate) fn end(self) -> Result<()> {
        self.is_over.store(true, Ordering::Release);
        // So that it looks. If that fails, nobody listens.
        let _ = TcpStream::connect_timeout(&self.addr, PATIENCE);
        threads::join(self.thread)
    }
}

fn serve(mut client: TcpStream, server: &ServerHandle) -> io::Result<()> {
    client.set_read_timeout(Some(PATIENCE))?;
    client.set_write_timeout(Some(PATIENCE))?;
    let request = read(&mut client)?;
    let words: Vec<_> = request.split_ascii_whitespace().collect();
    let (is_http, path) = match words[..] {
        ["GET", path, ..] => (true, path),
        [path] => (false, path),
        _ => (request.contains("HTTP/"), "?"),
    };
    let (status, kind, body) = answer(path, server);
    if is_http {
        let length = body.len();
        write!(
            client,
            "HTTP/1.0 {status}\r\nContent-Type: {kind}; charset=utf-8\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
        )?;
    }
    client.write_all(body.as_bytes())?;
    // Closing with unread input would reset the connection, and could cost the client the answer.
    client.shutdown(Shutdown::Write)?;
    io::copy(&mut client.take(MOST_DISCARDED), &mut io::sink())?;
    Ok(())
}

/// The first line of what a client sends.
fn read(client: &mut TcpStream) -> io::Result<String> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 512]);
    let is_whole = |bytes: &[u8]| match bytes.starts_with(b"GET ") {
        true => bytes.windows(4).any(|end| end == b"\r\n\r\n"),
        false => bytes.contains(&b'\n'),
    };
    while !is_whole(&bytes) && bytes.len() < LONGEST {
        match client.read(&mut buffer)? {
            0 => break,
            count => bytes.extend(&buffer[..count]),
        }
    }
    Ok(String::from_utf8_lossy(&bytes).lines().next().unwrap_or_default().to_owned())
}

fn answer(path: &str, server: &ServerHandle) -> (&'static str, &'static str, String) {
    match path.trim_matches('/') {
        "" => ("200 OK", "text/plain", server.metrics().to_string()),
        "metrics" => ("200 OK", "text/plain; version=0.0.4", server.metrics().to_prometheus()),
        "commands" => ("200 OK", "text/plain", commands(server)),
        "slowest" => ("200 OK", "text/plain", slowest(server)),
        _ => ("404 Not Found", "text/plain", HELP.to_owned()),
    }
}

fn commands(server: &ServerHandle) -> String {
    let mut text = String::new();
    for command in server.commands() {
        let request = command.request.map_or("-", |request| request.name);
        let reply = command.reply.map_or("-", |reply| reply.name);
        // Writing to a string can't fail.
        let _ = writeln!(text, "{:#06x} {:<24} {request} -> {reply}", command.id, command.name);
    }
    text
}

fn slowest(server: &ServerHandle) -> String {
    let mut text = format!("{:<16} {:<32} {:<22} {:>10}\n", "connection", "peer", "user", "waiting");
    for SlowConnection { id, peer, user, waiting } in server.connections().slowest(SLOWEST, PATIENCE) {
        let user = user.map(|user| user.to_string()).unwrap_or_default();
        let (id, peer) = (id.to_string(), peer.to_string());
        let _ = writeln!(text, "{id:<16} {peer:<32} {user:<22} {waiting:>10}");
    }
    text
}
