#[derive(Packet)]
#[mario(extensible, check = Self::is_valid)]
struct Account<'a> {
    #[mario(correlation)]
    id: u32,
    #[mario(prefix = u8, max = 32)]
    name: &'a str,
    #[mario(c_text = 16)]
    nick: String,
    #[mario(range = 18..)]
    age: u8,
    #[mario(bits = u16)]
    rights: Rights,
    #[mario(via = u32, big_endian)]
    address: Ipv4Addr,
    #[mario(since = 2, default = 1)]
    level: u16,
}
