//! The client: one request and its reply, shown as bytes and decoded.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::Context;
use mario::proto::{DEFAULT_STX, Framing, HEADER_LEN, Header, decode_packet, frame_to_vec};

use crate::packets::{Hello, SAY_HELLO, SayHello};

/// How long the server may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Asks the server at `addr` to greet `name`, and prints both frames.
pub fn call(addr: &str, name: &str) -> anyhow::Result<()> {
    let mut stream = TcpStream::connect(addr).with_context(|| format!("no server answers at {addr}"))?;
    stream.set_read_timeout(Some(PATIENCE))?;

    let request = SayHello { name };
    let frame = frame_to_vec(DEFAULT_STX, SAY_HELLO, &request).context("the name does not fit in a frame")?;
    stream.write_all(&frame)?;
    println!("sent      {}\n          {request:?}", hex(&frame));

    let frame = read_frame(&mut stream).context("the server did not reply")?;
    let reply: Hello = decode_packet(&frame[HEADER_LEN..])?;
    println!("received  {}\n          {reply:?}", hex(&frame));
    Ok(())
}

/// Reads one whole frame: its header tells how much there is to read.
fn read_frame(stream: &mut TcpStream) -> anyhow::Result<Vec<u8>> {
    let mut header = [0; HEADER_LEN];
    stream.read_exact(&mut header)?;
    let len = Framing::new(DEFAULT_STX, u16::MAX).check(Header::from_bytes(&header))?;
    let mut frame = header.to_vec();
    frame.resize(len, 0);
    stream.read_exact(&mut frame[HEADER_LEN..])?;
    Ok(frame)
}

/// The bytes of a frame in hex: the token, the length, the command, the payload.
fn hex(frame: &[u8]) -> String {
    let bytes = |part: &[u8]| part.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ");
    let (stx, rest) = frame.split_at(4);
    let (len, rest) = rest.split_at(2);
    let (command, payload) = rest.split_at(2);
    [stx, len, command, payload].map(bytes).join("  ")
}
