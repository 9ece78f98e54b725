//! The servers that are compared: one service by three means, mario's with either way to accept.

use clap::ValueEnum;
use serde::Serialize;

use crate::servers::child::ServerProcess;
use crate::system::cpus::Cpus;

/// Slots of each worker of mario's, at least: what `serve` has by default.
const SLOTS: usize = 16_384;

/// Slots beside those of a load's connections: for those that are about to end.
const BESIDE: usize = 1_024;

/// A server that is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Contender {
    /// epoll and nothing else.
    Raw,
    /// mario, whose master accepts.
    Mario,
    /// mario, each of whose workers accepts.
    MarioPerWorker,
    /// tokio.
    Tokio,
}

impl Contender {
    pub(super) fn name(self) -> &'static str {
        match self {
            Contender::Raw => "raw",
            Contender::Mario => "mario",
            Contender::MarioPerWorker => "mario-per-worker",
            Contender::Tokio => "tokio",
        }
    }

    /// Starts it, one worker a core of these, with room for so many connections, and waits until it listens.
    ///
    /// # Errors
    /// It did not start, or did not listen in time.
    pub(super) fn start(self, cpus: &Cpus, connections: usize) -> anyhow::Result<ServerProcess> {
        // The kernel may deal any number to one worker.
        let slots = SLOTS.max(connections + BESIDE).to_string();
        let command: &[&str] = match self {
            Contender::Raw => &["raw"],
            Contender::Mario => &["serve", "--connections", &slots],
            Contender::MarioPerWorker => &["serve", "--accept", "per-worker", "--connections", &slots],
            Contender::Tokio => &["tokio"],
        };
        ServerProcess::start_on(command, cpus)
    }
}
