//! A writer that tests look into, hold up, and fill.

#![allow(dead_code, reason = "each test uses some of it")]

use std::io::{self, ErrorKind, Write};
use std::sync::{Arc, Condvar, Mutex};

#[derive(Clone, Default)]
pub(crate) struct Written(Arc<(Mutex<State>, Condvar)>);

#[derive(Default)]
struct State {
    bytes: Vec<u8>,
    is_held: bool,
    is_waiting: bool,
    is_full: bool,
}

impl Written {
    /// All lines that were written.
    pub(crate) fn lines(&self) -> Vec<String> {
        let state = self.0.0.lock().unwrap();
        std::str::from_utf8(&state.bytes).unwrap().lines().map(str::to_owned).collect()
    }

    /// The lines of a target, in mario's own format.
    pub(crate) fn of(&self, target: &str) -> Vec<String> {
        let target = format!(" {target}: ");
        self.lines().into_iter().filter(|line| line.contains(&target)).collect()
    }

    /// Holds up the next write.
    pub(crate) fn hold(&self) {
        self.0.0.lock().unwrap().is_held = true;
    }

    /// Waits until a write is held up.
    pub(crate) fn wait_until_held(&self) {
        let (state, changed) = &*self.0;
        drop(changed.wait_while(state.lock().unwrap(), |state| !state.is_waiting).unwrap());
    }

    pub(crate) fn release(&self) {
        let (state, changed) = &*self.0;
        state.lock().unwrap().is_held = false;
        changed.notify_all();
    }

    /// Whether writes fail, as on a full disk.
    pub(crate) fn set_full(&self, is_full: bool) {
        self.0.0.lock().unwrap().is_full = is_full;
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (state, changed) = &*self.0;
        let mut state = state.lock().unwrap();
        while state.is_held {
            state.is_waiting = true;
            changed.notify_all();
            state = changed.wait(state).unwrap();
        }
        state.is_waiting = false;
        if state.is_full {
            return Err(ErrorKind::StorageFull.into());
        }
        state.bytes.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The message of a line in mario's own format.
pub(crate) fn message(line: &str) -> &str {
    line.split_once(": ").unwrap().1
}
