//! What an idle connection takes of each server.

use std::fmt;

use comfy_table::{Table, presets};
use indicatif::HumanCount;
use serde::Serialize;

use crate::commands::contender::Contender;
use crate::commands::spread::Spread;

/// One measurement.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Weighing {
    pub(super) round: usize,
    pub(super) server: Contender,
    /// Resident bytes of the server for each connection.
    pub(super) bytes: f64,
}

/// What all measurements of one server say.
#[derive(Debug, Serialize)]
struct Row {
    server: Contender,
    /// Resident bytes for each connection.
    bytes: Spread,
}

/// All rows.
#[derive(Debug, Serialize)]
pub(super) struct Memory {
    /// So many connections were open at the end.
    connections: usize,
    servers: Vec<Row>,
}

impl Memory {
    /// Of all weighings with so many connections.
    pub(super) fn of(weighings: &[Weighing], servers: &[Contender], connections: usize) -> Memory {
        let row = |server: &Contender| {
            let of = weighings.iter().filter(|weighing| weighing.server == *server);
            let bytes = Spread::of(of.map(|weighing| weighing.bytes).collect())?;
            Some(Row { server: *server, bytes })
        };
        Memory { connections, servers: servers.iter().filter_map(row).collect() }
    }

    /// Whether nothing was weighed.
    pub(super) fn is_empty(&self) -> bool {
        self.servers.is_empty()
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::new();
        table.load_style(presets::ASCII_MARKDOWN);
        let column = format!("up to {} of them", HumanCount(self.connections as u64));
        table.set_header(["memory of an idle connection".to_owned(), column]);
        for Row { server, bytes } in &self.servers {
            let Spread { median, lowest, highest } = bytes;
            let text = format!("{median:.0} B ({lowest:.0} to {highest:.0})");
            table.add_row([server.name().to_owned(), text]);
        }
        write!(f, "{table}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_server_has_its_median() {
        let weighing = |round, server, bytes| Weighing { round, server, bytes };
        let weighings = [
            weighing(0, Contender::Raw, 37.0),
            weighing(0, Contender::Tokio, 9_000.0),
            weighing(1, Contender::Raw, 38.4),
            weighing(2, Contender::Raw, 20.0),
        ];
        let memory = Memory::of(&weighings, &[Contender::Raw, Contender::Mario], 15_000);
        assert_eq!(memory.servers.len(), 1);
        let text = memory.to_string();
        assert!(text.contains("up to 15,000 of them") && text.contains("37 B (20 to 38)"), "{text}");
    }
}
