//! The turns that mail gives: pushes, calls, answers, and groups to join.

use mario_proto::Overflow;

use super::{Connection, Exchange, Turn};
use crate::link::Link;
use crate::link::message::Message;
use crate::link::outbox::Delivered;
use crate::mail::call::Call;
use crate::mail::{Answer, Asked};
use crate::net::Stream;
use crate::panics::caught;
use crate::parts::name::Name;
use crate::reason::Reason;
use crate::service::Service;

impl<S: Service> Exchange<S> {
    /// The turn that a push gives.
    pub(crate) fn push<T: Stream>(&mut self, connection: &mut Connection<S, T>, message: &Message) {
        let Connection { stream, link, .. } = connection;
        if !link.is_served() {
            return self.counters.pushes.gone.add(1);
        }
        match self.outbox.deliver(stream, link, message, message.encoded().overflow) {
            Ok(Delivered::Sent) => self.counters.pushes.sent.add(1),
            // What becomes of it, is counted when it is known.
            Ok(Delivered::Kept) => {}
            Ok(Delivered::Dropped) => self.counters.pushes.dropped.count(message.command()),
            Err(reason) => {
                self.counters.pushes.gone.add(1);
                self.end(connection, reason);
            }
        }
    }

    /// The same for a push to a user: it is for none that has come in between.
    pub(crate) fn push_to<T: Stream>(
        &mut self,
        user: Name,
        connection: &mut Connection<S, T>,
        message: &Message,
    ) {
        match self.user(connection.link.id) {
            Some(its) if its == user => self.push(connection, message),
            _ => self.counters.pushes.gone.add(1),
        }
    }

    /// The turn that a call from another thread gives.
    #[cold]
    pub(crate) fn called<T: Stream>(&mut self, connection: &mut Connection<S, T>, call: Call) {
        let Connection { link, session, .. } = connection;
        if !link.is_served() {
            return;
        }
        let (desk, outbox) = (&mut self.desk, &mut self.outbox);
        let reason = caught(|| desk.run(link, session, outbox, None, call))
            .unwrap_or_else(|panic| Some(self.panicked(link, "a call of another thread", &panic)));
        self.conclude(connection, reason);
    }

    /// The turn that an answer gives which was owed to the connection.
    pub(crate) fn answered<T: Stream>(
        &mut self,
        connection: &mut Connection<S, T>,
        request: Asked,
        answer: Answer,
    ) -> Turn {
        let mut turn = Turn::default();
        let Connection { stream, link, session, .. } = connection;
        if let Answer::None = answer {
            self.counters.unanswered.add(1);
        }
        if !link.is_served() {
            return turn;
        }
        let (desk, outbox) = (&mut self.desk, &mut self.outbox);
        let reason = match answer {
            // What the packet says of slow peers is for pushes: a client counts on its answers.
            Answer::Reply(message) => {
                let delivered = outbox.deliver(stream, link, &message, Overflow::Close);
                delivered.map(|_| outbox.was_a_reply()).err()
            }
            Answer::Call(call) => caught(|| desk.run(link, session, outbox, Some(request), call))
                .unwrap_or_else(|panic| Some(self.panicked(link, "the call of an answer", &panic))),
            Answer::Close => Some(Reason::Service),
            Answer::None => caught(|| desk.unanswered(link, session, outbox, request))
                .unwrap_or_else(|panic| Some(self.panicked(link, "the unanswered hook", &panic))),
        };
        if request.is_in_order() {
            link.set_awaits_answer(false);
        }
        self.conclude(connection, reason);
        if request.is_in_order() && connection.link.takes_requests() {
            turn.received = true;
            self.receive(connection, 0);
            self.read_on(connection, &mut turn);
        }
        turn
    }

    /// What is to be answered later.
    pub(crate) fn settle(&mut self) {
        self.desk.locals.answers_left += 1;
    }

    /// Adds a connection to a group, if it is still served.
    pub(crate) fn join<T>(&mut self, connection: &Connection<S, T>, group: Name) {
        let Link { id, .. } = connection.link;
        if connection.link.is_served()
            && let Err(error) = self.desk.locals.join(id.key(), group)
        {
            log::error!("connection {id} does not join group {group}: {error}");
        }
    }
}
