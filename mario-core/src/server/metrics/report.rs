//! A page for people.

use std::collections::BTreeMap;
use std::fmt;

use super::{CommandMetrics, Metrics, PoolMetrics, WorkerMetrics};

/// What an operator wants to see at a glance.
impl fmt::Display for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stats = &self.stats;
        let sum = |of: fn(&WorkerMetrics) -> u64| self.workers.iter().map(of).sum::<u64>();
        let refused = stats.refused + stats.untrusted + stats.refused_by_address + stats.refused_by_rate;
        let (frames_sent, bytes_sent) = (sum(|worker| worker.frames_sent), sum(|worker| worker.bytes_sent));
        writeln!(
            f,
            "{} open, {} accepted, {refused} refused, {} users",
            stats.open, stats.accepted, self.users
        )?;
        writeln!(f, "{} frames and {} bytes received", stats.frames, stats.bytes)?;
        writeln!(f, "{frames_sent} frames and {bytes_sent} bytes sent, {} panics", stats.panics)?;
        writeln!(f, "ended: {}", names(&self.ended))?;
        writeln!(f, "full: {}", names(&self.full))?;
        self.table_of_workers(f)?;
        self.table_of_commands(f)
    }
}

impl Metrics {
    fn table_of_workers(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (open, closing, free, input, output) = ("open", "closing", "free", "input pool", "output pool");
        let (p99, longest) = ("round p99", "longest");
        writeln!(
            f,
            "\nworker {open:>9} {closing:>9} {free:>9} {input:>12} {output:>12} {p99:>11} {longest:>11}"
        )?;
        for (number, worker) in self.workers.iter().enumerate() {
            let slots = &worker.slots;
            let [input, output] = [worker.input_pool, worker.output_pool].map(percent);
            let [p99, longest] = [worker.rounds.quantile(0.99), worker.rounds.longest()];
            let [p99, longest] = [p99, longest].map(|time| format!("{time:.1?}"));
            let stalled = if worker.is_stalled { "  does not come round" } else { "" };
            writeln!(
                f,
                "{number:<6} {:>9} {:>9} {:>9} {input:>12} {output:>12} {p99:>11} {longest:>11}{stalled}",
                slots.open, slots.closing, slots.free
            )?;
        }
        Ok(())
    }

    fn table_of_commands(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (command, requests, malformed, denied) = ("command", "requests", "malformed", "denied");
        let (p50, p99, panics) = ("p50", "p99", "panics");
        writeln!(
            f,
            "\n{command:<32} {requests:>10} {p50:>9} {p99:>9} {malformed:>10} {denied:>8} {panics:>7}"
        )?;
        for CommandMetrics { id, name, requests, malformed, denied, panics, times } in &self.commands {
            let [p50, p99] = [0.5, 0.99].map(|share| match times {
                Some(times) => format!("{:.1?}", times.quantile(share)),
                None => "-".to_owned(),
            });
            writeln!(
                f,
                "{id:#06x} {name:<25} {requests:>10} {p50:>9} {p99:>9} {malformed:>10} {denied:>8} {panics:>7}"
            )?;
        }
        Ok(())
    }
}

/// What was counted, by name.
fn names(counts: &BTreeMap<&'static str, u64>) -> String {
    let counts = counts.iter().filter(|(_, count)| **count > 0);
    let counts: Vec<_> = counts.map(|(name, count)| format!("{name} {count}")).collect();
    if counts.is_empty() { "none".to_owned() } else { counts.join(", ") }
}

fn percent(pool: PoolMetrics) -> String {
    format!("{} %", (pool.used * 100).checked_div(pool.capacity).unwrap_or_default())
}
