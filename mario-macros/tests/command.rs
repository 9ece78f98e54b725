//! Commands where users put them.

#![deny(warnings)]

use mario::{Conn, Service};

struct Private;

impl Service for Private {
    type Session = ();
    type Worker = ();
}

/// As in a program of which the parts are `pub`, and the service is not.
#[mario::command(1)]
#[allow(private_interfaces)]
pub fn more_visible_than_its_service(_conn: &mut Conn<'_, Private>) {}

mod behind_constants {
    use super::{Conn, Private};

    const LAMP: u16 = 0x0700;
    pub const OFF: u16 = LAMP + 1;

    #[mario::command(OFF)]
    pub(super) fn off(_conn: &mut Conn<'_, Private>) {}
}

#[test]
fn a_handler_may_be_more_visible_than_its_service() {
    const TABLE: mario::Commands<Private> = mario::commands![more_visible_than_its_service];
    assert_eq!(TABLE.get(1).map(|command| command.name()), Some("more_visible_than_its_service"));
}

#[test]
fn an_id_may_be_a_constant() {
    let table: mario::Commands<Private> = mario::commands![behind_constants::off];
    assert_eq!(table.get(behind_constants::OFF).map(|command| command.name()), Some("off"));
}

#[test]
fn the_commands_tell_the_service() {
    let table = mario::commands![behind_constants::off, more_visible_than_its_service];
    assert_eq!(format!("{table:?}"), "[off = 0x0701, more_visible_than_its_service = 0x0001]");
}

#[test]
fn a_service_may_have_no_commands() {
    let table: mario::Commands<Private> = mario::commands![];
    assert!(table.iter().next().is_none() && table.get(0).is_none());
}

#[test]
fn a_handler_may_stand_in_a_function() {
    #[mario::command(2)]
    fn local(_conn: &mut Conn<'_, Private>) {}

    let table = mario::commands![local];
    assert_eq!(table.iter().count(), 1);
}

/// Whatever a function is called, what the macro makes around it has other names.
mod names {
    use mario::testing::TestServer;
    use mario::{Conn, Packet, Payload, Reply, Server, Service};

    struct Names;

    impl Service for Names {
        type Session = ();
        type Worker = ();
    }

    #[derive(Packet)]
    struct Number {
        number: u8,
    }

    macro_rules! handlers {
        ($($id:literal: $name:ident,)*) => {
            $(
                #[mario::command($id)]
                fn $name(_conn: &mut Conn<'_, Names>, request: Number) -> Number {
                    Number { number: request.number + $id }
                }
            )*
        };
    }

    handlers! { 1: conn, 2: payload, 3: request, 4: reply, 5: correlation, 6: error, 7: handled, }

    #[mario::command(8)]
    fn later(_conn: &mut Conn<'_, Names>, reply: Reply<Number>) {
        reply.send(Number { number: 8 }).unwrap();
    }

    macro_rules! list {
        ($($name:ident),*) => {
            mario::commands![$($name),*]
        };
    }

    #[test]
    fn a_variable_is_no_command_whatever_its_name() {
        let (conn, later): (mario::Commands<Names>, _) = (list![conn, later], 1);
        let commands: mario::Commands<Names> = mario::commands![later, self::conn];
        assert_eq!((conn.iter().count(), commands.iter().count(), later), (2, 2, 1));
        let conn: mario::Commands<Names> = list![conn, later];
        assert_eq!(conn.iter().count(), 2);
    }

    #[test]
    fn a_command_may_have_any_name() {
        let commands = mario::commands![conn, payload, request, reply, correlation, error, handled, later];
        let server = TestServer::new(Server::builder(Names, commands));
        let mut client = server.connect();
        for id in 1..=7 {
            assert_eq!(client.call::<_, Number>(id.into(), &Number { number: 10 }).number, 10 + id);
        }
        assert_eq!(client.call::<_, Number>(8, &Payload(b"")).number, 8);
    }
}
