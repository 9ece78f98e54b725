//! What was said in the rooms.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use mario::Name;

use crate::packets::Line;

/// Lines that a room remembers.
const HISTORY: usize = 50;

/// Rooms that are remembered; nobody fills the memory by entering ever new ones. One that nobody is in makes place for another.
const ROOMS: usize = 10_000;

/// The history of all rooms. A line takes a lock for as long as it takes to remember it: a chat has time for that.
#[derive(Default)]
pub struct Rooms(Mutex<HashMap<Name, Room>>);

/// The lines of one room, the oldest first.
pub struct Room {
    /// How many are in it.
    pub visitors: usize,
    last: u64,
    lines: VecDeque<Line>,
}

impl Rooms {
    /// Does something with a room that nobody else does at the same time; `None` if there are too many rooms.
    pub fn with<R>(&self, name: Name, with: impl FnOnce(&mut Room) -> R) -> Option<R> {
        let mut rooms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if rooms.len() >= ROOMS && !rooms.contains_key(&name) {
            let (&empty, _) = rooms.iter().find(|(_, room)| room.visitors == 0)?;
            rooms.remove(&empty);
        }
        Some(with(rooms.entry(name).or_insert_with(Room::new)))
    }
}

impl Room {
    /// Its lines are numbered from the time on, in microseconds: the visitors of a room that was forgotten, with the whole server
    /// or alone, have seen smaller numbers.
    fn new() -> Self {
        let last = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_micros() as u64);
        Room { visitors: 0, last, lines: VecDeque::new() }
    }

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
        let mut room = Room::new();
        for text in 0..60 {
            room.add("Ann", &text.to_string());
        }
        let lines = room.lines();
        assert_eq!((lines.len(), &*lines[0].text, &*lines[49].text), (HISTORY, "10", "59"));
        assert!(lines.is_sorted_by_key(|line| line.number));
    }

    #[test]
    fn there_are_not_ever_more_rooms() {
        let rooms = Rooms::default();
        let visit = |room: usize| rooms.with(Name::from(room as u64), |room| room.visitors += 1);
        assert!((0..ROOMS).all(|room| visit(room).is_some()));
        assert!(visit(ROOMS).is_none());
        assert!(visit(0).is_some());
        rooms.with(Name::from(7u64), |room| room.visitors -= 1);
        assert!(visit(ROOMS).is_some(), "it takes the place of the one that is empty");
    }

    #[test]
    fn a_room_that_was_forgotten_goes_on_with_greater_numbers() {
        let last = Room::new().add("Ann", "hello").number;
        while Room::new().last <= last {}
    }
}
