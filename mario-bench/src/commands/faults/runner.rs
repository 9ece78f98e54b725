//! Servers started, loaded with a fault and without it, and ended.

use std::env;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;
use indicatif::HumanCount;
use serde::Serialize;

use super::Arguments;
use super::fault::{FRAMES, Fault, LONG_FRAMES};
use crate::commands::progress::Progress;
use crate::load::cps::CpsLoad;
use crate::load::dial::A_SOURCE;
use crate::load::echo::{Connected, EchoLoad, Rhythm};
use crate::load::failure::Failures;
use crate::load::fleet::Close;
use crate::load::latencies::Latencies;
use crate::load::mischief::{self, Scene, floods, handlers, slow};
use crate::load::talk::TalkLoad;
use crate::servers::child::{self, ServerProcess};
use crate::servers::patient::{self, Options};
use crate::system::cpus::Cpus;
use crate::system::process::{self, CpuTime};
use crate::system::stop::Stop;
use crate::wire;

/// How long connecting may take, and a reply.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Bytes of an echo beside its header.
const PAYLOAD: usize = 64;

/// How long a server may take until it has given back what was closed.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often a server takes over from the one before.
const RESTART: Duration = Duration::from_millis(500);

/// One measurement.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Sample {
    pub(super) round: usize,
    pub(super) fault: Fault,
    /// The fault is there; or nothing is wrong, for comparison.
    pub(super) is_there: bool,
    /// How often the mischief was done.
    pub(super) done: u64,
    /// What the others get a second: replies, or connections.
    pub(super) per_second: f64,
    /// How long it takes, in microseconds.
    pub(super) p99: f64,
    /// Which part of its cores' time the server used; nothing where one server follows another.
    pub(super) busy: Option<f64>,
    pub(super) failures: Failures,
    /// The most bytes of the server that were resident.
    pub(super) memory: u64,
    /// What its settings allow.
    pub(super) memory_bound: u64,
    /// Sockets that the server has not given back after all were closed.
    pub(super) sockets_left: usize,
}

/// A measurement that failed.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Failed {
    pub(super) round: usize,
    pub(super) fault: Fault,
    /// With the fault, or without.
    pub(super) is_there: bool,
    /// Why.
    pub(super) error: String,
}

/// What the others saw.
struct Seen {
    per_second: f64,
    latencies: Latencies,
    failures: Failures,
    busy: Option<f64>,
}

/// What all measurements have in common.
pub(super) struct Runner<'a> {
    arguments: &'a Arguments,
    server_cpus: &'a Cpus,
    client_cpus: &'a Cpus,
    stop: &'a Stop,
    progress: Progress,
}

impl<'a> Runner<'a> {
    pub(super) fn new(
        arguments: &'a Arguments,
        server_cpus: &'a Cpus,
        client_cpus: &'a Cpus,
        stop: &'a Stop,
    ) -> Self {
        let samples = 2 * arguments.only.len() * arguments.rounds.get();
        let progress = Progress::of_steps("trying", samples);
        Runner { arguments, server_cpus, client_cpus, stop, progress }
    }

    /// All samples, or those until it was stopped, and those that failed: the others go on.
    pub(super) fn rounds(&self) -> (Vec<Sample>, Vec<Failed>) {
        let (mut samples, mut failed) = (Vec::new(), Vec::new());
        for round in 0..self.arguments.rounds.get() {
            for &fault in &self.arguments.only {
                for is_there in [round % 2 == 0, round % 2 == 1] {
                    let name = if is_there { fault.name() } else { "nothing wrong" };
                    let sample = self.sample(round, fault, is_there);
                    if self.stop.is_asked() {
                        return (samples, failed);
                    }
                    let text = match &sample {
                        Ok(Sample { per_second, failures, .. }) => {
                            let rate = HumanCount(per_second.round() as u64);
                            format!("{rate} a second   failures: {failures}")
                        }
                        Err(error) => format!("failed: {error:#}"),
                    };
                    match sample {
                        Ok(sample) => samples.push(sample),
                        Err(error) => {
                            failed.push(Failed { round, fault, is_there, error: format!("{error:#}") });
                        }
                    }
                    let (nth, rounds, fault) = (round + 1, self.arguments.rounds, fault.name());
                    self.progress.step(
                        samples.len() + failed.len(),
                        format_args!("round {nth} of {rounds}   {fault:<12}   {name:<13}   {text}"),
                    );
                }
            }
        }
        (samples, failed)
    }

