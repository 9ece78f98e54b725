use mario_macros::Packet;

struct Locale;

#[derive(Packet)]
#[mario(crate = mario_proto, extensible)]
struct Login {
    uid: u32,
    #[mario(since = 2, default = "none")]
    device: u8,
    #[mario(since = 2, via = u8, default)]
    locale: Locale,
}

impl Clone for Locale {
    fn clone(&self) -> Self {
        Self
    }
}

impl From<u8> for Locale {
    fn from(_: u8) -> Self {
        Self
    }
}

impl From<Locale> for u8 {
    fn from(_: Locale) -> Self {
        0
    }
}

fn main() {}
