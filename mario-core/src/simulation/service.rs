//! The service of a simulation: a command for each way in which a handler can answer or end, and a diary of its hooks.

pub(super) mod gateway;

use std::panic::resume_unwind;
use std::time::Duration;

use mario_proto::{DecodeError, Frame, Payload, frame_to_vec};

use gateway::{ask, bind, enter, exit, free, shout, unbind};

use super::sockets::wire_of;
use super::wire::Life;
use super::world::World;
use crate::service::Worker;
use crate::{Close, Commands, Conn, Packet, Reason, Service, Unanswered};

pub(super) const LOGIN: u16 = 0x0100;
pub(super) const ECHO: u16 = 0x0101;
pub(super) const MANY: u16 = 0x0102;
pub(super) const QUIET: u16 = 0x0103;
pub(super) const LEAVE: u16 = 0x0104;
pub(super) const QUIT: u16 = 0x0105;
pub(super) const PANIC: u16 = 0x0106;
pub(super) const LATER: u16 = 0x0107;
pub(super) const FLAG: u16 = 0x0108;
pub(super) const MEMBERS: u16 = 0x0109;
pub(super) const UNSENDABLE: u16 = 0x010a;

/// Their answers come later: in order, or by number.
pub(super) const ASK: u16 = 0x0110;
pub(super) const FREE: u16 = 0x0111;

/// Users, groups, and pushes to others.
pub(super) const BIND: u16 = 0x0120;
pub(super) const UNBIND: u16 = 0x0121;
pub(super) const ENTER: u16 = 0x0122;
pub(super) const EXIT: u16 = 0x0123;
pub(super) const SHOUT: u16 = 0x0124;

/// No handler takes these; the service answers to the first, and not to the second.
pub(super) const UNKNOWN: u16 = 0x0200;
pub(super) const REFUSED: u16 = 0x0201;

/// The service answers to this one, but no handler may run.
pub(super) const DENIED: u16 = 0x0202;

/// What is sent without being asked for: when it connects, when it has to go, and by timers.
pub(super) const HELLO: u16 = 0x0300;
pub(super) const GO_AWAY: u16 = 0x0301;
pub(super) const NEWS: u16 = 0x0302;

/// By this a silent client is asked whether it is there.
pub(super) const PING: u16 = 0x0304;

/// What is pushed: all of it, what a peer keeps up with, and the latest.
pub(super) const PUSH: u16 = 0x0303;
pub(super) const DROP: u16 = 0x0305;
pub(super) const KEEP: u16 = 0x0306;

/// What the service answers to what it does not take, but forgives.
pub(super) const FORGIVEN: &[u8] = b"forgiven";

pub(super) const COMMANDS: Commands<Theatre> = crate::commands![
    login, echo, many, quiet, leave, quit, panic, later, flag, members, unsendable, denied, ask, free, bind,
    unbind, enter, exit, shout
];

/// What the hooks do for a client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Welcome {
    #[default]
    Nothing,
    Hello,
    Close,
    Panic,
}

pub(super) struct Theatre {
    pub(super) world: World,
    pub(super) stx: u32,
}

/// How the service treats one client.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Manners {
    pub(super) welcome: Welcome,
    /// Its answer to what is malformed, denied or unknown is not to close.
    pub(super) forgives: bool,
    pub(super) notice: Duration,
    pub(super) farewell_panics: bool,
    pub(super) drain_panics: bool,
}

/// What the service keeps for a connection: nothing of this may be seen by another one.
pub(super) struct Session {
    /// Frames that the service has taken.
    calls: u32,
    user: Option<u32>,
    /// Calls that came later.
    news: u32,
}

impl Default for Session {
    fn default() -> Self {
        World::with_own(|world| {
            let panics = {
                let mut state = world.lock();
                let rate = state.faults.session_panic;
                let panics = state.dice.chance(rate);
                state.sessions += usize::from(!panics);
                state.panics += u64::from(panics);
                panics
            };
            if panics {
                resume_unwind(Box::new("a session"));
            }
        });
        Session { calls: 0, user: None, news: 0 }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        World::with_own(|world| world.lock().sessions -= 1);
    }
}

impl Theatre {
    /// Writes down what a hook or handler does with a connection, which has to be one that is served.
    fn note(&self, conn: &Conn<'_, Self>, what: &str, write: impl FnOnce(&mut Life, Duration)) -> usize {
        let number = wire_of(conn.peer_addr());
        let mut state = self.world.lock();
        state.note(format_args!("client {number}: {what}"));
        let now = state.now;
        state.wires[number].is_seen = false;
        let life = &mut state.wires[number].life;
        let is_served = life.connected && life.ended.is_none();
        write(life, now);
        if !is_served && what != "connected" {
            state.violated(format!("client {number}: {what}, though it is not served"));
        }
        drop(state);
        self.world.preempt();
        number
    }

