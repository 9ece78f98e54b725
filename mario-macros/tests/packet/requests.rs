//! Packets that name their command.

use mario_macros::Packet;
use mario_proto::{NoReply, OwnedReply, Request};

const SAY_HELLO: u16 = 0x0602;

#[derive(Packet)]
#[mario(crate = mario_proto, command = SAY_HELLO, reply = Hello)]
struct SayHello<'a> {
    name: &'a str,
}

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Hello {
    greeting: String,
}

#[derive(Packet)]
#[mario(crate = mario_proto, command = 0x0603, reply = Motto<'_>)]
#[repr(u8)]
enum GetMotto {
    Today,
}

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Motto<'a> {
    text: &'a str,
}

#[derive(Packet)]
#[mario(crate = mario_proto, command = 0x0604)]
struct Forget;

fn replied<Q: Request<Reply = R>, R>(_: &Q) {}
fn owned<Q: OwnedReply>(_: &Q) {}

#[test]
fn requests_know_their_command_and_reply() {
    let request = SayHello { name: "Mario" };
    replied::<_, Hello>(&request);
    owned(&request);
    replied::<_, Motto<'static>>(&GetMotto::Today);
    replied::<_, NoReply>(&Forget);
    let ids = [SayHello::COMMAND, GetMotto::COMMAND, Forget::COMMAND];
    assert_eq!(ids, [SAY_HELLO, 0x0603, 0x0604]);
}
