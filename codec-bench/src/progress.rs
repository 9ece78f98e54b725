//! How far a long run is, for whoever sits before it.

use std::io::{self, IsTerminal};

/// Says it, if standard error is a terminal.
pub fn progress(what: &str, done: usize, all: usize) {
    if io::stderr().is_terminal() {
        let end = if done == all { "\n" } else { "" };
        eprint!("\r\x1b[K{what}: {done} of {all}{end}");
    }
}
