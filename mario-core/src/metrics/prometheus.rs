//! The text that Prometheus reads.

use std::fmt::{self, Display, Write};
use std::time::Duration;

use super::{CommandMetrics, MailboxMetrics, Metrics, PoolMetrics, SlotMetrics, WorkerMetrics};
use crate::stats::Histogram;

/// The buckets of times, in seconds as Prometheus wants them.
const BUCKETS: [(&str, Duration); 13] = [
    ("0.000001", Duration::from_micros(1)),
    ("0.000004", Duration::from_micros(4)),
    ("0.000016", Duration::from_micros(16)),
    ("0.000064", Duration::from_micros(64)),
    ("0.000256", Duration::from_micros(256)),
    ("0.001", Duration::from_millis(1)),
    ("0.004", Duration::from_millis(4)),
    ("0.016", Duration::from_millis(16)),
    ("0.064", Duration::from_millis(64)),
    ("0.256", Duration::from_millis(256)),
    ("1", Duration::from_secs(1)),
    ("4", Duration::from_secs(4)),
    ("16", Duration::from_secs(16)),
];

impl Metrics {
    /// All of it in Prometheus' text format, version 0.0.4. The book's chapter *Observing* has the names.
    pub fn to_prometheus(&self) -> String {
        let mut text = Text(String::with_capacity(16 << 10));
        self.write(&mut text).map_or_else(|_| String::new(), |()| text.0)
    }

    fn write(&self, text: &mut Text) -> fmt::Result {
        self.connections(text)?;
        self.traffic(text)?;
        self.workers(text)?;
        self.slots_and_pools(text)?;
        self.commands(text)
    }

    fn connections(&self, text: &mut Text) -> fmt::Result {
        let stats = &self.stats;
        text.counter("connections_accepted_total", "Connections accepted and given to a worker.")?;
        text.sample("connections_accepted_total", "", stats.accepted)?;
        text.counter("connections_refused_total", "Connections closed at once, by why.")?;
        for (why, count) in [
            ("full", stats.refused),
            ("untrusted", stats.untrusted),
            ("address", stats.refused_by_address),
            ("rate", stats.refused_by_rate),
        ] {
            text.sample("connections_refused_total", format_args!("why=\"{why}\""), count)?;
        }
        text.counter("connections_ended_total", "Connections that ended, by reason.")?;
        for (reason, count) in &self.ended {
            text.sample("connections_ended_total", format_args!("reason=\"{reason}\""), count)?;
        }
        text.counter(
            "proxy_errors_total",
            "Connections from proxies that ended before their header was whole.",
        )?;
        text.sample("proxy_errors_total", "", stats.proxy_errors)?;
        text.counter(
            "accept_pauses_total",
            "Times that accepting paused, as the system was out of something.",
        )?;
        text.sample("accept_pauses_total", "", stats.accept_pauses)?;
        text.counter(
            "accept_delays_total",
            "Times that connections waited, as more came than the accept rate allows.",
        )?;
        text.sample("accept_delays_total", "", stats.accept_delays)?;
        text.gauge("users_online", "Users that a connection is bound to.")?;
        text.sample("users_online", "", self.users)
    }

    fn traffic(&self, text: &mut Text) -> fmt::Result {
        let stats = &self.stats;
        text.counter("pushes_total", "Pushes, by what became of them.")?;
        for (fate, count) in [
            ("sent", stats.pushes),
            ("dropped", stats.pushes_dropped),
            ("gone", stats.pushes_gone),
            ("refused", stats.pushes_refused),
        ] {
            text.sample("pushes_total", format_args!("fate=\"{fate}\""), count)?;
        }
        text.counter("throttled_total", "Times that a connection was not read, as it sent too fast.")?;
        text.sample("throttled_total", "", stats.throttled)?;
        text.counter("unanswered_total", "Requests whose answer was to come later and never came.")?;
        text.sample("unanswered_total", "", stats.unanswered)?;
        text.counter("worker_stalls_total", "Times that a worker did not come round in time.")?;
        text.sample("worker_stalls_total", "", stats.stalls)?;
        text.counter("worker_deaths_total", "Times that a worker died and was started again.")?;
        text.sample("worker_deaths_total", "", stats.deaths)
    }

