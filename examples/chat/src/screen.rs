//! The live screen: what was said, and a line to write on.

use std::time::Duration;

use ratatui::Frame;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::layout::{Constraint, Layout};
use ratatui::style::{Style, Stylize};
use ratatui::text::{Line as Text, Span};
use ratatui::widgets::{Block, List, ListDirection, Paragraph};

use crate::client::Visitor;
use crate::packets::Line;

/// How long to listen before the keys are looked at again.
const MOMENT: Duration = Duration::from_millis(30);

/// The longest text that can be said, in bytes.
const LONGEST: usize = 1000;

/// Shows the room until Escape or Ctrl-C.
pub fn run(mut visitor: Visitor, room: &str) -> anyhow::Result<()> {
    let mut terminal = ratatui::try_init()?;
    let mut screen = Screen::new(room);
    let result = (|| {
        loop {
            screen.heard(visitor.hear(MOMENT)?);
            terminal.draw(|frame| screen.draw(frame))?;
            while event::poll(Duration::ZERO)? {
                let Event::Key(key) = event::read()? else { continue };
                match screen.press(key) {
                    Some(Wish::Say(text)) => {
                        if let Err(error) = visitor.say(&text) {
                            screen.note(format!("not said: {error}"));
                        }
                    }
                    Some(Wish::Leave) => return Ok(()),
                    None => {}
                }
            }
        }
    })();
    ratatui::restore();
    result
}

/// What a key asks for.
#[derive(Debug, PartialEq)]
enum Wish {
    Say(String),
    Leave,
}

struct Screen {
    room: String,
    /// The newest first.
    lines: Vec<Line>,
    input: String,
}

impl Screen {
    fn new(room: &str) -> Self {
        Screen { room: room.to_owned(), lines: Vec::new(), input: String::new() }
    }

    fn heard(&mut self, lines: Vec<Line>) {
        for line in lines {
            self.lines.insert(0, line);
        }
        self.lines.truncate(500);
    }

    /// Something that only this visitor is told.
    fn note(&mut self, text: String) {
        self.heard(vec![Line { number: 0, name: String::new(), text }]);
    }

    fn press(&mut self, key: KeyEvent) -> Option<Wish> {
        if key.kind == KeyEventKind::Release {
            return None;
        }
        match key.code {
            KeyCode::Esc => return Some(Wish::Leave),
            KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => return Some(Wish::Leave),
            KeyCode::Char(letter) if self.input.len() + letter.len_utf8() <= LONGEST => {
                self.input.push(letter);
            }
            KeyCode::Backspace => drop(self.input.pop()),
            KeyCode::Enter if !self.input.is_empty() => {
                return Some(Wish::Say(std::mem::take(&mut self.input)));
            }
            _ => {}
        }
        None
    }

    fn draw(&self, frame: &mut Frame<'_>) {
        let [said, input] = Layout::vertical([Constraint::Min(1), Constraint::Length(3)]).areas(frame.area());
        let lines = self.lines.iter().map(|line| match &*line.name {
            "" => Text::from(format!("* {}", line.text)).dim(),
            name => Text::from(vec![
                Span::styled(format!("{name}: "), Style::new().fg(colour(name)).bold()),
                Span::raw(&*line.text),
            ]),
        });
        let list = List::new(lines).direction(ListDirection::BottomToTop);
        frame.render_widget(list.block(Block::bordered().title(format!(" {} ", self.room))), said);
        let hint = Block::bordered().title_bottom(Text::from(" Enter says it, Esc leaves ").right_aligned());
        frame.render_widget(Paragraph::new(&*self.input).block(hint), input);
        // As wide as it is on the screen; a long line goes on beyond the edge.
        let column =
            input.x + 1 + (Text::from(&*self.input).width() as u16).min(input.width.saturating_sub(3));
        frame.set_cursor_position((column, input.y + 1));
    }
}

/// The same for all who read it.
fn colour(name: &str) -> ratatui::style::Color {
    let sum = name.bytes().fold(0u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte));
    ratatui::style::Color::Indexed(1 + sum % 6)
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::*;

    fn line(number: u64, name: &str, text: &str) -> Line {
        Line { number, name: name.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn the_screen_shows_the_last_lines_and_what_is_being_written() {
        let mut screen = Screen::new("lobby");
        screen.heard(vec![line(1, "", "Ann enters"), line(2, "Ann", "hello")]);
        screen.heard(vec![line(3, "Bob", "hi"), line(4, "Bob", "there")]);
        for letter in "how".chars() {
            assert_eq!(screen.press(KeyCode::Char(letter).into()), None);
        }
        let mut terminal = Terminal::new(TestBackend::new(32, 8)).unwrap();
        terminal.draw(|frame| screen.draw(frame)).unwrap();
        let shown = terminal.backend().to_string();
        let rows: Vec<_> = shown.lines().map(|row| row.trim_matches('"')).collect();
        assert_eq!(
            rows,
            [
                "┌ lobby ───────────────────────┐",
                "│Ann: hello                    │",
                "│Bob: hi                       │",
                "│Bob: there                    │",
                "└──────────────────────────────┘",
                "┌──────────────────────────────┐",
                "│how                           │",
                "└─── Enter says it, Esc leaves ┘",
            ]
        );
    }

    #[test]
    fn keys_write_say_and_leave() {
        let mut screen = Screen::new("lobby");
        assert_eq!(screen.press(KeyCode::Enter.into()), None, "there is nothing to say");
        for key in [KeyCode::Char('h'), KeyCode::Char('o'), KeyCode::Backspace, KeyCode::Char('é')] {
            assert_eq!(screen.press(key.into()), None);
        }
        assert_eq!(screen.press(KeyCode::Enter.into()), Some(Wish::Say("hé".into())));
        assert_eq!(screen.press(KeyCode::Enter.into()), None);
        assert_eq!(screen.press(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL)), Some(Wish::Leave));
        assert_eq!(screen.press(KeyCode::Esc.into()), Some(Wish::Leave));
    }
}
