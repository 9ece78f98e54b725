//! What can be asked for: one file a command.

mod asking;
mod broadcast;
mod charts;
mod compare;
mod contender;
mod cores;
mod cps;
mod faults;
mod figures;
mod hold;
mod holding;
mod idle;
mod million;
mod open;
mod progress;
mod push;
mod rps;
mod shape;
mod spread;
mod syscalls;
mod users;

use std::process::ExitCode;
use std::time::Duration;

use clap::Subcommand;

use crate::load::failure::Failures;
use crate::servers::{self, Kind};
use crate::system::stop::{INTERRUPTED, Stop};

/// A command, with its arguments.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Runs mario's server, written as a user would.
    Serve {
        #[command(flatten)]
        server: servers::Arguments,
        #[command(flatten)]
        options: servers::mario::Options,
    },
    /// Runs the raw baseline: a minimal server on epoll.
    Raw(servers::Arguments),
    /// Runs the tokio baseline: a task a connection.
    Tokio(servers::Arguments),
    /// Runs mario's server as a gateway has it.
    Gateway {
        #[command(flatten)]
        server: servers::Arguments,
        #[command(flatten)]
        options: servers::gateway::Options,
    },
    /// Runs the baseline of broadcasts: bare writes.
    Writes {
        #[command(flatten)]
        server: servers::Arguments,
        #[command(flatten)]
        options: servers::writes::Options,
    },
    /// Sends requests in a closed loop, and counts the replies.
    Rps(rps::Arguments),
    /// Sends requests at a fixed rate, and tells what a user would have waited.
    Open(open::Arguments),
    /// Connects, logs in and closes, again and again, and counts the connections.
    Cps(cps::Arguments),
    /// Holds very many connections, and closes, opens and asks some of them.
    Hold(hold::Arguments),
    /// Runs mario's server and holds a million connections to it.
    Million(million::Arguments),
    /// Opens connections that log in and are silent, and weighs them.
    Idle(idle::Arguments),
    /// Pushes to single connections of a gateway from threads of its process, and counts what arrives.
    Push(push::Arguments),
    /// Sends messages to all members of a group, and compares that with bare writes.
    Broadcast(broadcast::Arguments),
    /// Logs users in who kick themselves, looks users up, and weighs them.
    Users(users::Arguments),
    /// Runs the servers in turn under the same loads.
    Compare(compare::Arguments),
    /// Counts the system calls that each server makes for a request, by strace.
    Syscalls(syscalls::Arguments),
    /// Does what goes wrong around a server, and tells what others see of it.
    Faults(faults::Arguments),
    /// Runs the server that faults are tried on.
    #[command(hide = true)]
    Patient {
        #[command(flatten)]
        server: servers::Arguments,
        #[command(flatten)]
        options: servers::patient::Options,
    },
}

impl Command {
    /// Does what was asked for.
    ///
    /// # Errors
    /// It can't be done, or not to the end.
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Command::Serve { server, options } => servers::run(&Kind::Mario(options), &server),
            Command::Raw(server) => servers::run(&Kind::Raw, &server),
            Command::Tokio(server) => servers::run(&Kind::Tokio, &server),
            Command::Gateway { server, options } => servers::run(&Kind::Gateway(options), &server),
            Command::Writes { server, options } => servers::run(&Kind::Writes(options), &server),
            Command::Rps(arguments) => arguments.run(),
            Command::Open(arguments) => arguments.run(),
            Command::Cps(arguments) => arguments.run(),
            Command::Hold(arguments) => arguments.run(),
            Command::Million(arguments) => arguments.run(),
            Command::Idle(arguments) => arguments.run(),
            Command::Push(arguments) => arguments.run(),
            Command::Broadcast(arguments) => arguments.run(),
            Command::Users(arguments) => arguments.run(),
            Command::Compare(arguments) => arguments.run(),
            Command::Syscalls(arguments) => arguments.run(),
            Command::Faults(arguments) => arguments.run(),
            Command::Patient { server, options } => servers::run(&Kind::Patient(options), &server),
        }
    }
}

/// How the program ends: well only if the load did what was wanted, and nothing failed.
fn verdict(stop: &Stop, is_good: bool, failures: &Failures) -> ExitCode {
    if stop.is_asked() {
        INTERRUPTED.into()
    } else {
        ExitCode::from(u8::from(!is_good || !failures.is_empty()))
    }
}

/// So many a second, with or without a fraction.
fn rate(text: &str) -> Result<f64, String> {
    const MOST: f64 = 1e9;
    text.parse().ok().filter(|rate| (0.0..=MOST).contains(rate)).ok_or_else(|| "a number from 0 on".into())
}

/// A number of seconds, with or without a fraction.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    const DAY: f64 = 86_400.0;
    match text.parse() {
        Ok(seconds @ 0.0..=DAY) => Ok(Duration::from_secs_f64(seconds)),
        _ => Err("a number of seconds from 0 to 86400".into()),
    }
}
