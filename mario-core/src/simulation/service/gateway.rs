//! What a gateway does: users, groups, answers that come later, and pushes to others.

use super::Theatre;
use super::commands::{ASK, BIND, ENTER, EXIT, FREE, SHOUT, UNBIND, WORK};
use crate::simulation::debts::Promise;
use crate::simulation::groups::GROUPS;
use crate::simulation::others::USERS;
use crate::simulation::sockets::wire_of;
use crate::{Conn, JoinError, Others, Packet, Payload, Reply};

#[derive(Packet)]
pub(in crate::simulation) struct Bind {
    user: u8,
    others: u8,
}

#[crate::command(BIND)]
pub(in crate::simulation) fn bind(conn: &mut Conn<'_, Theatre>, request: Bind) {
    Theatre::hear(conn, BIND);
    let user = u64::from(request.user) % USERS as u64;
    let others = match request.others & 3 {
        0 => Others::Refuse,
        1 => Others::Keep(2),
        _ => Others::Kick,
    };
    binds(conn, user, others);
}

/// Says whose a connection is, in a handler or a call.
pub(in crate::simulation) fn binds(conn: &mut Conn<'_, Theatre>, user: u64, others: Others) {
    let world = conn.service().world.clone();
    let (outcome, posted) = world.posting(|| conn.bind(user, others));
    let (number, is_its) = (wire_of(conn.peer_addr()), conn.user() == Some(user.into()));
    let mut state = world.lock();
    if outcome.is_ok() && !is_its {
        state.violated(format!("client {number}: bound to user {user}, and not its"));
    }
    state.note(format_args!("client {number}: binds to user {user}, {others:?}: {outcome:?}"));
    state.bound(number, user, others, &outcome, posted);
}

#[crate::command(UNBIND)]
pub(in crate::simulation) fn unbind(conn: &mut Conn<'_, Theatre>) {
    Theatre::hear(conn, UNBIND);
    let user = conn.unbind();
    let number = wire_of(conn.peer_addr());
    let mut state = conn.service().world.lock();
    let known = state.unbound(number).map(crate::Name::from);
    if user != known {
        state.violated(format!("client {number}: it was {user:?}'s, not {known:?}'s"));
    }
}

#[derive(Packet)]
pub(in crate::simulation) struct Group {
    group: u8,
}

impl Group {
    fn number(&self) -> usize {
        usize::from(self.group) % GROUPS
    }
}

#[crate::command(ENTER)]
pub(in crate::simulation) fn enter(conn: &mut Conn<'_, Theatre>, request: Group) {
    Theatre::hear(conn, ENTER);
    enters(conn, request.number());
}

/// Joins a group, in a handler or a call.
pub(in crate::simulation) fn enters(conn: &mut Conn<'_, Theatre>, group: usize) {
    let joined = conn.join(group as u64);
    let (number, is_in) = (wire_of(conn.peer_addr()), conn.is_in(group as u64));
    let mut state = conn.service().world.lock();
    if joined.is_ok() && !is_in {
        state.violated(format!("client {number}: it joins group {group}, and is not in it"));
    }
    state.note(format_args!("client {number}: joins group {group}: {joined:?}"));
    if joined != Err(JoinError::Closed) {
        state.joins(number, group, joined.is_ok());
    }
}

#[crate::command(EXIT)]
pub(in crate::simulation) fn exit(conn: &mut Conn<'_, Theatre>, request: Group) {
    Theatre::hear(conn, EXIT);
    let (was_in, is_in) = (conn.leave(request.number() as u64), conn.is_in(request.number() as u64));
    let number = wire_of(conn.peer_addr());
    let mut state = conn.service().world.lock();
    if is_in {
        state.violated(format!("client {number}: it leaves group {}, and is in it", request.number()));
    }
    state.leaves(number, request.number(), was_in);
}

/// Does to others what other threads do.
#[crate::command(SHOUT)]
pub(in crate::simulation) fn shout(conn: &mut Conn<'_, Theatre>, _request: Payload<'_>) {
    Theatre::hear(conn, SHOUT);
    let world = &conn.service().world;
    let deed = world.lock().deed();
    deed.perform(world, &conn.connections());
}

#[derive(Packet)]
pub(in crate::simulation) struct Ask {
    how: u8,
    number: u32,
}

#[derive(Packet)]
pub(in crate::simulation) struct Number {
    pub(in crate::simulation) number: u32,
}

#[crate::command(ASK)]
pub(in crate::simulation) fn ask(conn: &mut Conn<'_, Theatre>, request: Ask, reply: Reply<Number>) {
    Theatre::hear(conn, ASK);
    let number = wire_of(conn.peer_addr());
    conn.service().world.defer(number, request.how, Promise::InOrder(request.number, reply));
}

#[derive(Packet)]
pub(in crate::simulation) struct Free {
    #[mario(correlation)]
    id: u16,
    how: u8,
}

#[derive(Packet)]
pub(in crate::simulation) struct Numbered {
    #[mario(correlation)]
    pub(in crate::simulation) id: u16,
    pub(in crate::simulation) number: u32,
}

#[crate::command(FREE)]
pub(in crate::simulation) fn free(conn: &mut Conn<'_, Theatre>, request: Free, reply: Reply<Numbered>) {
    Theatre::hear(conn, FREE);
    let number = wire_of(conn.peer_addr());
    let world = &conn.service().world;
    let promise = Promise::Free(FREE, request.id, world.lock().next_serial(), reply);
    world.defer(number, request.how, promise);
}

#[crate::command(WORK)]
pub(in crate::simulation) fn work(conn: &mut Conn<'_, Theatre>, request: Free, reply: Reply<Numbered>) {
    Theatre::hear(conn, WORK);
    let number = wire_of(conn.peer_addr());
    let Theatre { world, pool, .. } = conn.service();
    let promise = Promise::Free(WORK, request.id, world.lock().next_serial(), reply);
    world.hire(pool, number, request.how, promise);
}
