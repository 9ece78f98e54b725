//! Where the results of a command go.

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::Context;
use serde::Serialize;

use super::page::{Figure, Page, Panel};
use crate::system::machine::Machine;

/// How results are wanted.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Output {
    /// Prints the results as JSON.
    #[arg(long)]
    json: bool,
    /// Writes the results to a file as a page with charts, all in one.
    #[arg(long, value_name = "FILE.html")]
    report: Option<PathBuf>,
}

/// What came of a command.
pub(crate) trait Results: Serialize {
    /// What was done, in one line.
    fn title(&self) -> String;
    /// What was found, each with its name.
    fn figures(&self) -> Vec<Figure>;
    /// What is better seen than read.
    fn panels(&self) -> Vec<Panel>;

    /// The results as text.
    ///
    /// # Errors
    /// Those of `out`.
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", self.title())?;
        let figures = self.figures();
        let width = figures.iter().map(|figure| figure.name.chars().count()).max().unwrap_or_default();
        for Figure { name, value } in figures {
            writeln!(out, "  {name:width$}  {value}")?;
        }
        Ok(())
    }
}

/// Results with what they were taken by.
#[derive(Serialize)]
struct Document<'a, R> {
    command: &'a str,
    machine: &'a Machine,
    #[serde(flatten)]
    results: &'a R,
}

impl Output {
    /// Makes the file of the report, so that one that can't be made is known before the load has run.
    ///
    /// # Errors
    /// It can't be made.
    pub(crate) fn prepare(&self) -> anyhow::Result<()> {
        if let Some(path) = &self.report {
            File::create(path).with_context(|| format!("making the report {}", path.display()))?;
        }
        Ok(())
    }

    /// Shows the results as they are wanted.
    ///
    /// # Errors
    /// The file or the output can't be written.
    pub(crate) fn show<R: Results>(&self, results: &R) -> anyhow::Result<()> {
        let machine = Machine::here();
        let command = command_line();
        if let Some(path) = &self.report {
            let page = Page {
                title: results.title(),
                command: command.clone(),
                machine: machine.facts(),
                figures: results.figures(),
                panels: results.panels(),
            };
            std::fs::write(path, page.to_string())
                .with_context(|| format!("writing the report {}", path.display()))?;
            eprintln!("report: {}", path.display());
        }
        let mut out = io::stdout().lock();
        if self.json {
            let document = Document { command: &command, machine: &machine, results };
            serde_json::to_writer_pretty(&mut out, &document)?;
            writeln!(out)?;
        } else {
            results.write(&mut out)?;
        }
        Ok(())
    }
}

/// What this program was called with.
fn command_line() -> String {
    let arguments = std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned());
    std::iter::once("mario-bench".to_owned()).chain(arguments).collect::<Vec<_>>().join(" ")
}
