//! What the codec of `#[derive(Packet)]` costs, beside the same by hand and by other codecs.
//!
//! ```text
//! cargo run --release -p codec-bench -- instructions # counted by valgrind: the same on every run
//! ```
//!
//! | what | where |
//! | --- | --- |
//! | the values that travel, and what using them is | `packets.rs` |
//! | packets, tasks, and the functions that are measured | `tasks.rs` |
//! | who takes part, a file each | `candidates/` |
//! | how many instructions | `instructions.rs` |
//! | what is printed | `table.rs` |
//!
//! # The method
//! All do the same: a payload is checked whole, text and bools too, before a field of it is used, and errors are made.
//! Each task is a function of its own that is inlined nowhere, and takes and gives the same whoever does it.

mod candidates;
mod instructions;
mod packets;
mod table;
mod tasks;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Measures codecs: mario's, hand-written code and others.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Counts instructions with valgrind's callgrind.
    Instructions(instructions::Arguments),
    /// Does one task so many times: what valgrind runs.
    #[command(hide = true)]
    Repeat(instructions::Repeat),
}

fn main() -> ExitCode {
    match Arguments::parse().command.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("codec-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

impl Command {
    fn run(self) -> Result<()> {
        match self {
            Command::Instructions(arguments) => print!("{}", instructions::run(&arguments)?),
            Command::Repeat(repeat) => repeat.run()?,
        }
        Ok(())
    }
}
