//! `broadcast`: messages to all members of a group, beside bare writes to as many connections.

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{bail, ensure};
use serde::Serialize;

use crate::commands::cores::Cores;
use crate::commands::progress::Progress;
use crate::commands::spread::Spread;
use crate::commands::{charts, figures, rate, seconds, verdict};
use crate::load::broadcast::{self, BroadcastLoad, Duel, Stage, Witnesses};
use crate::load::crowd::Manner;
use crate::load::dial::Dialer;
use crate::load::failure::Failures;
use crate::load::latencies::Latencies;
use crate::report::{Figure, Output, Panel, Results};
use crate::servers::child::{self, ServerProcess};
use crate::system::cpus::Cpus;
use crate::system::limits;
use crate::system::stop::Stop;
use crate::system::weight::{CpuUse, Scale};

#[derive(clap::Args, Debug)]
pub(crate) struct Arguments {
    /// Members of the group. If they are more than a descriptor table holds, servers have more workers, each with a
    /// table and a listener of its own, and there are more readers.
    #[arg(long, default_value = "18000")]
    members: NonZeroUsize,
    /// Bytes of a message beside its header of 8.
    #[arg(long, default_value_t = 64)]
    payload: usize,
    /// Broadcasts of each server, in turn.
    #[arg(long, default_value = "50")]
    rounds: NonZeroUsize,
    /// Threads that read, for each server.
    #[arg(long, default_value = "1")]
    readers: NonZeroUsize,
    /// Connections of others, who are not in the group and ask meanwhile.
    #[arg(long, default_value = "100")]
    others: NonZeroUsize,
    /// Requests of theirs a second, on all connections together.
    #[arg(long, default_value = "2000", value_parser = rate)]
    rate: f64,
    /// How long they ask, first without broadcasts and then with one after another.
    #[arg(long, default_value = "5", value_parser = seconds)]
    seconds: Duration,
    /// How many seconds joining may take, a broadcast, and a reply.
    #[arg(long, default_value = "10", value_parser = seconds)]
    timeout: Duration,
    #[command(flatten)]
    cores: Cores,
    #[command(flatten)]
    output: Output,
}

