//! The live screen, on a terminal.

use std::thread;
use std::time::{Duration, Instant};

use rexpect::process::WaitStatus;
use rexpect::session::{PtySession, spawn_command};
use rustix::termios::{Winsize, tcsetwinsize};
use vt100::Parser;

use crate::{LIMIT, Visitor, chat, serve, terminate};

const ROWS: u16 = 8;
const COLUMNS: u16 = 40;

/// A visitor at a terminal, and what the terminal shows.
struct Terminal {
    session: PtySession,
    parser: Parser,
}

impl Terminal {
    fn enter(addr: &str, name: &str) -> Terminal {
        let session =
            spawn_command(chat(&["join", "lobby", "--name", name, "--addr", addr]), Some(LIMIT)).unwrap();
        let size = Winsize { ws_row: ROWS, ws_col: COLUMNS, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(session.process().get_file_handle().unwrap(), size).unwrap();
        let parser = Parser::new(ROWS.try_into().unwrap(), COLUMNS.try_into().unwrap(), 0);
        Terminal { session, parser }
    }

    /// Waits until the screen shows the text.
    fn shows(&mut self, text: &str) {
        let end = Instant::now() + Duration::from_millis(LIMIT);
        while !self.parser.screen().contents().contains(text) {
            match self.session.try_read() {
                // What comes as characters are bytes.
                Some(byte) => self.parser.process(&[byte as u8]),
                None => thread::sleep(Duration::from_millis(1)),
            }
            assert!(Instant::now() < end, "`{text}` is not shown:\n{}", self.parser.screen().contents());
        }
    }

    fn types(&mut self, text: &str) {
        self.session.send(text).unwrap();
        self.session.flush().unwrap();
    }
}

#[test]
fn a_visitor_at_a_terminal_sees_the_room_live_and_writes_in_it() {
    let (server, addr) = serve("127.0.0.1:0");
    let mut ann = Visitor::enter(&addr, "Ann");
    ann.hears(["* Ann enters"]);
    let mut bob = Terminal::enter(&addr, "Bob");
    bob.shows("* Bob enters");
    ann.hears(["* Bob enters"]);
    ann.says("how are you?\n");
    bob.shows("Ann: how are you?");
    bob.types("fine");
    bob.shows("│fine");
    bob.types("\r");
    bob.shows("Bob: fine");
    ann.hears(["Ann: how are you?", "Bob: fine"]);
    bob.types("\x1b");
    assert!(matches!(bob.session.process().wait(), Ok(WaitStatus::Exited(_, 0))));
    ann.hears(["* Bob leaves"]);
    terminate(server);
}
