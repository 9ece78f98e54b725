//! What may go wrong.

use std::path::Path;

use clap::ValueEnum;
use indicatif::HumanCount;
use serde::Serialize;

use super::Arguments;

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
    /// A handler that panics on every tenth request.
    Panics,
    /// A handler that hangs.
    Hang,
    /// A full disk under the log.
    Disk,
    /// Servers that take over from one another.
    Restarts,
}

impl Fault {
    pub(super) fn name(self) -> &'static str {
        match self {
            Fault::Slowloris => "slowloris",
            Fault::Deaf => "deaf",
            Fault::Resets => "resets",
            Fault::Slots => "slots",
            Fault::Descriptors => "descriptors",
            Fault::Panics => "panics",
            Fault::Hang => "hang",
            Fault::Disk => "disk",
            Fault::Restarts => "restarts",
        }
    }

    /// What was done, so often as the mischief tells.
    pub(super) fn deed(self, done: u64) -> String {
        let count = HumanCount(done);
        match self {
            Fault::Slowloris => format!("{count} connections, a byte a second each"),
            Fault::Deaf => format!("{count} connections, each asks for 6 MB"),
            Fault::Resets => format!("{count} connections are reset"),
            Fault::Slots => format!("{count} connections are refused"),
            Fault::Descriptors => format!("{count} connections, 100 descriptors"),
            Fault::Panics => format!("{count} panics"),
            Fault::Hang => format!("{count} worker hangs all the time"),
            Fault::Disk => "a line for each echo is lost".to_owned(),
            Fault::Restarts => format!("{count} servers take over"),
        }
    }

    /// How many connections each worker of its server has slots for.
    pub(super) fn slots(self, arguments: &Arguments) -> usize {
        match self {
            Fault::Slots => arguments.connections.get() + 1_000,
            _ => 16_384,
        }
    }

    /// What its server is told; without the fault there is nothing wrong with the log's `file`.
    pub(super) fn settings(self, arguments: &Arguments, is_there: bool, file: &Path) -> Vec<String> {
        let own = |path: &Path| path.display().to_string();
        let settings = match self {
            Fault::Slots => ["--connections".to_owned(), self.slots(arguments).to_string()],
            // It has a few of its own.
            Fault::Descriptors => {
                ["--descriptors".to_owned(), (arguments.connections.get() + 120).to_string()]
            }
            Fault::Disk if is_there => ["--log".to_owned(), "/dev/full".to_owned()],
            Fault::Disk => ["--log".to_owned(), own(file)],
            Fault::Restarts => ["--hand-over".to_owned(), own(file)],
            _ => return vec![],
        };
        settings.to_vec()
    }
}
