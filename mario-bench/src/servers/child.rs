//! A server in a process of its own, which ends with this value at the latest.

use std::env;
use std::io::{BufRead, BufReader};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};

use super::LISTENING;
use crate::system::cpus::Cpus;

/// How long a server may take until it listens, and until it has ended.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where they listen, on a port that the system chooses.
pub(crate) const LOOPBACK: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// A server that was started and listens.
pub(crate) struct ServerProcess {
    child: Child,
    addr: SocketAddr,
}

impl ServerProcess {
    /// Starts this program with a command and its arguments, one worker a core of these, and waits until it listens.
    ///
    /// # Errors
    /// It did not start, or did not listen in time.
    pub(crate) fn start_on(command: &[&str], cpus: &Cpus) -> anyhow::Result<ServerProcess> {
        let (workers, cpus) = (cpus.count().to_string(), cpus.to_string());
        Self::start_with(&[command, &["--workers", &workers, "--cpus", &cpus]].concat())
    }

    /// Starts a gateway, one worker a core of these, each with so many slots, and waits until it listens.
    ///
    /// # Errors
    /// It did not start, or did not listen in time.
    pub(crate) fn gateway_on(cpus: &Cpus, connections: usize) -> anyhow::Result<ServerProcess> {
        let (workers, connections) = (cpus.count().to_string(), connections.to_string());
        let cpus = cpus.to_string();
        Self::start(["gateway", "--workers", &workers, "--cpus", &cpus, "--connections", &connections])
    }

    /// Starts this program with a command and its arguments, and waits until it listens.
    ///
    /// # Errors
    /// It did not start, or did not listen in time.
    pub(crate) fn start<const N: usize>(arguments: [&str; N]) -> anyhow::Result<ServerProcess> {
        Self::start_with(&arguments)
    }

    /// The same for any number of arguments.
    ///
    /// # Errors
    /// The same.
    pub(crate) fn start_with(arguments: &[&str]) -> anyhow::Result<ServerProcess> {
        Self::start_at(LOOPBACK, arguments)
    }

    /// The same at an address where there was one before.
    ///
    /// # Errors
    /// The same.
    pub(crate) fn start_at(addr: SocketAddr, arguments: &[&str]) -> anyhow::Result<ServerProcess> {
        let command = arguments.join(" ");
        let program = env::current_exe().context("finding this program")?;
        let mut child = Command::new(program)
            .args(arguments)
            .args(["--addr", &addr.to_string(), "--end-with-parent"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            // Ctrl-C is for this process, which ends that one when it has its results.
            .process_group(0)
            .spawn()
            .with_context(|| format!("starting the server `{command}`"))?;
        let stdout = child.stdout.take();
        let mut server = ServerProcess { child, addr: LOOPBACK };
        server.addr = stdout
            .ok_or_else(|| anyhow!("it has no output"))
            .and_then(listening)
            .with_context(|| format!("waiting for the server `{command}` to listen"))?;
        Ok(server)
    }

    /// Where it listens.
    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The number of its process.
    pub(crate) fn pid(&self) -> i32 {
        self.child.id() as i32
    }

    /// Asks it to end.
    ///
    /// # Errors
    /// It has ended before.
    pub(crate) fn terminate(&self) -> anyhow::Result<()> {
        kill_process(Pid::from_child(&self.child), Signal::TERM).context("asking a server to end")
    }

    /// Waits until it has ended by itself, well.
    ///
    /// # Errors
    /// It does not end in time, or not well.
    pub(crate) fn finish(mut self) -> anyhow::Result<()> {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait().context("waiting for a server to end")? {
                ensure!(status.success(), "a server that was to end well has not: {status}");
                return Ok(());
            }
            thread::sleep(Duration::from_millis(1));
        }
        bail!("a server that was to end has not in {PATIENCE:?}")
    }

    /// Ends it: first it is asked, then it is made to.
    fn end(&mut self) {
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let asked = Instant::now();
        while asked.elapsed() < PATIENCE {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(Duration::from_millis(1));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        self.end();
    }
}

/// The address that the server prints once it listens. What it prints later is read and dropped.
fn listening(stdout: ChildStdout) -> anyhow::Result<SocketAddr> {
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    let began = Instant::now();
    loop {
        match lines.recv_timeout(PATIENCE.saturating_sub(began.elapsed())) {
            Ok(line) => {
                if let Some(addr) = line.strip_prefix(LISTENING) {
                    return Ok(addr.parse()?);
                }
            }
            Err(mpsc::RecvTimeoutError::Timeout) => return Err(anyhow!("it did not in {PATIENCE:?}")),
            Err(mpsc::RecvTimeoutError::Disconnected) => return Err(anyhow!("it ended before")),
        }
    }
}
