//! Servers started, loaded and ended, one after the other.

use std::fmt;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use indicatif::HumanCount;
use serde::Serialize;

use super::Arguments;
use super::memory::Weighing;
use crate::commands::contender::Contender;
use crate::commands::progress::Progress;
use crate::commands::shape::Shape;
use crate::load::cps::CpsLoad;
use crate::load::echo::{EchoLoad, Rhythm};
use crate::load::failure::Failures;
use crate::load::fleet::Close;
use crate::load::idle::IdleLoad;
use crate::servers::child::ServerProcess;
use crate::system::cpus::Cpus;
use crate::system::process::{self, CpuTime};
use crate::system::stop::Stop;

/// The share of the machine that other programs may take.
const CALM: f64 = 0.05;

/// How long the machine is looked at, to see whether it is calm.
const LOOK: Duration = Duration::from_millis(500);

/// How long connecting may take, and a reply.
const TIMEOUT: Duration = Duration::from_secs(5);

/// One measurement.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Sample {
    pub(super) round: usize,
    pub(super) server: Contender,
    pub(super) shape: Shape,
    /// Replies, or connections, a second.
    pub(super) per_second: f64,
    /// CPU time of the server for each, in microseconds.
    pub(super) cpu_each: f64,
    /// The share of it outside the kernel.
    pub(super) user_share: f64,
    /// How much of its cores' time the server used: well under 1, the load was the limit.
    pub(super) busy: f64,
    /// How much of the machine's time other programs used.
    pub(super) others: f64,
    pub(super) failures: Failures,
}

impl Sample {
    /// Something failed, or nothing came.
    pub(super) fn is_bad(&self) -> bool {
        !self.failures.is_empty() || self.per_second == 0.0
    }
}

/// All that was measured.
#[derive(Default)]
pub(super) struct Taken {
    pub(super) samples: Vec<Sample>,
    pub(super) weighings: Vec<Weighing>,
    /// Why it ended early, unless it was stopped.
    pub(super) error: Option<anyhow::Error>,
}

/// What all measurements have in common.
pub(super) struct Runner<'a> {
    pub(super) arguments: &'a Arguments,
    pub(super) server_cpus: &'a Cpus,
    pub(super) client_cpus: &'a Cpus,
    pub(super) stop: &'a Stop,
    pub(super) progress: Progress,
}

