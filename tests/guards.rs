//! Guards: asked before anything is decoded, and obeyed.

mod support;

use std::sync::mpsc::{self, Receiver, Sender};

use mario::{Close, Commands, Conn, Frame, Packet, Reason, Server, Service, commands};
use support::{Client, LIMIT, frame};

const LOGIN: u16 = 0x6101;
const SAY: u16 = 0x6102;
const PEEK: u16 = 0x6103;

/// Says no by closing, or with an answer.
struct Chat {
    answers: bool,
    ended: Sender<Reason>,
}

#[derive(Default)]
struct User {
    logged_in: bool,
    banned: bool,
}

impl Service for Chat {
    type Session = User;
    type Worker = ();

    fn admits(&self, conn: &mut Conn<'_, Self>, command: u16) -> bool {
        !(conn.session().banned && command != LOGIN)
    }

    fn denied(&self, conn: &mut Conn<'_, Self>, frame: Frame<'_>) -> Result<(), Close> {
        if !self.answers {
            return Err(Close);
        }
        let banned = conn.session().banned;
        Ok(conn.reply(&Denied { command: frame.cmd, banned })?)
    }

    fn disconnected(&self, _conn: &mut Conn<'_, Self>, reason: Reason) {
        let _ = self.ended.send(reason);
    }
}

impl User {
    fn has_logged_in(conn: &mut Conn<'_, Chat>) -> bool {
        conn.session().logged_in
    }
}

fn logged_in(conn: &mut Conn<'_, Chat>) -> bool {
    conn.session().logged_in
}

#[derive(Packet)]
struct Denied {
    command: u16,
    banned: bool,
}

#[derive(Packet)]
struct Login {
    banned: bool,
}

#[derive(Packet)]
struct Say<'a> {
    text: &'a str,
}

#[mario::command(LOGIN)]
fn login(conn: &mut Conn<'_, Chat>, request: Login) {
    *conn.session() = User { logged_in: true, banned: request.banned };
}

#[mario::command(SAY, guard = logged_in)]
fn say<'a>(_conn: &mut Conn<'_, Chat>, request: Say<'a>) -> Say<'a> {
    request
}

#[mario::command(PEEK, guard = User::has_logged_in)]
fn peek(_conn: &mut Conn<'_, Chat>) {}

const COMMANDS: Commands<Chat> = commands![login, say, peek];

fn serve(answers: bool) -> (Server, Receiver<Reason>) {
    let (ended, reasons) = mpsc::channel();
    let chat = Chat { answers, ended };
    let server = Server::builder(chat, COMMANDS).bind("127.0.0.1:0").workers(1).connections(8);
    (server.start().unwrap(), reasons)
}

#[test]
fn who_may_not_run_a_command_is_closed() {
    let (server, reasons) = serve(false);
    let mut client = Client::connect(server.local_addr());
    client.send(&[frame(SAY, b"\x02\x00hi"), frame(LOGIN, &[0])].concat());
    assert_eq!(client.receive_all(), []);
    assert_eq!(reasons.recv_timeout(LIMIT), Ok(Reason::Denied(SAY)));
}

#[test]
fn nothing_is_decoded_for_who_may_not() {
    let (server, reasons) = serve(false);
    for payload in [&b"\xff\xff"[..], b""] {
        Client::connect(server.local_addr()).send(&frame(SAY, payload));
        assert_eq!(reasons.recv_timeout(LIMIT), Ok(Reason::Denied(SAY)), "and not that it is malformed");
    }
}

#[test]
fn a_service_may_answer_instead() {
    let (server, _reasons) = serve(true);
    let mut client = Client::connect(server.local_addr());
    client.call(SAY, b"\x02\x00hi", &[0x02, 0x61, 0]);
    client.send(&frame(LOGIN, &[0]));
    client.call(SAY, b"\x02\x00hi", b"\x02\x00hi");
    client.send(&frame(LOGIN, &[1]));
    client.call(SAY, b"\x02\x00hi", &[0x02, 0x61, 1]);
    client.call(PEEK, &[], &[0x03, 0x61, 1]);
}

#[test]
fn a_guard_is_a_part_of_the_description() {
    let guards: Vec<_> = COMMANDS.iter().map(|command| command.description().guard).collect();
    assert_eq!(guards, [None, Some("logged_in"), Some("User::has_logged_in")]);
}
