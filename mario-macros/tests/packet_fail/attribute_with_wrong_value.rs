use mario_macros::Packet;

#[derive(Packet)]
#[mario(crate = "mario_proto", overflow = "keep_latest", check = "Self::is_valid", repply = Hello)]
struct Login<'a> {
    #[mario(prefix = "u8", max =, chek = is_name)]
    name: &'a str,
    #[mario(prefix = 8)]
    nick: &'a str,
    #[mario(max = "64")]
    text: &'a str,
    #[mario(c_text = '2')]
    code: &'a str,
    #[mario(check = self.is_ok)]
    sum: u32,
    #[mario(since = "2", default)]
    device: u8,
    #[mario(since = V2, default = )]
    locale: u8,
}

fn main() {}
