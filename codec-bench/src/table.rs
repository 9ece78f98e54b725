//! Markdown, as the book shows it.

use std::fmt;

use comfy_table::{Table, presets};

use crate::candidates::{Candidate, all};
use crate::tasks::Task;

/// A table for each packet: a row a candidate, a column a task.
#[derive(Default)]
pub struct Tables(Vec<(String, Table)>);

impl Tables {
    /// Adds the table of one packet; candidates that have no cell in it are left out.
    pub fn add(&mut self, title: String, tasks: &[Task], cell: impl Fn(&Candidate, Task) -> Option<String>) {
        let mut table = Table::new();
        table.load_style(presets::ASCII_MARKDOWN);
        table.set_header([title.clone()].into_iter().chain(tasks.iter().map(Task::to_string)));
        for candidate in all() {
            let cells: Vec<_> = tasks.iter().map(|task| cell(candidate, *task)).collect();
            if cells.iter().any(Option::is_some) {
                let cells = cells.into_iter().map(Option::unwrap_or_default);
                table.add_row([candidate.name.to_owned()].into_iter().chain(cells));
            }
        }
        self.0.push((title, table));
    }
}

/// A figure, and its ratio to that of the hand-written code.
pub fn cell(figure: String, ratio: f64) -> String {
    format!("{figure} · {ratio:.2}")
}

impl fmt::Display for Tables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (_, table)) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            writeln!(f, "{table}")?;
        }
        Ok(())
    }
}