impl Runner<'_> {
    /// All of it, or what there was until it was stopped or failed.
    pub(super) fn rounds(&self) -> Taken {
        let mut taken = Taken::default();
        for round in 0..self.arguments.rounds.get() {
            if let Err(error) = self.round(round, &mut taken) {
                taken.error = Some(error);
                break;
            }
        }
        taken
    }

    fn round(&self, round: usize, taken: &mut Taken) -> anyhow::Result<()> {
        let Arguments { shapes, idle, .. } = self.arguments;
        for (index, &shape) in shapes.iter().enumerate() {
            if self.stop.is_asked() {
                return Ok(());
            }
            let done = (round * self.arguments.parts() + index) * self.arguments.servers.len();
            taken.samples.extend(self.calmest(round, shape, done)?);
        }
        for (index, &server) in self.arguments.servers.iter().enumerate().filter(|_| *idle > 0) {
            if self.stop.is_asked() {
                return Ok(());
            }
            let name = server.name();
            let weighed = self.weigh(round, server, *idle).with_context(|| format!("weighing {name}"))?;
            let done =
                (round * self.arguments.parts() + shapes.len()) * self.arguments.servers.len() + index + 1;
            if let Some(weighing) = weighed {
                let bytes = weighing.bytes;
                self.tell(done, round, format_args!("idle      {name:<16} {bytes:.0} bytes a connection"));
                taken.weighings.push(weighing);
            }
        }
        Ok(())
    }

    /// So much is done, and this came of the last.
    fn tell(&self, done: usize, round: usize, text: fmt::Arguments<'_>) {
        self.progress.step(done, format_args!("round {} of {}   {text}", round + 1, self.arguments.rounds));
    }

    /// What an idle connection takes; nothing if it was stopped.
    fn weigh(&self, round: usize, server: Contender, connections: usize) -> anyhow::Result<Option<Weighing>> {
        let child = server.start(self.server_cpus, connections)?;
        let load = IdleLoad { server: child.addr(), pid: Some(child.pid()), connections, timeout: TIMEOUT };
        let outcome = load.run(self.stop, |_| {})?;
        if self.stop.is_asked() {
            return Ok(None);
        }
        ensure!(outcome.failures.is_empty(), "idle connections failed: {}", outcome.failures);
        Ok(outcome.of_server().map(|bytes| Weighing { round, server, bytes }))
    }

    /// One round of a shape, as calm as it can be had.
    fn calmest(&self, round: usize, shape: Shape, done: usize) -> anyhow::Result<Vec<Sample>> {
        let unrest = |samples: &[Sample]| samples.iter().map(|sample| sample.others).fold(0.0, f64::max);
        self.wait_for_calm()?;
        let mut calmest = self.one_of_each(round, shape, done)?;
        for _ in 0..self.arguments.repeats {
            if unrest(&calmest) <= CALM || self.stop.is_asked() {
                break;
            }
            let percent = unrest(&calmest) * 100.0;
            self.progress.say(format_args!("  other programs took {percent:.0} % of the machine: once more"));
            self.wait_for_calm()?;
            let again = self.one_of_each(round, shape, done)?;
            if !self.stop.is_asked() && unrest(&again) < unrest(&calmest) {
                calmest = again;
            }
        }
        Ok(calmest)
    }

    /// Waits until nothing else runs, or has run for too long.
    fn wait_for_calm(&self) -> anyhow::Result<()> {
        let began = Instant::now();
        while began.elapsed() < self.arguments.patience && !self.stop.is_asked() {
            let (before, looked) = (CpuTime::of_all()?, Instant::now());
            thread::sleep(LOOK);
            let used = CpuTime::of_all()?.since(before).total();
            if share(used, looked.elapsed(), process::cores()?) <= CALM {
                break;
            }
        }
        Ok(())
    }

    /// Each server in turn, or as many as it gets to until it is stopped.
    fn one_of_each(&self, round: usize, shape: Shape, done: usize) -> anyhow::Result<Vec<Sample>> {
        let mut servers = self.arguments.servers.clone();
        servers.rotate_left(round % self.arguments.servers.len());
        let mut samples = Vec::new();
        for server in servers {
            let name = server.name();
            let sample = self.sample(round, server, shape);
            if self.stop.is_asked() {
                break;
            }
            let sample = sample.with_context(|| format!("{shape} with {name}"))?;
            let rate = HumanCount(sample.per_second.round() as u64);
            let done = done + samples.len() + 1;
            self.tell(done, round, format_args!("{shape:<9} {name:<16} {rate} a second"));
            if !sample.failures.is_empty() {
                self.progress.say(format_args!("  failures: {}", sample.failures));
            }
            samples.push(sample);
        }
        Ok(samples)
    }

    fn sample(&self, round: usize, server: Contender, shape: Shape) -> anyhow::Result<Sample> {
        let child = server.start(self.server_cpus, shape.connections())?;
        match shape {
            Shape::Requests { connections, depth } => {
                let load = EchoLoad {
                    server: child.addr(),
                    connections: connections.get(),
                    rhythm: Rhythm::Depth(depth.get()),
                    payload: self.arguments.payload,
                    threads: self.threads(shape),
                    warm_up: self.arguments.warm_up,
                    duration: self.arguments.seconds,
                    timeout: TIMEOUT,
                };
                let mut connected = load.connect(self.stop, |_| {})?;
                self.measured(round, server, shape, &child, || {
                    let outcome = connected.run(self.stop, |_, _| {})?;
                    Ok((outcome.rate(), outcome.all_replies, outcome.failures))
                })
            }
            Shape::Connections { at_once } => {
                let load = CpsLoad {
                    server: child.addr(),
                    connections: at_once.get(),
                    threads: self.threads(shape),
                    warm_up: self.arguments.warm_up,
                    duration: self.arguments.seconds,
                    timeout: TIMEOUT,
                    // What an ordinary close leaves in the kernel for a minute would be in the way of the next one.
                    close: Close::Reset,
                };
                self.measured(round, server, shape, &child, || {
                    let outcome = load.run(self.stop, |_| {})?;
                    Ok((outcome.rate(), outcome.all_connections, outcome.failures))
                })
            }
        }
    }

    fn threads(&self, shape: Shape) -> usize {
        self.client_cpus.count().min(shape.connections())
    }

    /// Runs a load, which tells how many a second, how many in all, and what failed.
    fn measured(
        &self,
        round: usize,
        server: Contender,
        shape: Shape,
        child: &ServerProcess,
        load: impl FnOnce() -> anyhow::Result<(f64, u64, Failures)>,
    ) -> anyhow::Result<Sample> {
        let began = Instant::now();
        let of_server = || CpuTime::of(child.pid());
        let of_us = || CpuTime::of(std::process::id() as i32);
        let (server_before, us_before, all_before) = (of_server()?, of_us()?, CpuTime::of_all()?);
        let (per_second, count, failures) = load()?;
        let cpu = of_server()?.since(server_before);
        let all = CpuTime::of_all()?.since(all_before).total();
        let ours = cpu.total() + of_us()?.since(us_before).total();
        let ran = began.elapsed();
        let used = cpu.total().as_secs_f64();
        Ok(Sample {
            round,
            server,
            shape,
            per_second,
            cpu_each: used * 1e6 / count.max(1) as f64,
            user_share: cpu.user.as_secs_f64() / used.max(f64::MIN_POSITIVE),
            busy: share(cpu.total(), ran, self.server_cpus.count()),
            others: share(all.saturating_sub(ours), ran, process::cores()?),
            failures,
        })
    }
}

/// The share that `used` is of what so many cores have to give in `time`.
fn share(used: Duration, time: Duration, cores: usize) -> f64 {
    used.as_secs_f64() / (time.as_secs_f64() * cores as f64)
}
