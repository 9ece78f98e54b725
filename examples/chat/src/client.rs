//! A visitor of a room: the connection, and what is heard.

use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use anyhow::Context;
use mario::client::{Backoff, Client, Pushes};

use crate::packets::{ENTER, Enter, Entered, HEARTBEAT, Line, SAID, SAY, Say};

/// Somebody in a room, who comes back by itself if the connection is lost.
pub struct Visitor {
    client: Client,
    pushes: Pushes,
    /// Of each time that it entered.
    histories: Receiver<Vec<Line>>,
    /// The number of the last line that was heard.
    last: u64,
}

impl Visitor {
    /// Connects, and enters the room.
    pub fn enter(addr: &str, room: &str, name: &str) -> anyhow::Result<Visitor> {
        let (sender, histories) = channel();
        let (room, name) = (room.to_owned(), name.to_owned());
        let client = Client::builder(addr)
            .max_packet(u16::MAX)
            .heartbeat(HEARTBEAT, Duration::from_secs(60))
            .reconnect(Backoff::default())
            .on_connect(move |client| {
                let entered: Entered = client.call(ENTER, Enter { room: &room, name: &name })?;
                Ok(sender.send(entered.history)?)
            })
            .connect()
            .context("can't enter the room")?;
        Ok(Visitor { pushes: client.pushes(), client, histories, last: 0 })
    }

    /// Says it, unless the connection is lost just now.
    pub fn say(&self, text: &str) -> mario::client::Result<()> {
        self.client.send(SAY, &Say { text })
    }

    /// The lines that have come within `patience`, each once, in their order.
    pub fn hear(&mut self, patience: Duration) -> anyhow::Result<Vec<Line>> {
        let mut lines = Vec::new();
        let mut push = self.pushes.next_within(patience);
        lines.extend(self.histories.try_iter().flatten());
        while let Some(frame) = push {
            if frame.command() == SAID {
                lines.push(frame.decode()?);
            }
            push = self.pushes.try_next();
        }
        lines.retain(|line| {
            let is_new = line.number > self.last;
            self.last = self.last.max(line.number);
            is_new
        });
        Ok(lines)
    }
}
