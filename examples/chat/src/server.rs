//! The server.

use mario::{Builder, Close, Conn, Connections, Name, Reason, Server, Service};

use crate::packets::{ENTER, Enter, Entered, HEARTBEAT, SAID, SAY, Say};
use crate::room::{Room, Rooms};

#[derive(Default)]
struct Chat {
    rooms: Rooms,
}

/// Where somebody is, and under which name.
struct Visit {
    room: Name,
    name: String,
}

impl Service for Chat {
    type Session = Option<Visit>;
    type Worker = ();

    fn disconnected(&self, conn: &mut Conn<'_, Self>, _reason: Reason) {
        leave(conn);
    }
}

#[mario::command(ENTER)]
fn enter(conn: &mut Conn<'_, Chat>, request: Enter<'_>) -> Result<Entered, Close> {
    leave(conn);
    let (room, name) = (Name::try_from(request.room).map_err(|_| Close)?, request.name);
    let (rooms, connections) = (&conn.service().rooms, conn.connections());
    let entered = rooms.with(room, |lines| {
        let history = lines.lines();
        // A line that is said from now on comes as a push; no other thread says one meanwhile.
        conn.join(room)?;
        say_in(&connections, room, lines, "", &format!("{name} enters"))?;
        lines.visitors += 1;
        Ok(Entered { history })
    });
    let entered = entered.unwrap_or(Err(Close))?;
    *conn.session() = Some(Visit { room, name: name.to_owned() });
    Ok(entered)
}

#[mario::command(SAY, guard = has_entered)]
fn say(conn: &mut Conn<'_, Chat>, request: Say<'_>) -> Result<(), Close> {
    let (rooms, connections) = (&conn.service().rooms, conn.connections());
    let Some(Visit { room, name }) = conn.session() else { return Err(Close) };
    let said = rooms.with(*room, |lines| say_in(&connections, *room, lines, name, request.text));
    said.unwrap_or(Err(Close))
}

fn has_entered(conn: &mut Conn<'_, Chat>) -> bool {
    conn.session().is_some()
}

fn leave(conn: &mut Conn<'_, Chat>) {
    let Some(Visit { room, name }) = conn.session().take() else { return };
    conn.leave(room);
    let (rooms, connections) = (&conn.service().rooms, conn.connections());
    rooms.with(room, |lines| {
        lines.visitors -= 1;
        // If it can't be said, the others don't hear of it.
        let _ = say_in(&connections, room, lines, "", &format!("{name} leaves"));
    });
}

/// Remembers a line and pushes it, so that all see the lines of a room in the same order.
fn say_in(
    connections: &Connections,
    room: Name,
    lines: &mut Room,
    name: &str,
    text: &str,
) -> Result<(), Close> {
    Ok(connections.push_to_group(room, SAID, &lines.add(name, text))?)
}

fn builder() -> Builder<Chat> {
    Server::builder(Chat::default(), mario::commands![enter, say]).heartbeat(HEARTBEAT)
}

/// Starts the server. It ends with SIGINT or SIGTERM.
pub fn start(addr: &str) -> mario::Result<Server> {
    builder().bind(addr).stop_on_signals().start()
}

#[cfg(test)]
mod tests {
    use mario::Payload;
    use mario::testing::{TestClient, TestServer};

    use super::*;
    use crate::packets::Line;

    fn server() -> TestServer<Chat> {
        TestServer::new(builder())
    }

    fn visitor(server: &TestServer<Chat>, room: &str, name: &str) -> (TestClient<Chat>, Vec<Line>) {
        let mut client = server.connect();
        let entered: Entered = client.call(ENTER, &Enter { room, name });
        (client, entered.history)
    }

    fn heard(client: &mut TestClient<Chat>) -> String {
        let line: Line = client.receive(SAID);
        format!("{}: {}", line.name, line.text)
    }

    #[test]
    fn who_is_in_a_room_hears_it() {
        let server = server();
        let (mut ann, history) = visitor(&server, "red", "Ann");
        assert_eq!(history, []);
        assert_eq!(heard(&mut ann), ": Ann enters");
        let (mut bob, history) = visitor(&server, "red", "Bob");
        assert_eq!(history.len(), 1);
        let (mut eve, _) = visitor(&server, "blue", "Eve");
        bob.send(SAY, &Say { text: "hello" });
        for client in [&mut ann, &mut bob] {
            assert_eq!([heard(client), heard(client)], [": Bob enters", "Bob: hello"]);
        }
        assert_eq!(heard(&mut eve), ": Eve enters");
        assert_eq!(eve.next_frame(), None);
        drop(bob);
        assert_eq!(heard(&mut ann), ": Bob leaves");
        let _entered: Entered = ann.call(ENTER, &Enter { room: "blue", name: "Ann" });
        assert_eq!(heard(&mut eve), ": Ann enters");
    }

    #[test]
    fn who_is_nowhere_is_not_heard() {
        let server = server();
        let mut client = server.connect();
        client.send(SAY, &Say { text: "hello" });
        assert_eq!(client.reason(), Some(Reason::Denied(SAY)));
        let mut client = server.connect();
        client.send(ENTER, &Payload(b"\xff"));
        assert!(matches!(client.reason(), Some(Reason::Malformed(ENTER, _))));
    }
}