    fn workers(&self, text: &mut Text) -> fmt::Result {
        type Of = fn(&WorkerMetrics) -> u64;
        let counters: [(&str, &str, Of); 7] = [
            ("frames_received_total", "Whole frames received.", |worker| worker.frames),
            ("received_bytes_total", "Bytes received.", |worker| worker.bytes),
            ("frames_sent_total", "Frames sent, or waiting for slow peers.", |worker| worker.frames_sent),
            ("replies_total", "Frames sent as replies to requests.", |worker| worker.replies),
            ("unknown_frames_total", "Frames of commands that nobody handles.", |worker| worker.unknown),
            ("sent_bytes_total", "Bytes that the sockets took.", |worker| worker.bytes_sent),
            ("panics_total", "Panics of handlers and hooks.", |worker| worker.panics),
        ];
        for (name, help, of) in counters {
            text.counter(name, help)?;
            for (number, worker) in self.workers.iter().enumerate() {
                text.sample(name, format_args!("worker=\"{number}\""), of(worker))?;
            }
        }
        text.gauge("worker_stalled", "Whether a worker does not come round now.")?;
        for (number, worker) in self.workers.iter().enumerate() {
            text.sample("worker_stalled", format_args!("worker=\"{number}\""), u8::from(worker.is_stalled))?;
        }
        text.histogram("round_seconds", "How long the rounds of a worker's loop took, without waiting.")?;
        for (number, worker) in self.workers.iter().enumerate() {
            text.times("round_seconds", &format!("worker=\"{number}\""), &worker.rounds)?;
        }
        Ok(())
    }

    fn slots_and_pools(&self, text: &mut Text) -> fmt::Result {
        text.gauge("slots", "Slots for connections, by what they are.")?;
        for (number, worker) in self.workers.iter().enumerate() {
            let SlotMetrics { free, open, closing, .. } = worker.slots;
            for (state, count) in [("free", free), ("open", open), ("closing", closing)] {
                text.sample("slots", format_args!("worker=\"{number}\",state=\"{state}\""), count)?;
            }
        }
        text.gauge("mailbox_letters", "Room for pushes in mailboxes, and what waits.")?;
        for (number, worker) in self.workers.iter().enumerate() {
            let MailboxMetrics { capacity, used } = worker.mailbox;
            for (what, count) in [("capacity", capacity), ("used", used)] {
                let labels = format_args!("worker=\"{number}\",what=\"{what}\"");
                text.sample("mailbox_letters", labels, count)?;
            }
        }
        text.gauge("pool_bytes", "Bytes of the pools, by what they are.")?;
        for (number, worker) in self.workers.iter().enumerate() {
            for (pool, metrics) in [("input", worker.input_pool), ("output", worker.output_pool)] {
                let PoolMetrics { capacity, used, peak } = metrics;
                for (what, bytes) in [("capacity", capacity), ("used", used), ("peak", peak)] {
                    let labels = format_args!("worker=\"{number}\",pool=\"{pool}\",what=\"{what}\"");
                    text.sample("pool_bytes", labels, bytes)?;
                }
            }
        }
        Ok(())
    }

    fn commands(&self, text: &mut Text) -> fmt::Result {
        type Of = fn(&CommandMetrics) -> u64;
        let counters: [(&str, &str, Of); 4] = [
            ("command_requests_total", "Requests, whatever became of them.", |command| command.requests),
            ("command_malformed_total", "Requests that were no such packet.", |command| command.malformed),
            ("command_denied_total", "Requests that a guard did not let run.", |command| command.denied),
            ("command_panics_total", "Panics of the handler.", |command| command.panics),
        ];
        for (name, help, of) in counters {
            text.counter(name, help)?;
            for command in &self.commands {
                text.sample(name, format_args!("command=\"{}\"", command.name), of(command))?;
            }
        }
        if self.commands.iter().any(|command| command.times.is_some()) {
            text.histogram("command_seconds", "How long the handler took.")?;
        }
        for command in &self.commands {
            if let Some(times) = &command.times {
                text.times("command_seconds", &format!("command=\"{}\"", command.name), times)?;
            }
        }
        Ok(())
    }
}

struct Text(String);

impl Text {
    fn counter(&mut self, name: &str, help: &str) -> fmt::Result {
        self.family(name, help, "counter")
    }

    fn gauge(&mut self, name: &str, help: &str) -> fmt::Result {
        self.family(name, help, "gauge")
    }

    fn histogram(&mut self, name: &str, help: &str) -> fmt::Result {
        self.family(name, help, "histogram")
    }

    fn family(&mut self, name: &str, help: &str, kind: &str) -> fmt::Result {
        writeln!(self.0, "# HELP mario_{name} {help}\n# TYPE mario_{name} {kind}")
    }

    fn sample(&mut self, name: &str, labels: impl Display, value: impl Display) -> fmt::Result {
        match &*labels.to_string() {
            "" => writeln!(self.0, "mario_{name} {value}"),
            labels => writeln!(self.0, "mario_{name}{{{labels}}} {value}"),
        }
    }

    fn times(&mut self, name: &str, labels: &str, times: &Histogram) -> fmt::Result {
        let (bucket, bounds) = (format!("{name}_bucket"), BUCKETS.map(|(_, bound)| bound));
        for ((bound, _), count) in BUCKETS.iter().zip(times.up_to(&bounds)) {
            self.sample(&bucket, format_args!("{labels},le=\"{bound}\""), count)?;
        }
        self.sample(&bucket, format_args!("{labels},le=\"+Inf\""), times.count())?;
        self.sample(&format!("{name}_sum"), labels, times.sum().as_secs_f64())?;
        self.sample(&format!("{name}_count"), labels, times.count())
    }
}
