//! Requests that make handlers misbehave.

use std::io::{Read, Write};
use std::thread;
use std::time::Duration;

use anyhow::{Context, ensure};

use super::Scene;
use crate::load::dial::Dialer;
use crate::load::failure::Failure;
use crate::wire;

/// Connections one after the other, on each of which every tenth request makes its handler panic; the others must be
/// answered. How many panics there were.
pub(crate) fn panics(scene: &Scene<'_>) -> anyhow::Result<u64> {
    let dialer = scene.dialer();
    let expected = wire::echo(16)?.repeat(9);
    let requests = [&expected[..], &wire::panic()].concat();
    scene.is_set();
    let mut panics = 0;
    while !scene.is_over() {
        let mut stream = dialer.dial(0).context("connecting")?;
        stream.set_read_timeout(Some(super::TIMEOUT))?;
        stream.write_all(&requests)?;
        let mut replies = Vec::new();
        stream.read_to_end(&mut replies).context("waiting for the replies before a panic")?;
        ensure!(replies == expected, "before a panic come {} bytes of replies that are wrong", replies.len());
        panics += 1;
    }
    Ok(panics)
}

/// Makes a worker hang for so long. How many did.
pub(crate) fn hangs(scene: &Scene<'_>, time: Duration) -> anyhow::Result<u64> {
    let mut stream = scene.dialer().log_in(0).context("connecting")?;
    stream.write_all(&wire::hang(time))?;
    await_notice(scene)?;
    scene.is_set();
    scene.until_over(|| Ok(()))?;
    stream.set_read_timeout(Some(time + super::TIMEOUT))?;
    stream.read_exact(&mut [0; wire::HEADER]).context("waiting for the worker to come round")?;
    Ok(1)
}

/// Waits until connections go to the other workers alone.
fn await_notice(scene: &Scene<'_>) -> anyhow::Result<()> {
    /// So many answered one after the other were dealt by somebody who knows.
    const KNOWING: usize = 5;

    let hasty = Dialer::new(scene.server, Duration::from_millis(100));
    // They stay, as the next goes to the worker with the fewest.
    let mut held = Vec::new();
    let mut answered = 0;
    while answered < KNOWING {
        match hasty.log_in(0) {
            Ok(stream) => {
                held.push(stream);
                answered += 1;
            }
            Err(Failure::NoReply) => answered = 0,
            Err(failure) => return Err(failure.into()),
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}
