//! `#[derive(Packet)]`, as a user writes it.

use std::collections::TryReserveError;
use std::hint::black_box;

use mario::__private::Rehearsal;
use mario::proto::{Encode, Encoder, List, decode_packet};
use mario::{Conn, Frame, Packet as DerivePacket, Service};

use super::Candidate;
use crate::packets::{
    self, use_login, use_ping, use_profile, use_readings, use_short_login, use_two_of_login,
    use_two_of_profile, use_two_of_readings,
};
use crate::tasks::{Codec, Dispatch, Heeded, Kit, LOGIN, Packet};

pub(super) const CANDIDATE: Candidate = Candidate {
    name: "mario",
    kits: &[
        (Packet::Ping, Kit::of::<Mario, packets::Ping>()),
        (Packet::ShortLogin, Kit::of::<Mario, packets::ShortLogin>().with_dispatch(short_service)),
        (Packet::Login, Kit::of::<Mario, packets::Login>().with_dispatch(service)),
        (Packet::Profile, Kit::of::<Mario, packets::Profile>()),
        (Packet::List, Kit::of::<Mario, packets::Readings>()),
        (Packet::OwnedList, Kit::of::<MarioOwned, packets::Readings>()),
    ],
};

/// Each task has packets of its own, as each command of a service has: what is decoded in one place only is compiled
/// into that place.
macro_rules! packets {
    ($task:ident) => {
        #[allow(dead_code, reason = "no task uses all of it")]
        mod $task {
            use mario::Packet;
            use mario::proto::List;

            #[derive(Packet)]
            pub(super) struct Ping {
                pub(super) at: u64,
            }

            #[derive(Packet)]
            pub(super) struct ShortLogin {
                pub(super) uid: u16,
            }

            #[derive(Packet)]
            pub(super) struct Login<'a> {
                pub(super) uid: u64,
                pub(super) device: u32,
                pub(super) version: u16,
                pub(super) again: bool,
                pub(super) token: [u8; 16],
                pub(super) name: &'a str,
            }

            #[derive(Packet)]
            pub(super) struct Profile<'a> {
                pub(super) id: u64,
                pub(super) since: u64,
                pub(super) nick: &'a str,
                pub(super) level: u32,
                pub(super) email: &'a str,
                pub(super) region: u16,
                pub(super) visible: bool,
                pub(super) about: &'a str,
                pub(super) verified: bool,
            }

            #[derive(Clone, Copy, Packet)]
            pub(super) struct Reading {
                pub(super) sensor: u16,
                pub(super) value: u32,
            }

            #[derive(Packet)]
            pub(super) struct Readings<'a> {
                pub(super) items: List<'a, Reading>,
            }

            #[derive(Packet)]
            pub(super) struct OwnedReadings {
                pub(super) items: Vec<Reading>,
            }
        }
    };
}

packets!(all);
packets!(two);
packets!(dispatched);

struct Mario;

/// Without the frame's header, which the peers do not have.
#[inline(always)]
fn encode<P: Encode>(packet: &P, out: &mut [u8]) -> Option<usize> {
    let mut out = Encoder::new(out);
    packet.encode(&mut out).heeded()?;
    Some(out.written())
}

impl Codec<packets::Ping> for Mario {
    type Packet<'v> = all::Ping;

    fn packet(value: &packets::Ping) -> all::Ping {
        all::Ping { at: value.at }
    }

    fn encode(packet: &all::Ping, out: &mut [u8]) -> Option<usize> {
        encode(packet, out)
    }

    fn decode_all(payload: &[u8]) -> Option<u64> {
        let ping: all::Ping = decode_packet(payload).heeded()?;
        Some(use_ping(ping.at))
    }
}

impl Codec<packets::ShortLogin> for Mario {
    type Packet<'v> = all::ShortLogin;

    fn packet(value: &packets::ShortLogin) -> all::ShortLogin {
        all::ShortLogin { uid: value.uid }
    }

    fn encode(packet: &all::ShortLogin, out: &mut [u8]) -> Option<usize> {
        encode(packet, out)
    }

    fn decode_all(payload: &[u8]) -> Option<u64> {
        let login: all::ShortLogin = decode_packet(payload).heeded()?;
        Some(use_short_login(login.uid))
    }
}

impl Codec<packets::Login> for Mario {
    type Packet<'v> = all::Login<'v>;

    fn packet(value: &packets::Login) -> all::Login<'_> {
        let packets::Login { uid, device, version, again, token, ref name } = *value;
        all::Login { uid, device, version, again, token, name }
    }

    fn encode(packet: &all::Login<'_>, out: &mut [u8]) -> Option<usize> {
        encode(packet, out)
    }

    fn decode_all(payload: &[u8]) -> Option<u64> {
        let all::Login { uid, device, version, again, token, name } = decode_packet(payload).heeded()?;
        Some(use_login(uid, device, version, again, &token, name))
    }

    fn decode_two(payload: &[u8]) -> Option<u64> {
        let login: two::Login<'_> = decode_packet(payload).heeded()?;
        Some(use_two_of_login(login.uid, login.name))
    }
}

impl Codec<packets::Profile> for Mario {
    type Packet<'v> = all::Profile<'v>;

