/// Asks for a greeting.
#[derive(Packet)]
#[mario(command = SAY_HELLO, reply = Hello)]
struct SayHello<'a> {
    name: &'a str,
}
/// Asks for today's motto.
#[derive(Packet)]
#[mario(command = 0x0603, reply = Motto<'_>)]
struct GetMotto;
