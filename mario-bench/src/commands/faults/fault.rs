//! What may go wrong.

use std::path::Path;

use clap::ValueEnum;
use indicatif::HumanCount;
use serde::Serialize;

use super::Arguments;
use crate::servers::mario::Acceptor;
use crate::servers::patient::Options;

/// Frames that a connection sends at once which is too fast.
pub(super) const FRAMES: u32 = 1_000;

/// The same for bytes: so many frames of a kilobyte.
pub(super) const LONG_FRAMES: usize = 100;

/// What goes wrong beside the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Fault {
    /// Connections whose bytes trickle.
    Slowloris,
    /// Connections that do not read.
    Deaf,
    /// Connections that are reset.
    Resets,
    /// Connections for which there is no slot.
    Slots,
    /// Connections for which there is no descriptor.
    Descriptors,
    /// Connections of an address that has too many.
    Addresses,
    /// Connections that come too fast.
    AcceptRate,
    /// Frames that come too fast.
    Frames,
    /// Bytes that come too fast.
    Bytes,
    /// A handler that panics on every tenth request.
    Panics,
    /// A handler that hangs.
    Hang,
    /// A full disk under the log.
    Disk,
    /// Servers that take over from one another, while connections come and go.
    Restarts,
    /// The same while connections stay as long as they may.
    Takeovers,
    /// Servers that are terminated and started again.
    Terminations,
}

impl Fault {
    pub(super) fn name(self) -> &'static str {
        match self {
            Fault::Slowloris => "slowloris",
            Fault::Deaf => "deaf",
            Fault::Resets => "resets",
            Fault::Slots => "slots",
            Fault::Descriptors => "descriptors",
            Fault::Addresses => "addresses",
            Fault::AcceptRate => "accept-rate",
            Fault::Frames => "frames",
            Fault::Bytes => "bytes",
            Fault::Panics => "panics",
            Fault::Hang => "hang",
            Fault::Disk => "disk",
            Fault::Restarts => "restarts",
            Fault::Takeovers => "takeovers",
            Fault::Terminations => "terminations",
        }
    }

    /// What was done, so often as the mischief tells.
    pub(super) fn deed(self, done: u64) -> String {
        let count = HumanCount(done);
        match self {
            Fault::Slowloris => format!("{count} connections, a byte a second each"),
            Fault::Deaf => format!("{count} connections, each asks for 6 MB"),
            Fault::Resets => format!("{count} connections are reset"),
            Fault::Slots | Fault::Addresses | Fault::AcceptRate => {
                format!("{count} connections are refused")
            }
            Fault::Frames => {
                format!("{count} connections, each sends {FRAMES} frames at once, again and again")
            }
            Fault::Bytes => format!("{count} connections, each sends 100 KB at once, again and again"),
            Fault::Descriptors => format!("{count} connections, 100 descriptors"),
            Fault::Panics => format!("{count} panics"),
            Fault::Hang => format!("{count} worker hangs all the time"),
            Fault::Disk => "a line for each echo is lost".to_owned(),
            Fault::Restarts | Fault::Takeovers => format!("{count} servers take over"),
            Fault::Terminations => format!("{count} servers end, and others start then"),
        }
    }

    /// How many others there have to be, as one of a few is itself faster than anybody may be.
    pub(super) fn fewest_others(self) -> usize {
        if matches!(self, Fault::Frames | Fault::Bytes) { 20 } else { 1 }
    }

    /// Whether it can be tried on a server whose connections are accepted so. Listeners of workers are dealt to by the
    /// kernel, which does not know that a worker hangs: those who come to it wait until it comes round.
    pub(super) fn is_for(self, accept: Acceptor) -> bool {
        self != Fault::Hang || accept == Acceptor::Master
    }

    /// What its server is told; without the fault there is nothing wrong with the log's `file`.
    pub(super) fn options(self, arguments: &Arguments, is_there: bool, file: &Path) -> Options {
        let others = arguments.connections.get();
        let mut options = Options {
            connections: 16_384,
            accept: arguments.accept,
            descriptors: None,
            log: None,
            hand_over: None,
            drains: false,
            per_address: None,
            accept_rate: None,
            frame_rate: None,
            byte_rate: None,
        };
        match self {
            Fault::Slots => options.connections = others + 1_000,
            // It has a few of its own.
            Fault::Descriptors => options.descriptors = Some(others as u64 + 120),
            Fault::Addresses => options.per_address = Some(others as u32 + 1_000),
            // The others come at once.
            Fault::AcceptRate => options.accept_rate = Some((others as u32).div_ceil(5)),
            Fault::Frames => options.frame_rate = Some(20 * FRAMES),
            Fault::Bytes => options.byte_rate = Some(2_000_000),
            Fault::Disk if is_there => options.log = Some("/dev/full".into()),
            Fault::Disk => options.log = Some(file.to_owned()),
            Fault::Restarts | Fault::Takeovers => {
                (options.hand_over, options.drains) = (Some(file.to_owned()), true);
            }
            Fault::Terminations => options.drains = true,
            Fault::Slowloris | Fault::Deaf | Fault::Resets | Fault::Panics | Fault::Hang => {}
        }
        options
    }
}
