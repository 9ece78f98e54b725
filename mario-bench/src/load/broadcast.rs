//! Broadcasts to a crowd: how long until all have got it, beside bare writes to as many; and what others see of it.
//!
//! Two servers with a crowd each take turns, one broadcast at a time, so that both meet the same machine. A broadcast
//! takes from the operator's order until the last of the crowd has read the message.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use mario::client::Client;
use mario::proto::{Payload, frame_to_vec};

use crate::load::crowd::{Crowd, Manner};
use crate::load::echo::{EchoLoad, Rhythm};
use crate::load::failure::Failures;
use crate::load::latencies::Latencies;
use crate::load::operator;
use crate::orders::BROADCAST;
use crate::system::stop::Stop;
use crate::system::weight::{CpuUse, Scale};
use crate::wire::TOKEN;

/// Where it goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BroadcastLoad {
    pub(crate) crowd: Manner,
    /// Bytes of a message beside its header.
    pub(crate) payload: usize,
}

/// A server with its crowd and operator.
pub(crate) struct Stage {
    server: SocketAddr,
    crowd: Crowd,
    operator: Client,
    payload: Vec<u8>,
    members: u64,
    sent: u64,
    timeout: Duration,
}

/// What came of broadcasts of two servers in turn.
#[derive(Default)]
pub(crate) struct Duel {
    /// How long each took, of the first and the second server.
    pub(crate) took: Vec<[Duration; 2]>,
    pub(crate) cpu: [Option<CpuUse>; 2],
}

/// What others saw, who asked at a fixed rate.
#[derive(Default)]
pub(crate) struct Witnesses {
    pub(crate) latencies: Latencies,
    pub(crate) unanswered: u64,
    pub(crate) failures: Failures,
    /// Broadcasts meanwhile.
    pub(crate) broadcasts: u64,
}

impl BroadcastLoad {
    /// Gathers the crowd of a server, or as much of it as comes until it is stopped.
    ///
    /// # Errors
    /// The operator can't connect, or the system has too little of something.
    pub(crate) fn gather(&self, server: SocketAddr, stop: &Stop) -> anyhow::Result<Stage> {
        let payload: Vec<u8> = (0..self.payload).map(|i| i as u8).collect();
        let frame = frame_to_vec(TOKEN, BROADCAST, &Payload(&payload))?;
        let Manner { members, timeout, .. } = self.crowd;
        let crowd = Crowd::gather(server, self.crowd, frame, stop)?;
        let operator = operator::connect(server, timeout)?;
        Ok(Stage { server, crowd, operator, payload, members: members as u64, sent: 0, timeout })
    }
}

impl Stage {
    /// Whether all are there who are wanted.
    pub(crate) fn is_whole(&self) -> bool {
        self.crowd.is_whole()
    }

    /// Sends a message to all, and waits until all have it; nothing if it was stopped before.
    ///
    /// # Errors
    /// Not all have got it in time.
    fn broadcast(&mut self, stop: &Stop) -> anyhow::Result<Option<Duration>> {
        let began = Instant::now();
        self.operator.send(BROADCAST, &Payload(&self.payload)).context("ordering a broadcast")?;
        self.sent += 1;
        if !self.crowd.await_frames(self.sent * self.members, self.timeout, stop) {
            if stop.is_asked() {
                return Ok(None);
            }
            let missing = self.sent * self.members - self.crowd.counts().replies;
            bail!("{missing} of {} members did not get a message in {:?}", self.members, self.timeout);
        }
        Ok(Some(began.elapsed()))
    }

    /// What others see of it who ask so often a second, while there are broadcasts or while there are none.
    ///
    /// # Errors
    /// They can't connect, or not all of the crowd get a message.
    pub(crate) fn witness(
        &mut self,
        load: EchoLoad,
        with_broadcasts: bool,
        stop: &Stop,
    ) -> anyhow::Result<Witnesses> {
        let mut connected = load.connect(stop, |_| ())?;
        let before = self.sent;
        let outcome = thread::scope(|scope| {
            let asking = scope.spawn(|| connected.run(stop, |_, _| ()));
            while with_broadcasts && !asking.is_finished() && self.broadcast(stop)?.is_some() {}
            asking.join().unwrap_or_else(|_| bail!("a thread that asks panicked"))
        })?;
        Ok(Witnesses {
            latencies: outcome.latencies,
            unanswered: outcome.unanswered,
            failures: outcome.failures,
            broadcasts: self.sent - before,
        })
    }

    /// Others who ask this server at a fixed rate for so long.
    pub(crate) fn others(
        &self,
        connections: usize,
        rate: f64,
        payload: usize,
        duration: Duration,
    ) -> EchoLoad {
        EchoLoad {
            server: self.server,
            connections,
            rhythm: Rhythm::Rate(rate),
            payload,
            threads: 1,
            warm_up: duration / 10,
            duration,
            timeout: self.timeout,
        }
    }

    /// Closes all; the answer is what failed.
    ///
    /// # Errors
    /// A thread failed.
    pub(crate) fn end(self) -> anyhow::Result<Failures> {
        self.crowd.part()
    }
}

/// So many broadcasts of both in turn, or until it is stopped; `watch` is told how many are done. What there was until it
/// failed is in `duel` too.
///
/// # Errors
/// Not all of a crowd get a message.
pub(crate) fn duel(
    mut stages: [&mut Stage; 2],
    scales: &[Scale; 2],
    rounds: usize,
    stop: &Stop,
    duel: &mut Duel,
    watch: impl Fn(usize),
) -> anyhow::Result<()> {
    // The first one pays for pages and buffers.
    for stage in &mut stages {
        stage.broadcast(stop)?;
    }
    let before = scales.map(|scale| scale.weigh());
    while duel.took.len() < rounds {
        let mut round = [Duration::ZERO; 2];
        // Who begins changes.
        for turn in [duel.took.len() % 2, (duel.took.len() + 1) % 2] {
            let Some(took) = stages[turn].broadcast(stop)? else { return Ok(()) };
            round[turn] = took;
        }
        duel.took.push(round);
        let [first, second] = scales;
        duel.cpu = [first.weigh().cpu_since(&before[0]), second.weigh().cpu_since(&before[1])];
        watch(duel.took.len());
    }
    Ok(())
}