    fn sample(&self, round: usize, fault: Fault, is_there: bool) -> anyhow::Result<Sample> {
        let file = Scratch::new(fault);
        let options = fault.options(self.arguments, is_there, &file.0);
        let server = self.start(child::LOOPBACK, &options)?;
        let (addr, at_rest) = (server.addr(), process::resident(server.pid())?);
        let sockets = process::sockets(server.pid())?;
        let (seen, done, server) = match fault {
            Fault::Restarts | Fault::Takeovers | Fault::Terminations if is_there => {
                self.while_changing(fault, server, &options)?
            }
            _ if is_there => {
                let (seen, done) = self.while_mischief(fault, &server)?;
                (seen, done, server)
            }
            _ => (self.watch(self.others(fault, addr)?, &server)?, 0, server),
        };
        let at_most = patient::memory(self.workers(), &options)?.total().at_most;
        Ok(Sample {
            round,
            fault,
            is_there,
            done,
            per_second: seen.per_second,
            p99: seen.latencies.summary().p99,
            busy: seen.busy,
            failures: seen.failures,
            memory: process::peak(server.pid())?,
            memory_bound: at_rest + at_most as u64,
            sockets_left: sockets_left(server.pid(), sockets)?,
        })
    }

    /// What the others see of a mischief, and how often it was done.
    fn while_mischief(&self, fault: Fault, server: &ServerProcess) -> anyhow::Result<(Seen, u64)> {
        let addr = server.addr();
        let Arguments { slow, deaf, resets, excess, .. } = self.arguments;
        let napping = self.arguments.warm_up + self.arguments.seconds + Duration::from_secs(1);
        let (many, much) = (wire::login(0).repeat(FRAMES as usize), wire::echo(1_000)?.repeat(LONG_FRAMES));
        let mischief = |scene: &Scene<'_>| match fault {
            Fault::Slowloris => slow::slowloris(scene, slow.get()),
            Fault::Deaf => slow::deaf(scene, deaf.get()),
            Fault::Resets => floods::resets(scene, *resets),
            Fault::Slots | Fault::AcceptRate => floods::past_limit(scene, 0),
            // From another address than the others'.
            Fault::Addresses => floods::past_limit(scene, A_SOURCE),
            Fault::Frames => floods::too_fast(scene, &many, wire::LOGIN_REPLY.len() * FRAMES as usize),
            Fault::Bytes => floods::too_fast(scene, &much, much.len()),
            Fault::Descriptors => floods::past_descriptors(scene, excess.get()),
            Fault::Panics => handlers::panics(scene),
            Fault::Hang => handlers::hangs(scene, napping),
            Fault::Disk | Fault::Restarts | Fault::Takeovers | Fault::Terminations => {
                scene.is_set();
                Ok(1)
            }
        };
        // Who is there before the worker hangs may be on it.
        let before = if fault == Fault::Hang { None } else { Some(self.others(fault, addr)?) };
        mischief::beside(addr, mischief, || match before {
            Some(others) => self.watch(others, server),
            None => self.watch(self.others(fault, addr)?, server),
        })
    }

    /// What the others see, and how busy the server is meanwhile.
    fn watch(&self, others: Others<'_>, server: &ServerProcess) -> anyhow::Result<Seen> {
        let (began, before) = (Instant::now(), CpuTime::of(server.pid())?);
        let seen = others.watch()?;
        let used = CpuTime::of(server.pid())?.since(before).total();
        let all = began.elapsed() * self.server_cpus.count() as u32;
        Ok(Seen { busy: Some(used.as_secs_f64() / all.as_secs_f64()), ..seen })
    }

    /// What the others see while servers take over from one another, or end and others start then; how many did, and the
    /// last.
    fn while_changing(
        &self,
        fault: Fault,
        server: ServerProcess,
        options: &Options,
    ) -> anyhow::Result<(Seen, u64, ServerProcess)> {
        let (addr, current) = (server.addr(), Mutex::new(Some(server)));
        let change = || {
            let take =
                || current.lock().ok().and_then(|mut current| current.take()).context("the server before");
            let next = if fault == Fault::Terminations {
                let before = take()?;
                before.terminate()?;
                before.finish()?;
                self.start(addr, options)?
            } else {
                let next = self.start(child::LOOPBACK, options)?;
                take()?.finish()?;
                next
            };
            current.lock().ok().map(|mut current| *current = Some(next)).context("the next server")
        };
        let changes = |scene: &Scene<'_>| {
            scene.is_set();
            let mut done = 0;
            while !scene.is_over() {
                change()?;
                done += 1;
                thread::sleep(RESTART);
            }
            Ok(done)
        };
        let (seen, done) = mischief::beside(addr, changes, || self.others(fault, addr)?.watch())?;
        let last = current.into_inner().ok().flatten().context("the last server")?;
        Ok((seen, done, last))
    }

    /// Those who are to be served.
    fn others(&self, fault: Fault, server: SocketAddr) -> anyhow::Result<Others<'_>> {
        let Arguments { connections, seconds: duration, warm_up, .. } = *self.arguments;
        let connections = connections.get();
        // A core is for the mischief.
        let threads = self.client_cpus.count().saturating_sub(1).clamp(1, connections);
        let load = match fault {
            // Connections live no longer than their server, so they come and go.
            Fault::Restarts => Load::Connections(CpsLoad {
                server,
                connections,
                threads,
                warm_up,
                duration,
                timeout: TIMEOUT,
                close: Close::Reset,
            }),
            // They come again when a server ends them.
            Fault::Takeovers | Fault::Terminations => Load::Talks(TalkLoad {
                server,
                connections,
                threads,
                warm_up,
                duration,
                timeout: TIMEOUT,
                may_be_gone: fault == Fault::Terminations,
            }),
            _ => {
                let load = EchoLoad {
                    server,
                    connections,
                    rhythm: Rhythm::Depth(1),
                    payload: PAYLOAD,
                    threads,
                    warm_up,
                    duration,
                    timeout: TIMEOUT,
                };
                Load::Echoes(load.connect(self.stop, |_| {})?)
            }
        };
        Ok(Others { load, stop: self.stop })
    }

    /// At least two workers, so that there is another one than that which hangs.
    fn workers(&self) -> usize {
        self.server_cpus.count().max(2)
    }

    fn start(&self, addr: SocketAddr, options: &Options) -> anyhow::Result<ServerProcess> {
        let (workers, cpus) = (self.workers().to_string(), self.server_cpus.to_string());
        let mut arguments = vec!["patient", "--workers", &workers, "--cpus", &cpus];
        let options = options.arguments();
        arguments.extend(options.iter().map(String::as_str));
        ServerProcess::start_at(addr, &arguments)
    }
}

