//! What the macros make is silent under the lints that users turn on.

#![deny(
    warnings,
    future_incompatible,
    let_underscore,
    nonstandard_style,
    rust_2018_idioms,
    unused,
    absolute_paths_not_starting_with_crate,
    elided_lifetimes_in_paths,
    explicit_outlives_requirements,
    macro_use_extern_crate,
    meta_variable_misuse,
    missing_abi,
    missing_docs,
    non_ascii_idents,
    redundant_imports,
    redundant_lifetimes,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unit_bindings,
    unreachable_pub,
    unsafe_code,
    unused_import_braces,
    unused_lifetimes,
    unused_macro_rules,
    unused_qualifications,
    unused_results,
    variant_size_differences,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
    clippy::cargo,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::shadow_reuse,
    clippy::shadow_same,
    clippy::shadow_unrelated,
    clippy::unwrap_used
)]
// Not of the macros, but of the dependencies and of what stands here.
#![allow(clippy::multiple_crate_versions, clippy::cargo_common_metadata, missing_docs)]

use std::net::Ipv4Addr;

use mario::proto::List;
use mario::{Close, Conn, Packet, Service};

bitflags::bitflags! {
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct Rights: u16 {
        const READ = 1;
        const WRITE = 2;
    }
}

/// All kinds of fields.
#[derive(Clone, Debug, Packet)]
#[mario(extensible, check = Self::is_valid)]
pub(crate) struct Everything<'a> {
    #[mario(correlation)]
    id: u32,
    flag: bool,
    name: &'a str,
    #[mario(prefix = u8, max = 20)]
    short: String,
    #[mario(c_text = 8)]
    nick: &'a str,
    #[mario(range = 1..=9)]
    level: u8,
    #[mario(bits = u16)]
    rights: Rights,
    #[mario(via = u32, big_endian)]
    address: Ipv4Addr,
    maybe: Option<Point>,
    points: Vec<Point>,
    lazy: List<'a, Point>,
    event: Event<'a>,
    color: Color,
    array: [u16; 3],
    #[mario(since = 2, default = 7)]
    later: u16,
}

impl Everything<'_> {
    const fn is_valid(&self) -> bool {
        self.id != 0
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Packet)]
pub(crate) struct Point {
    x: f32,
    y: f32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Packet)]
#[repr(u8)]
pub(crate) enum Color {
    Red = 1,
    Green,
    #[mario(other)]
    Unknown(u8),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Packet)]
#[repr(u16)]
pub(crate) enum Event<'a> {
    Nothing,
    Said { text: &'a str } = 7,
    Moved(i32, i32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Packet)]
pub(crate) struct Wrapped(u64);

#[derive(Debug)]
pub(crate) struct Gateway;

impl Service for Gateway {
    type Session = u32;
    type Worker = ();
}

#[mario::command(0x0101)]
pub(crate) fn nothing(conn: &mut Conn<'_, Gateway>) {
    conn.close();
}

#[mario::command(0x0102)]
pub(crate) fn everything<'a>(conn: &mut Conn<'_, Gateway>, request: Everything<'a>) -> Everything<'a> {
    *conn.session() = request.id;
    request
}

/// Fails.
#[mario::command(0x0103)]
pub(crate) fn fallible(conn: &mut Conn<'_, Gateway>, request: Wrapped) -> Result<Option<Wrapped>, Close> {
    if *conn.session() == 0 { Err(Close) } else { Ok(Some(request)) }
}

const TABLE: mario::Commands<Gateway> = mario::commands![nothing, everything, fallible];

#[test]
fn nothing_is_said() {
    assert_eq!(TABLE.iter().count(), 3);
}
