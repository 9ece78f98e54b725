//! `users`: what binding a connection to a user costs, looking users up, and being in a group.

mod lookups;
mod memory;

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use serde::Serialize;

use self::lookups::Lookups;
use self::memory::Memory;
use crate::commands::cores::{Chosen, Cores};
use crate::commands::{charts, figures, seconds, verdict};
use crate::load::dial::Dialer;
use crate::load::failure::Failures;
use crate::load::kick::{KickLoad, Outcome, Who};
use crate::load::latencies::Latencies;
use crate::load::operator;
use crate::report::{Figure, Output, Panel, Results};
use crate::servers::child::{self, ServerProcess};
use crate::system::limits;
use crate::system::stop::Stop;

/// Slots beside those of the users: for the operator, and for connections that are about to end.
const BESIDE: usize = 1024;

#[derive(clap::Args, Debug)]
pub(crate) struct Arguments {
    /// Users, each with a connection, who are weighed and looked up.
    #[arg(long, default_value = "18000")]
    users: NonZeroUsize,
    /// How often each lookup is measured, in turn.
    #[arg(long, default_value = "7")]
    rounds: NonZeroUsize,
    /// How long lookups are measured, each time.
    #[arg(long, default_value = "0.2", value_parser = seconds)]
    lookups: Duration,
    /// Threads that log in at once.
    #[arg(long, default_value = "4")]
    threads: NonZeroUsize,
    /// How long logins are measured, those that kick and those that don't.
    #[arg(long, default_value = "3", value_parser = seconds)]
    seconds: Duration,
    /// How many seconds each step of a login may take, and a kick.
    #[arg(long, default_value = "5", value_parser = seconds)]
    timeout: Duration,
    #[command(flatten)]
    cores: Cores,
    #[command(flatten)]
    output: Output,
}

impl Arguments {
    /// Runs the loads, and prints what came of them.
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let stop = Stop::on_signals()?;
        let users = self.users.get();
        limits::need_connections(
            users,
            child::LOOPBACK,
            Dialer::new(child::LOOPBACK, self.timeout).sources(users),
        )?;
        self.output.prepare()?;
        let Chosen { server: cores, all, .. } = self.cores.take()?;
        let slots = users + BESIDE;

        // The load rests while the server's threads look up: they get all cores.
        let server = ServerProcess::gateway_on(&all, slots)?;
        let (memory, streams) = memory::weigh(&server, users, self.timeout, &stop)?;
        let operator = operator::connect(server.addr(), self.timeout + self.lookups * 2)?;
        let lookups = lookups::measure(&operator, self.rounds.get(), self.lookups, &stop)?;
        drop((operator, streams, server));

        let server = ServerProcess::gateway_on(&cores, slots)?;
        let load = KickLoad {
            server: server.addr(),
            threads: self.threads.get(),
            who: Who::Another,
            duration: self.seconds,
            timeout: self.timeout,
        };
        let undisturbed = load.run(&stop)?;
        let kicking = KickLoad { who: Who::One, ..load }.run(&stop)?;
        let mut failures = undisturbed.failures.clone();
        failures.merge(kicking.failures.clone());
        let is_good = kicking.logins > 0 && undisturbed.logins > 0 && memory.is_complete();
        let report = Report {
            users,
            memory,
            lookups,
            ratio: kicking.rate() / undisturbed.rate().max(f64::MIN_POSITIVE),
            kicking: Logins::of(kicking),
            others: Logins::of(undisturbed),
            failures: failures.clone(),
        };
        self.output.show(&report)?;
        Ok(verdict(&stop, is_good, &failures))
    }
}

#[derive(Serialize)]
struct Report {
    users: usize,
    memory: Memory,
    lookups: Lookups,
    /// All of one user.
    kicking: Logins,
    /// Each of another user.
    others: Logins,
    /// Of their rates.
    ratio: f64,
    failures: Failures,
}

/// What came of logins.
#[derive(Serialize)]
struct Logins {
    logins: u64,
    logins_per_second: f64,
    kicked: u64,
    /// From connecting to the reply, in microseconds.
    latency: Latencies,
}

impl Logins {
    fn of(outcome: Outcome) -> Logins {
        let logins_per_second = outcome.rate();
        let Outcome { logins, kicked, latencies: latency, .. } = outcome;
        Logins { logins, logins_per_second, kicked, latency }
    }
}

impl Results for Report {
    fn title(&self) -> String {
        format!("{} users online, looked up; then one who logs in again and again", self.users)
    }

    fn figures(&self) -> Vec<Figure> {
        let mut all = self.memory.figures();
        all.extend(self.lookups.figures());
        let Report { kicking, others, ratio, .. } = self;
        all.push(figures::counted("logins that kick", kicking.logins, kicking.logins_per_second));
        all.push(Figure::new("their latency", kicking.latency.summary()));
        all.push(figures::counted("logins that don't", others.logins, others.logins_per_second));
        all.push(Figure::new("ratio", format!("{ratio:.3}")));
        all.push(Figure::new("failures", &self.failures));
        all
    }

    fn panels(&self) -> Vec<Panel> {
        let series =
            [("logins that kick", &self.kicking.latency), ("logins that don't", &self.others.latency)];
        vec![charts::latencies(&series), self.lookups.panel()]
    }
}
