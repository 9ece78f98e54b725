//! How many instructions a task takes: exactly, by valgrind's callgrind.
//!
//! This program runs itself under valgrind, once with N repetitions and once with 2 N; the difference, divided by N, is
//! one of them with the loop around it. The same for a call that does nothing is taken off.

use std::env;
use std::io::ErrorKind;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;

use anyhow::{Context, Result, anyhow, bail, ensure};
use clap::{Args, ValueEnum};
use fastrand::Rng;

use crate::candidates::{BASELINE, Candidate, EMPTY};
use crate::packets::Values;
use crate::progress::progress;
use crate::selection::Selection;
use crate::table::{Tables, cell};
use crate::tasks::{Packet, Task};
use crate::warm::{DISTANCES, Warm};

#[derive(Args)]
pub struct Arguments {
    /// How often each task is repeated, a multiple of 8; the result hardly depends on it.
    #[arg(long, default_value_t = 1000)]
    times: u32,
    /// How many valgrinds run at a time; as many as there are processors, if not given.
    #[arg(long)]
    jobs: Option<usize>,
}

#[derive(Args)]
pub struct Repeat {
    candidate: String,
    packet: Packet,
    task: Task,
    times: u32,
}

/// One count to be taken.
#[derive(Clone, Copy)]
struct Probe {
    candidate: &'static Candidate,
    packet: Packet,
    task: Task,
}

/// Counts all there is, and gives the tables.
pub fn run(selection: &Selection, arguments: &Arguments) -> Result<Tables> {
    let probes = probes(selection);
    let counts = count_all(&probes, arguments)?;
    let count = |name: &str, packet, task| {
        let found = probes
            .iter()
            .position(|probe| probe.candidate.name == name && probe.packet == packet && probe.task == task);
        found.map(|index| counts[index])
    };
    let net = |name, packet, task| Some(count(name, packet, task)? - count(EMPTY, packet, task)?);

    let mut tables = Tables::default();
    for packet in selection.packets() {
        tables.add(packet.to_string(), packet.tasks(), |candidate, task| {
            let own = net(candidate.name, packet, task)?;
            let ratio = own / net(BASELINE, packet, task)?;
            (candidate.name != EMPTY).then(|| cell(format!("{own:.0}"), ratio))
        });
    }
    Ok(tables)
}

fn probes(selection: &Selection) -> Vec<Probe> {
    let mut probes = Vec::new();
    for packet in selection.packets() {
        for candidate in selection.candidates() {
            let Some(kit) = candidate.kit(packet) else { continue };
            let tasks = packet.tasks().iter().filter(|task| kit.does(**task));
            probes.extend(tasks.map(|&task| Probe { candidate, packet, task }));
        }
    }
    probes
}

/// The instructions of each of the probes, in the same order.
fn count_all(probes: &[Probe], arguments: &Arguments) -> Result<Vec<f64>> {
    let times = arguments.times;
    ensure!(
        times > 0 && times.is_multiple_of(DISTANCES as u32),
        "--times {times} does not give each of {DISTANCES} places in memory its turn: give a multiple of {DISTANCES}"
    );
    let jobs = arguments.jobs.or_else(|| thread::available_parallelism().ok().map(Into::into)).unwrap_or(1);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut counts = Vec::new();
        loop {
            let index = next.fetch_add(1, Relaxed);
            let Some(probe) = probes.get(index) else { return Ok::<_, anyhow::Error>(counts) };
            progress("instructions", index, probes.len());
            counts.push((index, probe.count(times)?));
        }
    };
    let mut all = thread::scope(|scope| {
        let threads: Vec<_> = (0..jobs.max(1)).map(|_| scope.spawn(work)).collect();
        let counts =
            threads.into_iter().map(|thread| thread.join().map_err(|_| anyhow!("a thread panicked"))?);
        counts.collect::<Result<Vec<_>>>().map(|counts| counts.concat())
    })?;
    progress("instructions", probes.len(), probes.len());
    all.sort_unstable_by_key(|(index, _)| *index);
    Ok(all.into_iter().map(|(_, count)| count).collect())
}

impl Probe {
    /// The instructions of one repetition.
    fn count(&self, times: u32) -> Result<f64> {
        let (once, twice) = (self.collect(times)?, self.collect(times * 2)?);
        Ok((twice as f64 - once as f64) / f64::from(times))
    }

    /// The instructions of the whole program with so many repetitions.
    fn collect(&self, times: u32) -> Result<u64> {
        let program = env::current_exe().context("this program does not find itself")?;
        let mut valgrind = Command::new("valgrind");
        valgrind
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(program)
            .args(["repeat", self.candidate.name, &name(self.packet), &name(self.task), &times.to_string()])
            .stdin(Stdio::null());
        let output = valgrind.output().map_err(|error| match error.kind() {
            ErrorKind::NotFound => {
                anyhow!("there is no valgrind here: install it, as with `apt install valgrind`")
            }
            _ => anyhow!(error).context("valgrind does not start"),
        })?;
        let said = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            bail!("valgrind failed: {}\n{said}", output.status);
        }
        let collected = said.lines().find_map(|line| line.split_once("Collected :"));
        let (_, count) = collected.with_context(|| format!("valgrind says no count:\n{said}"))?;
        count.trim().parse().with_context(|| format!("valgrind's count is none: {count}"))
    }
}

fn name(value: impl ValueEnum) -> String {
    value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

impl Repeat {
    /// Does the task, and nothing else that depends on how often.
    pub fn run(&self) -> Result<()> {
        let candidate = Candidate::named(&self.candidate).context("no such candidate")?;
        let kit = candidate.kit(self.packet).context("this candidate has no such packet")?;
        let values = Values::random(&mut Rng::with_seed(0));
        Warm::new(kit, self.task, &values)?.run(self.times);
        Ok(())
    }
}
