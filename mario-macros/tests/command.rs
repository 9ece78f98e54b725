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
