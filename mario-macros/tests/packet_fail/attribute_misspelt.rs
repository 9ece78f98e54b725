use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = mario_proto, extensible)]
struct Login {
    uid: u32,
    #[mario(sinc = 2, default)]
    device: u8,
    #[mario(since = 2, defalt)]
    locale: u8,
}

#[derive(Packet)]
#[mario(crate = mario_proto, extensibel)]
struct Device {
    #[mario(since = 2, default)]
    id: u32,
}

#[derive(Packet)]
#[mario(crate = mario_proto, comand = 0x0602, reply = Hello)]
struct SayHello;

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Hello<'a> {
    #[mario(prefx = u32, max = 70_000)]
    greeting: &'a str,
    #[mario(vi = u32, big_endian)]
    address: std::net::Ipv4Addr,
}

fn main() {}
