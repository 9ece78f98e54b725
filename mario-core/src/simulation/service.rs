//! The service of a simulation: a command for each way in which a handler can answer or end, and a diary of its hooks.

pub(super) mod calls;
pub(super) mod commands;
pub(super) mod gateway;
mod handlers;
mod hooks;

use std::panic::resume_unwind;
use std::time::Duration;

use mario_proto::{Frame, Payload, frame_to_vec};

use commands::{FORGIVEN, REFUSED};
use gateway::{ask, bind, enter, exit, free, shout, unbind, work};
use handlers::{
    cancel, denied, echo, flag, later, leave, login, many, members, panic, quiet, quit, unsendable,
};

use super::sockets::wire_of;
use super::wire::Life;
use super::world::World;
use crate::service::pool::Pool;
use crate::{Close, Commands, Conn, Timer};

pub(super) const COMMANDS: Commands<Theatre> = crate::commands![
    login, echo, many, quiet, leave, quit, panic, later, flag, members, unsendable, denied, ask, free, bind,
    unbind, enter, exit, shout, work, cancel
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
    pub(super) pool: Pool,
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
    /// The last of those that are to come, and when.
    timer: Option<(Timer, Duration)>,
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
        Session { calls: 0, user: None, news: 0, timer: None }
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
