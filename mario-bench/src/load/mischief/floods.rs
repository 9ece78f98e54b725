//! Connections that break off, and connections that are too many.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use socket2::SockRef;

use super::{Scene, TIMEOUT};
use crate::load::failure::Failure;
use crate::wire;

/// Connections one after the other, each reset in another state: at least so many, and for as long as it lasts. How many
/// there were.
pub(crate) fn resets(scene: &Scene<'_>, least: u64) -> anyhow::Result<u64> {
    /// Source addresses are taken in turn.
    const A_TURN: u64 = 100_000;

    let dialer = scene.dialer();
    let echo = wire::echo(64)?;
    scene.is_set();
    let mut done = 0;
    while done < least || !scene.is_over() {
        let mut stream = dialer.dial((done % A_TURN) as usize).context("connecting")?;
        SockRef::from(&stream).set_linger(Some(Duration::ZERO))?;
        match done % 5 {
            0 => {}
            1 => stream.write_all(&echo[..20])?,
            2 => stream.write_all(&echo)?,
            3 => stream.write_all(&wire::big())?,
            // It waits for the server, so that the storm never gets far ahead of it.
            _ => {
                stream.write_all(&echo)?;
                let mut reply = vec![0; echo.len()];
                stream.read_exact(&mut reply).context("waiting for an echo")?;
            }
        }
        done += 1;
    }
    Ok(done)
}

/// Takes all connections that there may be, those of these numbers on, and then connects again and again. How many were
/// refused.
pub(crate) fn past_limit(scene: &Scene<'_>, first: usize) -> anyhow::Result<u64> {
    let dialer = scene.dialer();
    let mut held = Vec::new();
    let mut try_one = || match dialer.log_in(first + held.len()) {
        Ok(stream) => {
            held.push(stream);
            Ok(false)
        }
        Err(Failure::Closed | Failure::Reset) => Ok(true),
        Err(failure) => bail!(failure),
    };
    while !try_one()? {}
    scene.is_set();
    let mut refused = 1;
    while !scene.is_over() {
        refused += u64::from(try_one()?);
    }
    Ok(refused)
}

/// So many connections, for most of which the server has no descriptor. How many were held to the end.
pub(crate) fn past_descriptors(scene: &Scene<'_>, count: usize) -> anyhow::Result<u64> {
    let dialer = scene.dialer();
    let streams: Vec<TcpStream> =
        (0..count).map(|number| dialer.dial(number)).collect::<Result<_, Failure>>().context("connecting")?;
    scene.is_set();
    scene.until_over(|| Ok(()))?;
    Ok(streams.len() as u64)
}

/// Connections one after the other, each of which sends all these requests at once, faster than it may, and again when they
/// are answered: on a busy machine the server may see them late. How many were closed for it.
pub(crate) fn too_fast(scene: &Scene<'_>, requests: &[u8], replies: usize) -> anyhow::Result<u64> {
    let dialer = scene.dialer();
    let mut came = vec![0; replies];
    scene.is_set();
    let mut closed = 0;
    while !scene.is_over() {
        let mut stream = dialer.open(0).context("connecting")?;
        let began = Instant::now();
        loop {
            match stream
                .write_all(requests)
                .and_then(|()| stream.read_exact(&mut came))
                .map_err(Failure::from)
            {
                // Who is closed amid of what he sends sees a reset.
                Err(Failure::Reset | Failure::Closed) => break,
                Err(failure) => bail!(failure),
                Ok(()) => {
                    ensure!(began.elapsed() < TIMEOUT, "a connection that sends too fast was not closed");
                }
            }
        }
        closed += 1;
    }
    Ok(closed)
}
