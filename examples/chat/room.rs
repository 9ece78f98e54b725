//! What was said in the rooms.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use mario::Name;

use crate::packets::Line;

/// Lines that a room remembers.
const HISTORY: usize = 50;

/// Rooms that are remembered; nobody fills the memory by entering ever new ones.
const ROOMS: usize = 10_000;

/// The history of all rooms. A line takes a lock for as long as it takes to remember it: a chat has time for that.
#[derive(Default)]
pub struct Rooms(Mutex<HashMap<Name, Room>>);

/// The lines of one room, the oldest first.
#[derive(Default)]
pub struct Room {
    last: u64,
    lines: VecDeque<Line>,
}

impl Rooms {
    /// Does something with a room that nobody else does at the same time; `None` if there are too many rooms.
    pub fn with<R>(&self, name: Name, with: impl FnOnce(&mut Room) -> R) -> Option<R> {
        let mut rooms = self.lock();
        if rooms.len() >= ROOMS && !rooms.contains_key(&name) {
            return None;
        }
        Some(with(rooms.entry(name).or_default()))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Name, Room>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Room {
    /// Remembers a line, and gives it its number.
    pub fn add(&mut self, name: &str, text: &str) -> Line {
        self.last += 1;
        let line = Line { number: self.last, name: name.to_owned(), text: text.to_owned() };
        if self.lines.len() == HISTORY {
            self.lines.pop_front();
        }
        self.lines.push_back(line.clone());
        line
    }

    pub fn lines(&self) -> Vec<Line> {
        self.lines.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_remembers_its_last_lines() {
        let mut room = Room::default();
        for text in 0..60 {
            room.add("Ann", &text.to_string());
        }
        let lines = room.lines();
        assert_eq!((lines.len(), &*lines[0].text, lines[49].number), (HISTORY, "10", 60));
    }

    #[test]
    fn there_are_not_ever_more_rooms() {
        let rooms = Rooms::default();
        assert!((0..ROOMS as u64).all(|room| rooms.with(room.into(), |_| ()).is_some()));
        assert!(rooms.with(Name::from(ROOMS as u64), |_| ()).is_none());
        assert!(rooms.with(Name::from(0u64), |_| ()).is_some());
    }
}
