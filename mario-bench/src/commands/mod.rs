//! What can be asked for: one file a command.

mod compare;
mod idle;
mod rps;

use std::process::ExitCode;
use std::time::Duration;

use clap::Subcommand;

use crate::servers::{self, Kind};

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
    /// Sends requests in a closed loop, and counts the replies.
    Rps(rps::Arguments),
    /// Opens connections that log in and are silent, and weighs them.
    Idle(idle::Arguments),
    /// Runs the servers in turn under the same loads.
    Compare(compare::Arguments),
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
            Command::Rps(arguments) => arguments.run(),
            Command::Idle(arguments) => arguments.run(),
            Command::Compare(arguments) => arguments.run(),
        }
    }
}

/// A number of seconds, with or without a fraction.
fn seconds(text: &str) -> Result<Duration, String> {
    const DAY: f64 = 86_400.0;
    match text.parse() {
        Ok(seconds @ 0.0..=DAY) => Ok(Duration::from_secs_f64(seconds)),
        _ => Err("a number of seconds from 0 to 86400".into()),
    }
}