/// Connections that do nothing wrong.
struct Others<'a> {
    load: Load,
    stop: &'a Stop,
}

enum Load {
    /// They are there already.
    Echoes(Connected),
    Connections(CpsLoad),
    Talks(TalkLoad),
}

impl Others<'_> {
    fn watch(self) -> anyhow::Result<Seen> {
        Ok(match self.load {
            Load::Echoes(mut load) => {
                let outcome = load.run(self.stop, |_, _| {})?;
                Seen {
                    per_second: outcome.rate(),
                    latencies: outcome.latencies,
                    failures: outcome.failures,
                    busy: None,
                }
            }
            Load::Talks(load) => {
                let outcome = load.run(&wire::echo(PAYLOAD)?, self.stop)?;
                Seen {
                    per_second: outcome.rate(),
                    latencies: outcome.latencies,
                    failures: outcome.failures,
                    busy: None,
                }
            }
            Load::Connections(load) => {
                let outcome = load.run(self.stop, |_| {})?;
                Seen {
                    per_second: outcome.rate(),
                    latencies: outcome.latencies,
                    failures: outcome.failures,
                    busy: None,
                }
            }
        })
    }
}

/// A path of this measurement alone, and what is there is removed at its end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(fault: Fault) -> Scratch {
        Scratch(env::temp_dir().join(format!("mario-bench-{}-{}", std::process::id(), fault.name())))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Most faults leave nothing there.
        let _ = fs::remove_file(&self.0);
    }
}

/// How many sockets a server keeps of those that were closed, beside the ones that it had before.
fn sockets_left(pid: i32, before: usize) -> anyhow::Result<usize> {
    let end = Instant::now() + PATIENCE;
    loop {
        let left = process::sockets(pid)?.saturating_sub(before);
        if left == 0 || Instant::now() >= end {
            return Ok(left);
        }
        thread::sleep(Duration::from_millis(10));
    }
}
