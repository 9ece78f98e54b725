//! A diary of the hooks.

use std::time::Duration;

use mario_proto::{DecodeError, Frame, Payload};

use super::commands::{DENIED, FORGIVEN, FREE, GO_AWAY, HELLO, NEWS, NO_ANSWER, WORK};
use super::gateway::Numbered;
use super::{Session, Theatre, Welcome};
use crate::service::Worker;
use crate::simulation::checks;
use crate::{Close, Conn, Reason, Service, Unanswered};

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
        if let Err(fault) = checks::beginning(&state, number) {
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
        if let Err(fault) = checks::ending(&state, number, reason) {
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
        if !self.manners(conn).forgives {
            return Err(Close);
        }
        let _ = match request.command() {
            FREE | WORK => request.reply(conn, Numbered { id: 0, number: NO_ANSWER }),
            _ => request.reply(conn, Payload(FORGIVEN)),
        };
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
