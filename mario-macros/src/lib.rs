//! The macros of mario. Use them through `mario`, which re-exports them.

#![forbid(unsafe_code)]
#![warn(unreachable_pub)]

use proc_macro::TokenStream;

mod command;
mod commands;
mod doc;
mod errors;
#[cfg(test)]
mod golden;
mod id;
mod lifetimes;
mod packet;
mod place;
mod reading;
mod text;

/// Makes a struct or an enum a packet: something that is written to a payload and read from it.
///
/// The fields follow one another in the order of declaration, as the book's chapter *The wire* has them, and may borrow
/// from the payload.
///
/// ```
/// use mario::Packet;
///
/// /// Asks for a greeting.
/// #[derive(Debug, PartialEq, Packet)]
/// struct SayHello<'a> {
///     /// Who is to be greeted.
///     name: &'a str,
///     #[mario(range = 1..=3)]
///     times: u8,
///     mood: Mood,
/// }
///
/// #[derive(Debug, PartialEq, Packet)]
/// #[repr(u8)]
/// enum Mood {
///     Happy = 1,
///     Angry { at: u32 } = 2,
///     /// Whatever a newer peer thinks of.
///     #[mario(other)]
///     Unknown(u8),
/// }
///
/// let packet = SayHello { name: "Mario", times: 2, mood: Mood::Angry { at: 7 } };
/// let bytes = b"\x05\x00Mario\x02\x02\x07\x00\x00\x00";
/// assert_eq!(mario::proto::decode_packet(bytes), Ok(packet));
/// ```
///
/// # Fields
/// | type | |
/// | --- | --- |
/// | `u8` … `u128`, `i8` … `i128`, `f32`, `f64`, `bool` | |
/// | `&'a str`, `String` | UTF-8, checked |
/// | `&'a [u8]`, `Vec<u8>`, `&'a [u8; N]` | bytes |
/// | `Vec<T>`, `mario::proto::List<'a, T>` | lists: owned, or read from the payload as their items are asked for |
/// | `[T; N]`, `Option<T>` | of any of these |
/// | a type that derives `Packet` | in place |
///
/// | attribute of a field | |
/// | --- | --- |
/// | `prefix = u8` | its length is a `u8`, a `u16` (so without the attribute) or a `u32` |
/// | `rest` | it has no length, but takes the rest of the payload; last field only |
/// | `max = 64` | at most 64 bytes of text, or 64 items: judged before anything is sliced or allocated |
/// | `big_endian` | its numbers are, its length too |
/// | `c_text = 32` | text in 32 bytes, filled up with NULs: C's `char[32]` |
/// | `range = 1..=9` | a number outside is refused; its ends are constants |
/// | `check = path` | a function of its reference tells whether it may travel |
/// | `via = u32` | it travels as a `u32`, or another integer of a fixed width, with `From` both ways |
/// | `bits = u32` | a set of flags of the crate bitflags, which travels as a `u32`; unknown flags are refused |
/// | `since = 2`, `default`, `default = 0` | version 2 of an `extensible` packet brought it; what it is when an older peer does not send it |
/// | `correlation` | a reply is matched to its request by it |
///
/// What is refused when it is read is refused when it is written.
///
/// # The type
/// | attribute of the type | |
/// | --- | --- |
/// | `big_endian` | all its fields are |
/// | `extensible` | what a newer peer sends behind the last field is skipped; it can only be the last field of another packet |
/// | `check = path` | a function of its reference tells whether it may travel |
/// | `overflow = keep_latest` | what becomes of it where it is pushed to a peer that reads too slowly: `close`, so without the attribute, `drop_newest` or `keep_latest` |
/// | `command = 0x0602` | it is the request of this command: the handler and the client need not name the id again |
/// | `reply = Hello` | the packet that answers it; without it the command has no reply |
/// | `crate = path` | the library's crate, where it is not `::mario` |
///
/// An enum needs a `repr` of a fixed width: the number that stands before the variant's fields. One variant may be
/// `#[mario(other)]`: it stands for all numbers that are not declared, and its first field holds that number. Rust counts
/// that variant like any other: where the number which it would get is taken, give it one, as `Unknown(u8) = 0`, which
/// does not travel.
///
/// # Requests
/// A packet with a `command` implements `mario::Request`, and says all that a call needs to know:
///
/// ```
/// use mario::{Conn, Packet, Request};
///
/// #[derive(Packet)]
/// #[mario(command = 0x0602, reply = Hello)]
/// struct SayHello<'a> {
///     name: &'a str,
/// }
///
/// #[derive(Packet)]
/// struct Hello {
///     greeting: String,
/// }
///
/// # struct Greeter;
/// # impl mario::Service for Greeter { type Session = (); type Worker = (); }
/// #[mario::command]
/// fn say_hello(_conn: &mut Conn<'_, Greeter>, request: SayHello<'_>) -> Hello {
///     Hello { greeting: format!("hello, {}", request.name) }
/// }
///
/// assert_eq!(SayHello::COMMAND, 0x0602);
/// ```
///
/// `mario::client::Client::request` takes it. A reply that borrows is written with its lifetime, `reply = Motto<'_>`, and
/// read from its frame.
///
/// # Generics
/// A packet has at most one lifetime, that of the payload, and no type parameters.
///
/// # What it becomes
/// Three impls, of `Encode`, `Decode` and `Packet`. For
///
/// ```text
/// #[derive(Packet)]
/// struct SayHello<'a> {
///     name: &'a str,
/// }
/// ```
///
/// the one that decodes is
///
/// ```text
/// impl<'a> Decode<'a> for SayHello<'a> {
///     #[inline]
///     fn decode(input: &mut Decoder<'a>) -> Result<Self, DecodeError> {
///         let mut run = input.run::<Self, 0>()?;
///         let name = run.field::<&'a str>(input, "SayHello.name")?;
///         Ok(Self { name })
///     }
/// }
/// ```
///
/// A *run* is as many fields of a fixed size as follow one another, and the length of the field behind them: it is checked
/// at once. What a packet becomes with each of the attributes is in `tests/packet_golden`.
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
/// A command that can't answer at once takes a `mario::Reply<Packet>` last and returns nothing: that may go to another
/// thread, and be answered from there.
///
/// Where the packet names its command, `#[mario(command = 0x0701, reply = Dimmed)]`, the attribute is `#[mario::command]`
/// alone, and the reply has to be that packet.
///
/// The id is a `u16`, as a literal or as a constant; those from `0xfffc` on name the connection's own events: the
/// book's chapter *The wire*.
///
/// Behind the id there may be a guard, `#[mario::command(0x0701, guard = logged_in)]`: a function of the connection that
/// tells whether the command may run. It is asked before the payload is decoded; where it says no, the service's hook
/// `denied` decides what happens, which closes the connection by default.
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
///     const ID: u16 = 0x0701;
///     const NAME: &str = "dim";
/// }
///
/// impl CommandOf<Lights> for dim {
///     const ENTRY: Entry<Lights> = Entry::new::<Self>(
///         "",
///         request_description::<Dim>(),
///         reply_description::<Result<Dimmed, Close>>(),
///         |conn, payload| match request::<Dim>(payload) {
///             Ok((request, correlation)) => {
///                 let reply = dim(conn, request);
///                 reply::<_, Result<Dimmed, Close>>(conn, correlation, reply, |error| close(error))
///             }
///             Err(error) => Handled::Malformed(error),
///         },
///     );
/// }
/// ```
///
/// What other handlers become is in `tests/command_golden`.
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
///
/// # What it becomes
/// Constants, all of them, so that a server starts with its table made. From
///
/// ```text
/// mario::commands![on, off]
/// ```
///
/// to
///
/// ```text
/// {
///     use {on as Command0, off as Command1};
///
///     const NAMES: &[(u16, &str)] = &[name::<Command0>(), name::<Command1>()];
///     const DISTINCT: bool = all_distinct(NAMES);
///     const _: () = if !DISTINCT { assert_distinct(NAMES, 0) };
///     const _: () = if !DISTINCT { assert_distinct(NAMES, 1) };
///     const PAGES: usize = page_count(NAMES);
///     Commands::new(const { &Table::<_, _, PAGES>::new(NAMES, [entry::<_, Command0>(), entry::<_, Command1>()]) })
/// }
/// ```
///
/// The names are imported, as that finds the type beside a function; where there is none, the compiler asks for the
/// attribute.
#[proc_macro]
pub fn commands(input: TokenStream) -> TokenStream {
    commands::expand(input.into()).into()
}
