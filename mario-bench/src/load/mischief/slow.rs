//! Connections that send slowly, and connections that do not read.

use std::io::Write;
use std::net::TcpStream;
use std::time::Instant;

use anyhow::Context;
use socket2::{Domain, Socket, Type};

use super::Scene;
use crate::load::failure::Failure;
use crate::load::pace::Pace;
use crate::wire;

/// Requests of a connection that does not read.
const UNREAD: usize = 100;

/// So little room a connection that does not read has for replies: the kernel's memory is not what is tried.
const WINDOW: usize = 4 << 10;

/// So many connections each send a byte a second, of a frame that never becomes whole. How many were kept to the end.
pub(crate) fn slowloris(scene: &Scene<'_>, count: usize) -> anyhow::Result<u64> {
    let dialer = scene.dialer();
    let frame = wire::echo(wire::MAX_PACKET - wire::HEADER)?;
    let mut streams: Vec<TcpStream> =
        (0..count).map(|number| dialer.dial(number)).collect::<Result<_, Failure>>().context("connecting")?;
    scene.is_set();
    let mut pace = Pace::share(count as f64, Instant::now(), 0, 1);
    let (mut turn, mut lost) = (0, 0);
    scene.until_over(|| {
        while pace.due(Instant::now()).is_some() {
            pace.advance();
            let at = (turn / count).min(frame.len() - 2);
            lost += u64::from(streams[turn % count].write(&frame[at..=at]).is_err());
            turn += 1;
        }
        Ok(())
    })?;
    Ok((count as u64).saturating_sub(lost))
}

/// So many connections each ask for far more than they ever read; one that is closed comes again. How many came.
pub(crate) fn deaf(scene: &Scene<'_>, count: usize) -> anyhow::Result<u64> {
    let connect = || -> anyhow::Result<Socket> {
        let mut socket = Socket::new(Domain::for_address(scene.server), Type::STREAM, None)?;
        socket.set_recv_buffer_size(WINDOW)?;
        socket.connect(&scene.server.into()).context("connecting")?;
        socket.write_all(&wire::big().repeat(UNREAD)).context("asking")?;
        Ok(socket)
    };
    let mut sockets = (0..count).map(|_| connect()).collect::<anyhow::Result<Vec<_>>>()?;
    scene.is_set();
    let mut came = count as u64;
    scene.until_over(|| {
        for socket in &mut sockets {
            if socket.take_error()?.is_some() {
                *socket = connect()?;
                came += 1;
            }
        }
        Ok(())
    })?;
    Ok(came)
}