impl Arguments {
    /// Runs both servers, and prints what came of it.
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let stop = Stop::on_signals()?;
        let room = Room::of(&self)?;
        self.output.prepare()?;
        let cores = self.cores.take()?;
        let workers = cores.server.count().max(room.tables);
        let mut found = Found::default();
        let error = self.measure(&room, workers, &cores.server, &stop, &mut found).err();
        let Found { duel, quiet, busy, failures } = found;
        let members = self.members.get();
        let is_good = error.is_none()
            && duel.took.len() == self.rounds.get()
            && quiet.unanswered + busy.unanswered == 0;
        let report = Report {
            members,
            payload: self.payload,
            workers,
            rounds: duel.took.len(),
            mario: Side::of(&duel, 0, members),
            writes: Side::of(&duel, 1, members),
            ratio: ratio(&duel),
            cpu_ratio: cpu_ratio(&duel),
            rate: self.rate,
            others_without: Others::of(quiet),
            others_with: Others::of(busy),
            failures: failures.clone(),
            error: error.map(|error| format!("{error:#}")),
        };
        self.output.show(&report)?;
        Ok(verdict(&stop, is_good, &failures))
    }

    /// Starts both servers and gathers their crowds. What there was until it failed or was stopped is in `found`.
    fn measure(
        &self,
        room: &Room,
        workers: usize,
        cpus: &Cpus,
        stop: &Stop,
        found: &mut Found,
    ) -> anyhow::Result<()> {
        let (workers, cpus, slots) = (workers.to_string(), cpus.to_string(), room.slots.to_string());
        let private: &[&str] = if room.is_private() { &["--private-descriptors"] } else { &[] };
        let both = ["--workers", &workers, "--cpus", &cpus];
        let start = |command: &[&str]| ServerProcess::start_with(&[command, &both, private].concat());
        let gateway = start(&["gateway", "--connections", &slots])?;
        let writes = start(&["writes"])?;

        let members = self.members.get();
        let load = BroadcastLoad {
            crowd: Manner {
                members,
                readers: room.readers,
                private_descriptors: 2 * members as u64 > limits::a_table(0)?,
                timeout: self.timeout,
            },
            payload: self.payload,
        };
        let gathering = Progress::of_count("gathering", 2 * members);
        let mut stage = load.gather(gateway.addr(), stop)?;
        gathering.count(members as u64);
        let mut baseline = load.gather(writes.addr(), stop)?;
        drop(gathering);
        let scales = [
            Scale::new(Some(gateway.pid()), gateway.addr())?,
            Scale::new(Some(writes.pid()), writes.addr())?,
        ];
        let compared = self.compare([&mut stage, &mut baseline], &scales, stop, found);
        found.failures.merge(found.quiet.failures.clone());
        found.failures.merge(found.busy.failures.clone());
        for stage in [stage, baseline] {
            found.failures.merge(stage.end()?);
        }
        compared
    }

    /// One broadcast after the other of both, then of the first alone while others ask.
    fn compare(
        &self,
        [stage, baseline]: [&mut Stage; 2],
        scales: &[Scale; 2],
        stop: &Stop,
        found: &mut Found,
    ) -> anyhow::Result<()> {
        if stop.is_asked() {
            return Ok(());
        }
        ensure!(stage.is_whole() && baseline.is_whole(), "not all {} members could join", self.members);
        let rounds = self.rounds.get();
        let progress = Progress::of_count("broadcasts", rounds);
        let count = |count| progress.count(count as u64);
        broadcast::duel([&mut *stage, baseline], scales, rounds, stop, &mut found.duel, count)?;
        drop(progress);
        let asking = stage.others(self.others.get(), self.rate, self.payload, self.seconds);
        found.quiet = stage.witness(asking, false, stop)?;
        found.busy = stage.witness(asking, true, stop)?;
        Ok(())
    }
}

/// What servers and readers need for so many members.
struct Room {
    /// Descriptor tables of each server: of one worker each, if more than one.
    tables: usize,
    /// Slots of each worker.
    slots: usize,
    readers: usize,
}

impl Room {
    /// Looks for what is missing before anything is started.
    fn of(arguments: &Arguments) -> anyhow::Result<Room> {
        let (members, others) = (arguments.members.get(), arguments.others.get());
        // Who asks comes twice, and beside them is the operator.
        let all = members + 2 * others + 1;
        let tables = tables_for(all)?;
        let slots = all.min(usize::try_from(limits::a_table(tables)?).unwrap_or(all));
        let a_reader = usize::try_from(limits::a_table(0)?).unwrap_or(members);
        let readers = arguments.readers.get().max(members.div_ceil(a_reader)).min(members);
        // Both crowds are there at once.
        let both = 2 * members + others;
        let sources = Dialer::new(child::LOOPBACK, arguments.timeout).sources(members);
        limits::check(both, &limits::of_the_machine(both, child::LOOPBACK, 2 * sources))?;
        Ok(Room { tables, slots, readers })
    }

    fn is_private(&self) -> bool {
        self.tables > 1
    }
}

/// How many descriptor tables hold so many connections; each has the bells of all workers, of which it has one.
fn tables_for(connections: usize) -> anyhow::Result<usize> {
    /// The kernel deals connections to listeners on one port by a hash, so some get more than others: so much room each
    /// has beside its even share, in percent.
    const UNEVEN: usize = 5;
    const MOST: usize = 1024;

    for tables in 1..=MOST {
        let needed = if tables == 1 { connections } else { connections * (100 + UNEVEN) / 100 };
        if limits::a_table(tables)?.saturating_mul(tables as u64) >= needed as u64 {
            return Ok(tables);
        }
    }
    bail!(
        "{connections} connections need more than {MOST} descriptor tables: raise the hard limit (`ulimit -Hn`), or ask \
         for fewer --members"
    )
}

