/// Greets whoever is named.
#[derive(Packet)]
struct SayHello<'a> {
    /// Who it is.
    name: &'a str,
}