    fn packet(value: &packets::Profile) -> all::Profile<'_> {
        let packets::Profile { id, since, ref nick, level, ref email, region, visible, ref about, verified } =
            *value;
        all::Profile { id, since, nick, level, email, region, visible, about, verified }
    }

    fn encode(packet: &all::Profile<'_>, out: &mut [u8]) -> Option<usize> {
        encode(packet, out)
    }

    fn decode_all(payload: &[u8]) -> Option<u64> {
        let all::Profile { id, since, nick, level, email, region, visible, about, verified } =
            decode_packet(payload).heeded()?;
        Some(use_profile((id, since), nick, level, email, (region, visible), about, verified))
    }

    fn decode_two(payload: &[u8]) -> Option<u64> {
        let profile: two::Profile<'_> = decode_packet(payload).heeded()?;
        Some(use_two_of_profile(profile.id, profile.about))
    }
}

impl Codec<packets::Readings> for Mario {
    type Packet<'v> = all::OwnedReadings;

    // A `List` made of a slice is for who has the items at hand; encoding both is the same.
    fn packet(value: &packets::Readings) -> all::OwnedReadings {
        all::OwnedReadings::new(value)
    }

    fn encode(packet: &all::OwnedReadings, out: &mut [u8]) -> Option<usize> {
        let items = List::from(&packet.items[..]);
        encode(&all::Readings { items }, out)
    }

    fn decode_all(payload: &[u8]) -> Option<u64> {
        let readings: all::Readings<'_> = decode_packet(payload).heeded()?;
        Some(use_readings(readings.items.iter().map(|item| (item.sensor, item.value))))
    }

    fn decode_two(payload: &[u8]) -> Option<u64> {
        let readings: two::Readings<'_> = decode_packet(payload).heeded()?;
        let first = readings.items.iter().next().map(|item| (item.sensor, item.value));
        Some(use_two_of_readings(readings.items.len(), first))
    }
}

impl all::OwnedReadings {
    fn new(value: &packets::Readings) -> Self {
        let item = |item: &packets::Reading| all::Reading { sensor: item.sensor, value: item.value };
        all::OwnedReadings { items: value.items.iter().map(item).collect() }
    }
}

struct MarioOwned;

impl Codec<packets::Readings> for MarioOwned {
    type Packet<'v> = all::OwnedReadings;

    fn packet(value: &packets::Readings) -> all::OwnedReadings {
        all::OwnedReadings::new(value)
    }

    fn encode(packet: &all::OwnedReadings, out: &mut [u8]) -> Option<usize> {
        encode(packet, out)
    }

    fn decode_all(payload: &[u8]) -> Option<u64> {
        let readings: all::OwnedReadings = decode_packet(payload).heeded()?;
        black_box(&readings.items);
        Some(use_readings(readings.items.iter().map(|item| (item.sensor, item.value))))
    }

    fn decode_two(payload: &[u8]) -> Option<u64> {
        let readings: two::OwnedReadings = decode_packet(payload).heeded()?;
        black_box(&readings.items);
        let first = readings.items.first().map(|item| (item.sensor, item.value));
        Some(use_two_of_readings(readings.items.len(), first))
    }
}

/// A service with a table of commands, as a worker drives it.
struct Server<S: Service>(Rehearsal<S>);

struct Gate;

impl Service for Gate {
    type Session = u64;
    type Worker = ();
}

#[derive(DerivePacket)]
struct Welcome {
    session: u64,
    protocol: u16,
}

#[mario::command(LOGIN)]
fn log_in(conn: &mut Conn<'_, Gate>, login: dispatched::Login<'_>) -> Welcome {
    let dispatched::Login { uid, device, version, again, token, name } = login;
    let session = use_login(uid, device, version, again, &token, name);
    *conn.session() = session;
    Welcome { session, protocol: version }
}

#[mario::command(0x6201)]
fn log_out(conn: &mut Conn<'_, Gate>) {
    *conn.session() = 0;
}

struct ShortGate;

impl Service for ShortGate {
    type Session = u64;
    type Worker = ();
}

#[derive(DerivePacket)]
struct LoggedIn;

#[mario::command(LOGIN)]
fn log_in_shortly(conn: &mut Conn<'_, ShortGate>, login: dispatched::ShortLogin) -> LoggedIn {
    *conn.session() = use_short_login(login.uid);
    LoggedIn
}

#[mario::command(0x6201)]
fn log_out_shortly(conn: &mut Conn<'_, ShortGate>) {
    *conn.session() = 0;
}

fn service() -> Box<dyn Dispatch> {
    serve(Rehearsal::new(Gate, mario::commands![log_in, log_out]))
}

fn short_service() -> Box<dyn Dispatch> {
    serve(Rehearsal::new(ShortGate, mario::commands![log_in_shortly, log_out_shortly]))
}

fn serve<S: Service>(rehearsal: Result<Rehearsal<S>, TryReserveError>) -> Box<dyn Dispatch> {
    Box::new(Server(rehearsal.expect("there is memory for its buffers")))
}

impl<S: Service> Dispatch for Server<S> {
    #[inline(never)]
    fn dispatch(&mut self, cmd: u16, payload: &[u8]) -> Option<usize> {
        self.0.handle(Frame { stx: u32::MAX, cmd, payload }).heeded().map(<[u8]>::len)
    }
}
