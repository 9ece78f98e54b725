#[derive(Packet)]
#[repr(u8)]
enum Event<'a> {
    Idle,
    Said { text: &'a str } = 0x10,
    #[mario(other)]
    Unknown(u8, #[mario(rest)] &'a [u8]),
}
