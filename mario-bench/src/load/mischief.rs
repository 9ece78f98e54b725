//! What some do to a server while others are to be served.
//!
//! | file | what is done |
//! | --- | --- |
//! | `slow` | bytes that trickle, and replies that are not read |
//! | `floods` | resets, connections for which there is no slot, and for which there is no descriptor |
//! | `handlers` | requests that make handlers panic and hang |

pub(crate) mod floods;
pub(crate) mod handlers;
pub(crate) mod slow;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::Duration;

use anyhow::anyhow;

use crate::load::dial::Dialer;

/// How often who only waits looks whether it is over.
const GLANCE: Duration = Duration::from_millis(10);

/// How long each step of a connection may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Where a mischief is done.
pub(crate) struct Scene<'a> {
    pub(crate) server: SocketAddr,
    over: &'a AtomicBool,
    ready: Sender<()>,
}

impl Scene<'_> {
    /// From now on all is as it shall be while the others are watched.
    pub(crate) fn is_set(&self) {
        let _ = self.ready.send(());
    }

    /// Whether the others have been watched for long enough.
    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    /// Does something now and then until it is over.
    pub(crate) fn until_over(&self, mut turn: impl FnMut() -> anyhow::Result<()>) -> anyhow::Result<()> {
        while !self.is_over() {
            turn()?;
            thread::sleep(GLANCE);
        }
        Ok(())
    }

    fn dialer(&self) -> Dialer {
        Dialer::new(self.server, TIMEOUT)
    }
}

/// Runs `watch` while `mischief` is done to the server on a thread of its own, as soon as that says that the scene is set.
/// What comes of both; a mischief tells how often it was done.
///
/// # Errors
/// Those of either.
pub(crate) fn beside<R>(
    server: SocketAddr,
    mischief: impl FnOnce(&Scene<'_>) -> anyhow::Result<u64> + Send,
    watch: impl FnOnce() -> anyhow::Result<R>,
) -> anyhow::Result<(R, u64)> {
    let over = AtomicBool::new(false);
    let (ready, is_ready) = mpsc::channel();
    thread::scope(|scope| {
        let scene = Scene { server, over: &over, ready };
        let mischief = scope.spawn(move || mischief(&scene));
        // If the scene is never set, its error says why.
        let watched = is_ready.recv().ok().map(|()| watch());
        over.store(true, Ordering::Relaxed);
        let done = mischief.join().map_err(|_| anyhow!("the thread of the mischief panicked"))??;
        let watched = watched.ok_or_else(|| anyhow!("the mischief ended before it began"))?;
        Ok((watched?, done))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nowhere() -> SocketAddr {
        ([127, 0, 0, 1], 1).into()
    }

    #[test]
    fn the_others_are_watched_while_it_is_done() {
        let mischief = |scene: &Scene<'_>| {
            let mut turns = 0;
            scene.is_set();
            scene.until_over(|| {
                turns += 1;
                Ok(())
            })?;
            Ok(turns.min(1))
        };
        let watch = || {
            thread::sleep(GLANCE);
            Ok("watched")
        };
        assert_eq!(beside(nowhere(), mischief, watch).unwrap(), ("watched", 1));
    }

    #[test]
    fn a_scene_that_can_not_be_set_is_an_error() {
        let mischief = |_: &Scene<'_>| Err(anyhow!("no such mischief"));
        let error = beside(nowhere(), mischief, || Ok(())).unwrap_err();
        assert_eq!(error.to_string(), "no such mischief");
    }
}
