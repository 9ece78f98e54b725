//! Puts the parts together.

use std::sync::{Arc, mpsc};
use std::thread;

use ::log::{LevelFilter, Log};

use super::batch::SharedBatch;
use super::config::{Config, Levels};
use super::error::Error;
use super::hub::Hub;
use super::printer::Printer;
use super::writer::Writer;

/// A logger with all that it needs; its thread only waits for the start. Dropped before that, it leaves nothing.
pub(super) struct Ready {
    pub(super) hub: Arc<Hub>,
    pub(super) max_level: LevelFilter,
    writer: Writer,
    thread: mpsc::Sender<Writer>,
}

impl Ready {
    pub(super) fn new(config: Config) -> Result<Self, Error> {
        config.check()?;
        let Config { level, levels, format, output, queue_size, line_limit } = config;
        let sink = output.open()?;

        let batch = SharedBatch::default();
        let (max_level, dispatch) = dispatch(level, levels, batch.clone());

        let (sender, receiver) = mpsc::channel::<Writer>();
        let thread = thread::Builder::new()
            .name("mario-log".to_owned())
            .spawn(move || receiver.recv().map(Writer::run))
            .map_err(Error::Thread)?;
        let hub = Arc::new(Hub::new(dispatch, line_limit, queue_size, thread.thread().clone()));
        let writer = Writer::new(Arc::clone(&hub), Printer::new(format, batch.clone()), batch, sink);
        Ok(Ready { hub, max_level, writer, thread: sender })
    }

    pub(super) fn start(self) {
        // The thread waits for this and for nothing else.
        let _ = self.thread.send(self.writer);
    }
}

/// What is written through fern ends in the batch.
pub(super) fn dispatch(
    level: LevelFilter,
    levels: Levels,
    batch: SharedBatch,
) -> (LevelFilter, Box<dyn Log>) {
    let dispatch = fern::Dispatch::new().level(level);
    let dispatch =
        levels.into_iter().fold(dispatch, |dispatch, (module, level)| dispatch.level_for(module, level));
    dispatch.chain(fern::Output::call(move |line| batch.lock().push_line(*line.args()))).into_log()
}