    /// Takes a frame.
    fn hear(conn: &mut Conn<'_, Self>, command: u16) {
        conn.session().calls += 1;
        let service = conn.service();
        let number = service.note(conn, &format!("command {command:#06x}"), |life, _| life.heard += 1);
        let mut state = service.world.lock();
        let now = state.now;
        let wire = &mut state.wires[number];
        wire.life.written = wire.written;
        wire.has_handled(wire.expected.done(wire.life.heard).len(), now);
        if let Err(fault) = super::checks::hearing(&state, number, command) {
            state.violated(fault);
        }
        state.wires[number].life.awaits = false;
    }

    /// Sends what was not asked for.
    fn tell(conn: &mut Conn<'_, Self>, command: u16, text: &[u8]) {
        if conn.send(command, &Payload(text)).is_ok() {
            let service = conn.service();
            let frame = frame_to_vec(service.stx, command, &Payload(text));
            service.note(conn, "news", |life, _| life.news.push(frame.unwrap_or_default()));
        }
    }

    /// Forgives what the service does not take, or does not.
    fn judge(conn: &mut Conn<'_, Self>, frame: Frame<'_>) -> Result<(), Close> {
        Self::hear(conn, frame.cmd);
        let manners = conn.service().manners(conn);
        if !manners.forgives || frame.cmd == REFUSED {
            return Err(Close);
        }
        let _ = conn.reply(&Payload(FORGIVEN));
        Ok(())
    }

    /// Panics without a word on the screen.
    fn panics(&self, what: &'static str) -> ! {
        self.world.lock().panics += 1;
        resume_unwind(Box::new(what))
    }

    fn manners(&self, conn: &Conn<'_, Self>) -> Manners {
        self.world.lock().manners[wire_of(conn.peer_addr())]
    }
}

impl Service for Theatre {
    type Session = Session;
    type Worker = ();

    fn connected(&self, conn: &mut Conn<'_, Self>) {
        let mut twice = false;
        let number = self.note(conn, "connected", |life, now| {
            twice = life.connected;
            (life.connected, life.began) = (true, now);
        });
        if twice {
            self.world.lock().violated(format!("client {number}: connected twice"));
        }
        let mut state = self.world.lock();
        if let Err(fault) = super::checks::beginning(&state, number) {
            state.violated(fault);
        }
        drop(state);
        match self.manners(conn).welcome {
            Welcome::Nothing => {}
            Welcome::Hello => Self::tell(conn, HELLO, b"hello"),
            Welcome::Close => {
                Self::tell(conn, HELLO, b"goodbye");
                conn.close();
            }
            Welcome::Panic => self.panics("connected"),
        }
    }

    fn draining(&self, conn: &mut Conn<'_, Self>) -> Duration {
        let mut twice = false;
        let number = self.note(conn, "draining", |life, _| {
            twice = life.drained;
            life.drained = true;
        });
        if twice {
            self.world.lock().violated(format!("client {number}: drained twice"));
        }
        Self::tell(conn, GO_AWAY, b"go");
        let manners = self.manners(conn);
        if manners.drain_panics {
            self.panics("draining");
        }
        manners.notice
    }

    fn disconnected(&self, conn: &mut Conn<'_, Self>, reason: Reason) {
        let mut ends = None;
        let number = self.note(conn, &format!("disconnected: {reason:?}"), |life, now| {
            ends = life.ended.replace((reason, now));
            life.due.clear();
        });
        let mut state = self.world.lock();
        if let Some((before, _)) = ends {
            state.violated(format!("client {number}: disconnected twice, {before:?} and {reason:?}"));
        }
        if let Err(fault) = super::checks::ending(&state, number, reason) {
            state.violated(fault);
        }
        drop(state);
        if conn.send(NEWS, &Payload(b"too late")).is_ok() {
            self.world.lock().violated(format!("client {number}: something was sent after its end"));
        }
        if self.manners(conn).farewell_panics {
            self.panics("disconnected");
        }
    }

    fn tick(&self, _worker: &mut Worker<'_, Self>) {
        self.world.preempt();
    }

    fn unknown_command(&self, conn: &mut Conn<'_, Self>, frame: Frame<'_>) -> Result<(), Close> {
        Self::judge(conn, frame)
    }

    fn unanswered(&self, conn: &mut Conn<'_, Self>, request: Unanswered) -> Result<(), Close> {
        self.note(conn, "a request is unanswered", |life, _| life.unanswered += 1);
        match (self.manners(conn).forgives, request.command()) {
            (false, _) => return Err(Close),
            (true, FREE) => Self::tell(conn, NEWS, b"unanswered"),
            (true, _) => {
                // In the order of the requests.
                let _ = conn.reply(&Payload(FORGIVEN));
            }
        }
        Ok(())
    }

    fn admits(&self, _conn: &mut Conn<'_, Self>, command: u16) -> bool {
        command != DENIED
    }

