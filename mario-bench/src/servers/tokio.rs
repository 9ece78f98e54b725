//! The tokio baseline: what its documentation teaches.
//!
//! A task a connection, a codec that makes frames of bytes, and the stream of replies forwarded to the socket. The
//! halves of the socket are tokio's own, which share no lock; `forward` flushes only when no further request is there,
//! so that pipelined replies leave with one write.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use futures_util::{StreamExt, TryStreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::codec::{Decoder, Encoder, FramedRead, FramedWrite};

use crate::wire::{ECHO, LOGIN, MAX_PACKET, TOKEN};

const HEADER: usize = 8;

/// Serves for ever.
///
/// # Errors
/// The address can't be listened on, or the system has no threads for it.
pub(crate) fn run(addr: SocketAddr, workers: usize) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(workers).enable_all().build()?;
    Ok(runtime.block_on(serve(addr))?)
}

async fn serve(addr: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(addr).await?;
    super::announce(listener.local_addr()?);
    loop {
        match listener.accept().await {
            // What ends a connection is of no interest here.
            Ok((stream, _)) => drop(tokio::spawn(converse(stream))),
            // Most likely out of descriptors.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

async fn converse(stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (reader, writer) = stream.into_split();
    let requests = FramedRead::new(reader, Frames);
    requests.and_then(async |request| answer(request)).forward(FramedWrite::new(writer, Frames)).await
}

fn answer(request: Frame) -> io::Result<Frame> {
    match (request.cmd, request.payload.len()) {
        (ECHO, _) => Ok(request),
        (LOGIN, 2) => Ok(Frame { payload: Bytes::new(), ..request }),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

struct Frame {
    cmd: u16,
    payload: Bytes,
}

struct Frames;

impl Decoder for Frames {
    type Item = Frame;
    type Error = io::Error;

    fn decode(&mut self, source: &mut BytesMut) -> io::Result<Option<Frame>> {
        let Some(mut header) = source.get(..HEADER) else { return Ok(None) };
        let (stx, len, cmd) = (header.get_u32_le(), usize::from(header.get_u16_le()), header.get_u16_le());
        if stx != TOKEN || !(HEADER..=MAX_PACKET).contains(&len) {
            return Err(io::ErrorKind::InvalidData.into());
        }
        if source.len() < len {
            source.reserve(len - source.len());
            return Ok(None);
        }
        let mut frame = source.split_to(len);
        frame.advance(HEADER);
        Ok(Some(Frame { cmd, payload: frame.freeze() }))
    }
}

impl Encoder<Frame> for Frames {
    type Error = io::Error;

    fn encode(&mut self, frame: Frame, out: &mut BytesMut) -> io::Result<()> {
        let len = HEADER + frame.payload.len();
        out.reserve(len);
        out.put_u32_le(TOKEN);
        out.put_u16_le(len as u16);
        out.put_u16_le(frame.cmd);
        out.put_slice(&frame.payload);
        Ok(())
    }
}
