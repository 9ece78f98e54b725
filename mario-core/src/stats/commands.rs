//! What is counted for each command: in rows that are laid out at the start.

use std::sync::Arc;

use super::{Counter, Times};
use crate::service::Service;
use crate::service::dispatch::Commands;

/// The counters of one worker, one of each kind for each place that its table of commands has.
#[derive(Debug)]
pub(crate) struct CommandCounters {
    /// By themselves, as they are counted each time.
    pub(crate) requests: Arc<[Counter]>,
    rows: Box<[Row]>,
    /// The places of the commands, in the order of their list.
    places: Box<[usize]>,
}

/// What else is counted for one command.
#[derive(Debug, Default)]
pub(crate) struct Row {
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
        let requests = rows.iter().map(|_| Counter::default()).collect();
        CommandCounters { requests, rows, places }
    }

    /// What the counters of these commands take.
    pub(crate) fn bytes<S: Service>(commands: &Commands<S>, timed: bool) -> usize {
        let count = commands.iter().count();
        commands.places() * (size_of::<Counter>() + size_of::<Row>())
            + count * (size_of::<usize>() + if timed { size_of::<Times>() } else { 0 })
    }

    /// The row of a [place](Commands::place).
    pub(crate) fn row(&self, place: usize) -> &Row {
        &self.rows[place]
    }

    /// The requests and the row of each command, in the order of their list.
    pub(crate) fn all(&self) -> impl Iterator<Item = (u64, &Row)> {
        self.places.iter().map(|place| (self.requests[*place].get(), &self.rows[*place]))
    }
}
