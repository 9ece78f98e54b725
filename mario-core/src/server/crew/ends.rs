//! How the one who waits for the workers learns of their ends.

use std::sync::mpsc;

use crate::error::Error;

/// What becomes of a worker's thread.
pub(crate) enum End {
    /// It ends.
    Ended { worker: usize },
    /// It does not, and is not to be waited for.
    GivenUp { worker: usize, error: Error },
}

/// Tells of the end of a worker's thread, in whatever way it comes.
pub(super) struct Ending {
    pub(super) worker: usize,
    pub(super) to: mpsc::Sender<End>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        // Nobody waits for one that was given up.
        let _ = self.to.send(End::Ended { worker: self.worker });
    }
}
