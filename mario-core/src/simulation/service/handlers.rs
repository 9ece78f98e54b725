//! A command for each way in which a handler can answer at once, or end.

use std::time::Duration;

use super::commands::{
    CANCEL, DENIED, ECHO, FLAG, LATER, LEAVE, LOGIN, MANY, MEMBERS, NEWS, PANIC, QUIET, QUIT, UNSENDABLE,
};
use super::{Session, Theatre};
use crate::simulation::sockets::wire_of;
use crate::{Close, Conn, Packet, Payload};

#[derive(Packet)]
pub(super) struct Login {
    user: u32,
}

#[derive(Packet)]
pub(super) struct LoggedIn {
    user: u32,
    calls: u32,
}

#[crate::command(LOGIN)]
pub(super) fn login(conn: &mut Conn<'_, Theatre>, request: Login) -> LoggedIn {
    Theatre::hear(conn, LOGIN);
    let session = conn.session();
    session.user = Some(request.user);
    let calls = session.calls;
    conn.admit();
    conn.service().note(conn, "admitted", |life, _| life.admitted = true);
    LoggedIn { user: request.user, calls }
}

#[crate::command(ECHO)]
pub(super) fn echo<'a>(conn: &mut Conn<'_, Theatre>, request: Payload<'a>) -> Payload<'a> {
    Theatre::hear(conn, ECHO);
    request
}

#[derive(Packet)]
pub(super) struct Many {
    count: u8,
    len: u16,
}

#[crate::command(MANY)]
pub(super) fn many(conn: &mut Conn<'_, Theatre>, request: Many) {
    Theatre::hear(conn, MANY);
    for number in 0..request.count {
        if conn.reply(&Payload(&vec![number; request.len.into()])).is_err() {
            return;
        }
    }
}

#[crate::command(QUIET)]
pub(super) fn quiet(conn: &mut Conn<'_, Theatre>, _request: Payload<'_>) {
    Theatre::hear(conn, QUIET);
}

#[crate::command(LEAVE)]
pub(super) fn leave<'a>(conn: &mut Conn<'_, Theatre>, request: Payload<'a>) -> Payload<'a> {
    Theatre::hear(conn, LEAVE);
    conn.close();
    request
}

#[crate::command(QUIT)]
pub(super) fn quit<'a>(conn: &mut Conn<'_, Theatre>, _request: Payload<'a>) -> Result<Payload<'a>, Close> {
    Theatre::hear(conn, QUIT);
    Err(Close)
}

#[crate::command(PANIC)]
pub(super) fn panic(conn: &mut Conn<'_, Theatre>, request: Payload<'_>) {
    Theatre::hear(conn, PANIC);
    let _ = conn.reply(&request);
    conn.service().panics("a handler");
}

#[derive(Packet)]
pub(super) struct Later {
    millis: u16,
}

#[crate::command(LATER)]
pub(super) fn later(conn: &mut Conn<'_, Theatre>, request: Later) {
    Theatre::hear(conn, LATER);
    let delay = Duration::from_millis(request.millis.into());
    if let Ok(timer) = conn.after(delay, news) {
        let mut due = delay;
        conn.service().note(conn, "a timer", |life, now| {
            due += now;
            life.due.push(due);
        });
        conn.session().timer = Some((timer, due));
    }
}

#[crate::command(CANCEL)]
pub(super) fn cancel(conn: &mut Conn<'_, Theatre>, _request: Payload<'_>) {
    Theatre::hear(conn, CANCEL);
    let Some((timer, due)) = conn.session().timer.take() else { return };
    let was_to_come = conn.cancel(timer);
    let service = conn.service();
    let late = service.world.lock().late;
    let mut is_right = true;
    let number = service.note(conn, "a timer is cancelled", |life, now| {
        let place = life.due.iter().position(|other| *other == due);
        is_right = if was_to_come { place.is_some() } else { due <= now + late };
        if let Some(place) = place.filter(|_| was_to_come) {
            life.due.swap_remove(place);
        }
    });
    if !is_right {
        service.world.lock().violated(format!("client {number}: that its timer was to come: {was_to_come}"));
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
pub(super) struct Flag {
    flag: bool,
}

#[crate::command(FLAG)]
pub(super) fn flag(conn: &mut Conn<'_, Theatre>, request: Flag) -> Flag {
    Theatre::hear(conn, FLAG);
    Flag { flag: !request.flag }
}

fn is_member(conn: &mut Conn<'_, Theatre>) -> bool {
    conn.session().user.is_some()
}

#[derive(Packet)]
pub(super) struct Member {
    user: u32,
    calls: u32,
}

#[crate::command(MEMBERS, guard = is_member)]
pub(super) fn members(conn: &mut Conn<'_, Theatre>) -> Member {
    Theatre::hear(conn, MEMBERS);
    let Session { user, calls, .. } = *conn.session();
    Member { user: user.unwrap_or_default(), calls }
}

/// Longer than any frame.
static TOO_LONG: [u8; 70_000] = [0; 70_000];

#[crate::command(UNSENDABLE)]
pub(super) fn unsendable(conn: &mut Conn<'_, Theatre>, _request: Payload<'_>) -> Payload<'static> {
    Theatre::hear(conn, UNSENDABLE);
    Payload(&TOO_LONG)
}

#[crate::command(DENIED)]
pub(super) fn denied(conn: &mut Conn<'_, Theatre>, _request: Payload<'_>) {
    let number = wire_of(conn.peer_addr());
    conn.service().world.lock().violated(format!("client {number}: a command runs that may not"));
}