/// What was found so far.
#[derive(Default)]
struct Found {
    duel: Duel,
    quiet: Witnesses,
    busy: Witnesses,
    failures: Failures,
}

#[derive(Serialize)]
struct Report {
    members: usize,
    payload: usize,
    workers: usize,
    rounds: usize,
    mario: Side,
    writes: Side,
    /// Of the medians.
    ratio: Option<f64>,
    /// Of the CPU times.
    cpu_ratio: Option<f64>,
    /// Of the others.
    rate: f64,
    others_without: Others,
    others_with: Others,
    failures: Failures,
    /// Why it ended early.
    error: Option<String>,
}

/// One of the two servers.
#[derive(Serialize)]
struct Side {
    /// How long a broadcast took, in microseconds.
    took: Latencies,
    cpu: Option<CpuUse>,
    cpu_micros_per_delivery: Option<f64>,
}

impl Side {
    fn of(duel: &Duel, which: usize, members: usize) -> Side {
        let mut took = Latencies::new();
        duel.took.iter().for_each(|round| took.record(round[which]));
        let cpu = duel.cpu[which];
        let deliveries = (duel.took.len() * members) as u64;
        Side { took, cpu, cpu_micros_per_delivery: cpu.map(|cpu| cpu.micros_each(deliveries)) }
    }

    fn summary(&self) -> String {
        let each = self.cpu_micros_per_delivery;
        let cpu = each.map_or_else(String::new, |each| format!("   {each:.2} µs of CPU a member"));
        format!("{}{cpu}", self.took.summary())
    }
}

/// Those who asked.
#[derive(Serialize)]
struct Others {
    /// In microseconds, from when a request was due to its reply.
    latency: Latencies,
    unanswered: u64,
    /// Meanwhile.
    broadcasts: u64,
}

impl Others {
    fn of(witnesses: Witnesses) -> Others {
        let Witnesses { latencies: latency, unanswered, broadcasts, .. } = witnesses;
        Others { latency, unanswered, broadcasts }
    }
}

/// Of the median of the first server to that of the second.
fn ratio(duel: &Duel) -> Option<f64> {
    let median = |which: usize| {
        let took = duel.took.iter().map(|round| round[which].as_secs_f64());
        Spread::of(took.collect()).map(|spread| spread.median)
    };
    Some(median(0)? / median(1)?)
}

/// Nothing if so little was used that it was not counted.
fn cpu_ratio(duel: &Duel) -> Option<f64> {
    let [mario, writes] = duel.cpu.map(|cpu| cpu.map(|cpu| cpu.seconds).filter(|seconds| *seconds > 0.0));
    Some(mario? / writes?)
}

impl Results for Report {
    fn title(&self) -> String {
        let Report { members, payload, workers, rounds, .. } = self;
        format!("{rounds} broadcasts to {members} members, {workers} workers, payload {payload} bytes")
    }

    fn figures(&self) -> Vec<Figure> {
        let mut figures = vec![
            Figure::new("mario", self.mario.summary()),
            Figure::new("bare writes", self.writes.summary()),
        ];
        if let Some(ratio) = self.ratio {
            let cpu = self.cpu_ratio.map_or_else(String::new, |cpu| format!(", {cpu:.3} of the CPU time"));
            figures.push(Figure::new("ratio", format!("{ratio:.3} of the median time{cpu}")));
        }
        if let Some(cpu) = &self.mario.cpu {
            figures.push(figures::others(cpu));
        }
        let Others { latency, broadcasts, .. } = &self.others_with;
        figures.push(Figure::new("others without", self.others_without.latency.summary()));
        figures.push(Figure::new("others with", format!("{}   {broadcasts} broadcasts", latency.summary())));
        figures.push(Figure::new("failures", &self.failures));
        figures.extend(self.error.iter().map(|error| Figure::new("ended early", error)));
        figures
    }

    fn panels(&self) -> Vec<Panel> {
        let series = [
            ("others without broadcasts", &self.others_without.latency),
            ("others with broadcasts", &self.others_with.latency),
        ];
        vec![charts::latencies(&series)]
    }
}
