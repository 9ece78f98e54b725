//! The macros of mario. Use them through `mario`, which re-exports them.

use proc_macro::TokenStream;

mod command;
mod commands;
mod errors;
mod packet;

/// Encodes and decodes a struct or a field-less enum as a packet.
#[proc_macro_derive(Packet, attributes(mario))]
pub fn derive_packet(input: TokenStream) -> TokenStream {
    packet::derive(input.into()).into()
}

/// Makes a free function the handler of a command.
///
/// The function stays as it is, and callable. Its arguments are the connection and then the packet, which may be left
/// out where the command has no payload. It returns nothing, a packet, an `Option` of one, or a `Result` of these and
/// an error that becomes `mario::Close`.
///
/// ```
/// use mario::{Close, Conn, Packet, Service};
///
/// struct Lights;
///
/// impl Service for Lights {
///     type Session = bool; // whether it is logged in
///     type Worker = ();
/// }
///
/// #[derive(Packet)]
/// struct Dim {
///     percent: u8,
/// }
///
/// #[derive(Packet)]
/// struct Dimmed {
///     percent: u8,
/// }
///
/// #[mario::command(0x0701)]
/// fn dim(conn: &mut Conn<'_, Lights>, request: Dim) -> Result<Dimmed, Close> {
///     if !*conn.session() {
///         return Err(Close);
///     }
///     Ok(Dimmed { percent: request.percent.min(100) })
/// }
///
/// const COMMANDS: mario::Commands<Lights> = mario::commands![dim];
/// ```
///
/// The id is a `u16`, as a literal or as a constant; those from `0xfffc` on name the connection's own events: the
/// book's chapter *The wire*.
///
/// # What it becomes
/// Beside the function stands a type of the same name, as functions and types do not share their names. It carries
/// the entry of the table:
///
/// ```text
/// fn dim(conn: &mut Conn<'_, Lights>, request: Dim) -> Result<Dimmed, Close> { … }
///
/// struct dim {}
///
/// impl Command for dim {
///     type Service = Lights;
///     const ENTRY: Entry<Lights> = Entry::new(0x0701, "dim", handle);
/// }
///
/// fn handle(conn: &mut Conn<'_, Lights>, payload: &[u8]) -> Handled {
///     match request::<Dim>(payload) {
///         Ok(request) => reply(conn, dim(conn, request)),
///         Err(error) => Handled::Malformed(error),
///     }
/// }
/// ```
#[proc_macro_attribute]
pub fn command(attribute: TokenStream, item: TokenStream) -> TokenStream {
    command::expand(attribute.into(), item.into()).into()
}

/// The constant dispatch table of a service, from a list of its handlers.
///
/// Handlers are named as functions are: `commands![login, chat::say]`. Two with one id, or of two services, do not
/// compile; one that no table lists is reported as never used.
///
/// ```
/// # struct Lights;
/// # impl mario::Service for Lights { type Session = (); type Worker = (); }
/// #[mario::command(0x0701)]
/// fn on(_conn: &mut mario::Conn<'_, Lights>) {}
///
/// #[mario::command(0x0702)]
/// fn off(_conn: &mut mario::Conn<'_, Lights>) {}
///
/// const COMMANDS: mario::Commands<Lights> = mario::commands![on, off];
///
/// let names: Vec<_> = COMMANDS.iter().map(|command| (command.id(), command.name())).collect();
/// assert_eq!(names, [(0x0701, "on"), (0x0702, "off")]);
/// ```
#[proc_macro]
pub fn commands(input: TokenStream) -> TokenStream {
    commands::expand(input.into()).into()
}