    fn denied(&self, conn: &mut Conn<'_, Self>, frame: Frame<'_>) -> Result<(), Close> {
        Self::judge(conn, frame)
    }

    fn malformed(
        &self,
        conn: &mut Conn<'_, Self>,
        frame: Frame<'_>,
        _error: DecodeError,
    ) -> Result<(), Close> {
        Self::judge(conn, frame)
    }
}

#[derive(Packet)]
struct Login {
    user: u32,
}

#[derive(Packet)]
struct LoggedIn {
    user: u32,
    calls: u32,
}

#[crate::command(LOGIN)]
fn login(conn: &mut Conn<'_, Theatre>, request: Login) -> LoggedIn {
    Theatre::hear(conn, LOGIN);
    let session = conn.session();
    session.user = Some(request.user);
    let calls = session.calls;
    conn.admit();
    conn.service().note(conn, "admitted", |life, _| life.admitted = true);
    LoggedIn { user: request.user, calls }
}

#[crate::command(ECHO)]
fn echo<'a>(conn: &mut Conn<'_, Theatre>, request: Payload<'a>) -> Payload<'a> {
    Theatre::hear(conn, ECHO);
    request
}

#[derive(Packet)]
struct Many {
    count: u8,
    len: u16,
}

#[crate::command(MANY)]
fn many(conn: &mut Conn<'_, Theatre>, request: Many) {
    Theatre::hear(conn, MANY);
    for number in 0..request.count {
        if conn.reply(&Payload(&vec![number; request.len.into()])).is_err() {
            return;
        }
    }
}

#[crate::command(QUIET)]
fn quiet(conn: &mut Conn<'_, Theatre>, _request: Payload<'_>) {
    Theatre::hear(conn, QUIET);
}

#[crate::command(LEAVE)]
fn leave<'a>(conn: &mut Conn<'_, Theatre>, request: Payload<'a>) -> Payload<'a> {
    Theatre::hear(conn, LEAVE);
    conn.close();
    request
}

#[crate::command(QUIT)]
fn quit<'a>(conn: &mut Conn<'_, Theatre>, _request: Payload<'a>) -> Result<Payload<'a>, Close> {
    Theatre::hear(conn, QUIT);
    Err(Close)
}

#[crate::command(PANIC)]
fn panic(conn: &mut Conn<'_, Theatre>, request: Payload<'_>) {
    Theatre::hear(conn, PANIC);
    let _ = conn.reply(&request);
    conn.service().panics("a handler");
}

#[derive(Packet)]
struct Later {
    millis: u16,
}

#[crate::command(LATER)]
fn later(conn: &mut Conn<'_, Theatre>, request: Later) {
    Theatre::hear(conn, LATER);
    let delay = Duration::from_millis(request.millis.into());
    if conn.after(delay, news).is_ok() {
        conn.service().note(conn, "a timer", |life, now| life.due.push(now + delay));
    }
}

/// What a timer calls.
fn news(conn: &mut Conn<'_, Theatre>) {
    let service = conn.service();
    let mut early = true;
    let late = service.world.lock().late;
    let number = service.note(conn, "a timer's call", |life, now| {
        let next = (0..life.due.len()).min_by_key(|place| life.due[*place]);
        early = next.is_none_or(|place| life.due.swap_remove(place) > now + late);
    });
    if early {
        service.world.lock().violated(format!("client {number}: a timer comes early"));
    }
    conn.session().news += 1;
    let text = conn.session().news.to_le_bytes();
    Theatre::tell(conn, NEWS, &text);
}

#[derive(Packet)]
struct Flag {
    flag: bool,
}

#[crate::command(FLAG)]
fn flag(conn: &mut Conn<'_, Theatre>, request: Flag) -> Flag {
    Theatre::hear(conn, FLAG);
    Flag { flag: !request.flag }
}

fn is_member(conn: &mut Conn<'_, Theatre>) -> bool {
    conn.session().user.is_some()
}

#[derive(Packet)]
struct Member {
    user: u32,
    calls: u32,
}

#[crate::command(MEMBERS, guard = is_member)]
fn members(conn: &mut Conn<'_, Theatre>) -> Member {
    Theatre::hear(conn, MEMBERS);
    let Session { user, calls, .. } = *conn.session();
    Member { user: user.unwrap_or_default(), calls }
}

/// Longer than any frame.
static TOO_LONG: [u8; 70_000] = [0; 70_000];

#[crate::command(UNSENDABLE)]
fn unsendable(conn: &mut Conn<'_, Theatre>, _request: Payload<'_>) -> Payload<'static> {
    Theatre::hear(conn, UNSENDABLE);
    Payload(&TOO_LONG)
}

#[crate::command(DENIED)]
fn denied(conn: &mut Conn<'_, Theatre>, _request: Payload<'_>) {
    let number = wire_of(conn.peer_addr());
    conn.service().world.lock().violated(format!("client {number}: a command runs that may not"));
}
