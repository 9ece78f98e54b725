use mario_macros::Packet;

fn send(packet: impl mario_proto::Packet) {
    let _ = packet;
}

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Login {
    uid: u16,
}

fn sends() {
    send(Login { uid: 1 });
    send(1_u16);
    send("text");
}

fn main() {}
