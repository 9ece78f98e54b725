use mario_macros::Packet;

struct Rights(u32);

bitflags::bitflags! {
    struct Wide: u32 {
        const READ = 1;
    }
}

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Grant {
    #[mario(bits = u32)]
    rights: Rights,
    #[mario(bits = u16)]
    wide: Wide,
    #[mario(bits = u64)]
    narrow: Wide,
}

fn main() {}
