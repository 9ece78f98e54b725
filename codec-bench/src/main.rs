//! What the codec of `#[derive(Packet)]` costs, beside the same by hand and by other codecs.
//!
//! ```text
//! cargo run --release -p codec-bench -- instructions # counted by valgrind: the same on every run
//! cargo run --release -p codec-bench -- time         # nanoseconds, warm and cold
//! cargo run --release -p codec-bench -- tables       # both, as the book shows them
//! cargo run --release -p codec-bench -- compiling    # how long 1,000 commands compile
//! ```
//!
//! | what | where |
//! | --- | --- |
//! | the values that travel, and what using them is | `packets.rs` |
//! | packets, tasks, and the functions that are measured | `tasks.rs` |
//! | who takes part, a file each | `candidates/` |
//! | how many instructions | `instructions.rs` |
//! | how long | `time.rs` |
//! | the same bytes again and again, and ever others | `warm.rs`, `cold.rs` |
//! | how long a service of many commands compiles | `compiling.rs` |
//! | what of it is measured | `selection.rs` |
//! | what is printed | `table.rs` |
//!
//! # The method
//! All do the same: a payload is checked whole, text and bools too, before a field of it is used, and errors are made.
//! Each task is a function of its own that is inlined nowhere, and takes and gives the same whoever does it.

mod candidates;
mod cold;
mod compiling;
mod instructions;
mod packets;
mod progress;
mod selection;
mod table;
mod tasks;
#[cfg(test)]
mod tests;
mod time;
mod warm;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use selection::Selection;

/// Measures codecs: mario's, hand-written code and others.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    selection: Selection,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Counts instructions with valgrind's callgrind.
    Instructions(instructions::Arguments),
    /// Takes the time, with a warm buffer and with cold memory.
    Time(time::Arguments),
    /// Does both, and prints the tables of the book.
    Tables {
        #[command(flatten)]
        instructions: instructions::Arguments,
        #[command(flatten)]
        time: time::Arguments,
    },
    /// Compiles a service of many commands, and the same functions without mario's attribute.
    Compiling(compiling::Arguments),
    /// Does one task so many times: what valgrind runs.
    #[command(hide = true)]
    Repeat(instructions::Repeat),
}

fn main() -> ExitCode {
    let Arguments { selection, command } = Arguments::parse();
    match command.run(&selection) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("codec-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

impl Command {
    fn run(self, selection: &Selection) -> Result<()> {
        match self {
            Command::Instructions(arguments) => print!("{}", instructions::run(selection, &arguments)?),
            Command::Time(arguments) => print!("{}", time::run(selection, &arguments)?),
            Command::Tables { instructions, time } => {
                let counted = instructions::run(selection, &instructions)?;
                let timed = time::run(selection, &time)?;
                print!("## Instructions\n\n{counted}\n## Time\n\n{timed}");
            }
            Command::Compiling(arguments) => println!("{}", compiling::run(&arguments)?),
            Command::Repeat(repeat) => repeat.run()?,
        }
        Ok(())
    }
}
