//! A listener for operators: what the server tells of itself, as text.

use std::fmt::{self, Write as _};
use std::io::{self, Read, Write};
use std::net::{self, Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use mio::net::TcpListener;
use mio::{Interest, Token};

use crate::error::{Error, Result};
use crate::mail::connections::SlowConnection;
use crate::net::uninterrupted;
use crate::server::control::ThreadStop;
use crate::server::handle::ServerHandle;
use crate::threads::{self, system};

/// The longest request that is read, in bytes.
const LONGEST: usize = 4096;

/// What is read and thrown away of a client that goes on sending, in bytes.
const MOST_DISCARDED: u64 = 64 << 10;

/// How long a client may take, all in all.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long accepting pauses after the system had no descriptors or memory.
const PAUSE: Duration = Duration::from_millis(100);

/// How many connections are shown.
const SLOWEST: usize = 20;

const HELP: &str = "/          overview\n\
                    /metrics   for Prometheus\n\
                    /commands  what the service can be asked\n\
                    /slowest   connections for which most waits\n";

/// The listener at work: one client at a time, on a thread of its own.
pub(crate) struct Admin {
    addr: SocketAddr,
    stop: Arc<ThreadStop>,
    thread: JoinHandle<()>,
}

impl Admin {
    /// Begins to answer.
    pub(crate) fn start(listener: net::TcpListener, server: ServerHandle) -> Result<Admin> {
        let addr = listener.local_addr().map_err(system("learn the admin listener's address"))?;
        let desk = listener.set_nonblocking(true).and_then(|()| Desk::new(TcpListener::from_std(listener)));
        let (desk, waker) = desk.map_err(system("watch the admin listener"))?;
        let stop = Arc::new(ThreadStop::new(waker));
        let is_over = Arc::clone(&stop.flag);
        let thread = threads::spawn("mario-admin", move || desk.run(&server, &is_over))?;
        Ok(Admin { addr, stop, thread })
    }

    pub(crate) fn local_addr(&self) -> SocketAddr {
        self.addr
    }

    /// What makes it answer nobody any more.
    pub(crate) fn stop(&self) -> Arc<ThreadStop> {
        Arc::clone(&self.stop)
    }

    /// Ends it, at the latest once the client that is served has lost its time.
    pub(crate) fn end(self) -> Result<()> {
        self.stop.stop();
        threads::join(self.thread)
    }
}

/// Begins to listen, or takes over where the server before has listened. Only on this machine, as nobody is asked who they
/// are.
pub(crate) fn open(address: SocketAddr, inherited: Option<net::TcpListener>) -> Result<net::TcpListener> {
    if !address.ip().is_loopback() {
        return Err(Error::AdminAddress(address));
    }
    match inherited {
        Some(listener) => Ok(listener),
        None => net::TcpListener::bind(address).map_err(|source| Error::Bind { address, source }),
    }
}

impl fmt::Debug for Admin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admin").field("addr", &self.addr).finish_non_exhaustive()
    }
}

/// Where clients come one after another.
struct Desk {
    listener: TcpListener,
    poll: mio::Poll,
}

impl Desk {
    /// A desk, and what ends a wait at it from any thread.
    fn new(mut listener: TcpListener) -> io::Result<(Desk, mio::Waker)> {
        let poll = mio::Poll::new()?;
        poll.registry().register(&mut listener, Token(0), Interest::READABLE)?;
        let waker = mio::Waker::new(poll.registry(), Token(1))?;
        Ok((Desk { listener, poll }, waker))
    }

    fn run(mut self, server: &ServerHandle, is_over: &AtomicBool) {
        let mut events = mio::Events::with_capacity(4);
        while !is_over.load(Ordering::Acquire) {
            // The system may have nothing to accept with: then it is asked again after a while.
            let wait = match uninterrupted(|| self.listener.accept()) {
                Ok((stream, _)) => {
                    if let Err(error) = Client::new(stream.into()).and_then(|client| serve(client, server)) {
                        log::debug!("a client of the admin listener was not served: {error}");
                    }
                    continue;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => None,
                Err(_) => Some(PAUSE),
            };
            if let Err(error) = uninterrupted(|| self.poll.poll(&mut events, wait)) {
                return log::error!("waiting for clients of the admin listener failed: {error}");
            }
        }
    }
}

/// A client that has to be done by a certain time.
struct Client {
    stream: TcpStream,
    end: Instant,
}

impl Client {
    fn new(stream: TcpStream) -> io::Result<Client> {
        stream.set_nonblocking(false)?;
        Ok(Client { stream, end: Instant::now() + PATIENCE })
    }

    fn left(&self) -> io::Result<Option<Duration>> {
        match self.end.checked_duration_since(Instant::now()) {
            Some(left) if !left.is_zero() => Ok(Some(left)),
            _ => Err(io::ErrorKind::TimedOut.into()),
        }
    }
}

impl Read for Client {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(self.left()?)?;
        self.stream.read(into)
    }
}

impl Write for Client {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(self.left()?)?;
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn serve(mut client: Client, server: &ServerHandle) -> io::Result<()> {
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
    client.stream.shutdown(Shutdown::Write)?;
    io::copy(&mut client.take(MOST_DISCARDED), &mut io::sink())?;
    Ok(())
}

/// The first line of what a client sends.
fn read(client: &mut Client) -> io::Result<String> {
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
    let (connection, peer, user, waiting, stalled) = ("connection", "peer", "user", "waiting", "stalled for");
    let mut text = format!("{connection:<16} {peer:<32} {user:<22} {waiting:>10} {stalled:>12}\n");
    for SlowConnection { id, peer, user, waiting, stalled_for } in
        server.connections().slowest(SLOWEST, PATIENCE)
    {
        let user = user.map(|user| user.to_string()).unwrap_or_default();
        let (id, peer, stalled) = (id.to_string(), peer.to_string(), format!("{stalled_for:.1?}"));
        let _ = writeln!(text, "{id:<16} {peer:<32} {user:<22} {waiting:>10} {stalled:>12}");
    }
    text
}
