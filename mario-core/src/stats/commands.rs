//! What is counted for each command: in rows that are laid out at the start.

use super::{Counter, Times};
use crate::dispatch::Commands;
use crate::service::Service;

/// The counters of one worker, a row for each place that its table of commands has.
#[derive(Debug)]
pub(crate) struct CommandCounters {
    rows: Box<[Row]>,
    /// The places of the commands, in the order of their list.
    places: Box<[usize]>,
}

/// What is counted for one command.
#[derive(Debug, Default)]
pub(crate) struct Row {
    pub(crate) requests: Counter,
    pub(crate) denied: Counter,
    pub(crate) malformed: Counter,
    pub(crate) panics: Counter,
    /// How long its handler took, if that is asked for.
    pub(crate) times: Option<Box<Times>>,
}

impl CommandCounters {
    /// Counters for all of `commands`, with the times of their handlers if they are `timed`.
    pub(crate) fn new<S: Service>(commands: &Commands<S>, timed: bool) -> Self {
        let mut rows: Box<[Row]> = (0..commands.places()).map(|_| Row::default()).collect();
        let places: Box<[usize]> = commands.iter().map(|entry| commands.place(entry.id())).collect();
        for place in places.iter().filter(|_| timed) {
            rows[*place].times = Some(Box::default());
        }
        CommandCounters { rows, places }
    }

    /// The row of a [place](Commands::place).
    #[inline]
    pub(crate) fn row(&self, place: usize) -> &Row {
        &self.rows[place]
    }

    /// The row of each command, in the order of their list.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &Row> {
        self.places.iter().map(|place| &self.rows[*place])
    }
}
