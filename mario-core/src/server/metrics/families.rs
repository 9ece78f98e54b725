//! All that is told, by name: for whoever writes it down or hands it on.

use super::{CommandMetrics, DoorMetrics, MailboxMetrics, Metrics, PoolMetrics, SlotMetrics, WorkerMetrics};
use crate::stats::{Histogram, Stats};

/// What distinguishes the samples of a name.
pub(super) type Labels<'a> = &'a [(&'static str, &'a str)];

/// Who is told: each name first, then its samples. Names are without the `mario_` that all begin with.
pub(super) trait Listener {
    /// What only grows.
    fn counter(&mut self, name: &'static str, help: &'static str);
    /// What may become less.
    fn gauge(&mut self, name: &'static str, help: &'static str);
    /// Of counters and gauges.
    fn sample(&mut self, name: &'static str, labels: Labels<'_>, value: u64);
    /// How long things took, in seconds.
    fn histogram(&mut self, name: &'static str, help: &'static str);
    fn times(&mut self, name: &'static str, labels: Labels<'_>, times: &Histogram);
}

impl Metrics {
    pub(super) fn tell(&self, to: &mut impl Listener) {
        self.connections(to);
        self.pushes(to);
        self.workers(to);
        self.slots_and_pools(to);
        self.commands(to);
    }

    fn connections(&self, to: &mut impl Listener) {
        let stats = &self.stats;
        let doors = self.doors();
        to.counter("connections_accepted_total", "Connections accepted and given to a worker.");
        for (worker, door) in &doors {
            to.sample("connections_accepted_total", &of_worker(worker), door.accepted);
        }
        to.counter("connections_refused_total", "Connections closed at once, by why.");
        for (worker, door) in &doors {
            for (why, count) in [
                ("full", door.refused),
                ("untrusted", door.untrusted),
                ("address", door.refused_by_address),
                ("rate", door.refused_by_rate),
            ] {
                let labels = [of_worker(worker), vec![("why", why)]].concat();
                to.sample("connections_refused_total", &labels, count);
            }
        }
        to.counter("connections_ended_total", "Connections that ended, by reason.");
        for (number, worker) in self.numbered_workers() {
            for (reason, count) in &worker.ended {
                to.sample("connections_ended_total", &[("worker", &number), ("reason", reason)], *count);
            }
        }
        to.counter("full_total", "Times that something found no room, by what was full.");
        for (number, worker) in self.numbered_workers() {
            for (what, count) in &worker.full {
                to.sample("full_total", &[("worker", &number), ("what", what)], *count);
            }
        }
        to.counter(
            "proxy_errors_total",
            "Connections from proxies that ended before their header was whole.",
        );
        to.sample("proxy_errors_total", &[], stats.proxy_errors);
        to.counter("accept_pauses_total", "Times that accepting paused, as the system was out of something.");
        to.sample("accept_pauses_total", &[], stats.accept_pauses);
        to.counter(
            "accept_delays_total",
            "Times that connections waited, as more came than the accept rate allows.",
        );
        to.sample("accept_delays_total", &[], stats.accept_delays);
        to.gauge("users_online", "Users that a connection is bound to.");
        to.sample("users_online", &[], self.users);
    }

    fn pushes(&self, to: &mut impl Listener) {
        to.counter("pushes_total", "Pushes, by what became of them.");
        for (number, WorkerMetrics { pushes, .. }) in self.numbered_workers() {
            for (fate, count) in [("sent", pushes.sent), ("dropped", pushes.dropped), ("gone", pushes.gone)] {
                to.sample("pushes_total", &[("worker", &number), ("fate", fate)], count);
            }
        }
        to.counter("mailbox_refused_total", "Letters that found no room in a mailbox.");
        for (number, worker) in self.numbered_workers() {
            to.sample("mailbox_refused_total", &[("worker", &number)], worker.mailbox.refused);
        }
    }

    fn workers(&self, to: &mut impl Listener) {
        type Of = fn(&WorkerMetrics) -> u64;
        let counters: [(&str, &str, Of); 11] = [
            ("frames_received_total", "Whole frames received.", |worker| worker.frames),
            ("received_bytes_total", "Bytes received.", |worker| worker.bytes),
            ("frames_sent_total", "Frames sent, or waiting for slow peers.", |worker| worker.frames_sent),
            ("replies_total", "Frames sent as replies to requests.", |worker| worker.replies),
            ("unknown_frames_total", "Frames of commands that nobody handles.", |worker| worker.unknown),
            ("sent_bytes_total", "Bytes that the sockets took.", |worker| worker.bytes_sent),
            ("throttled_total", "Times that a connection was not read, as it sent too fast.", |worker| {
                worker.throttled
            }),
            ("unanswered_total", "Requests whose answer was to come later and never came.", |worker| {
                worker.unanswered
            }),
            ("panics_total", "Panics of handlers and hooks.", |worker| worker.panics),
            ("worker_stalls_total", "Times that a worker did not come round in time.", |worker| {
                worker.stalls
            }),
            ("worker_deaths_total", "Times that a worker died and was started again.", |worker| {
                worker.deaths
            }),
        ];
        for (name, help, of) in counters {
            to.counter(name, help);
            for (number, worker) in self.numbered_workers() {
                to.sample(name, &[("worker", &number)], of(worker));
            }
        }
        to.gauge("worker_stalled", "Whether a worker does not come round now.");
        for (number, worker) in self.numbered_workers() {
            to.sample("worker_stalled", &[("worker", &number)], u64::from(worker.is_stalled));
        }
        to.histogram("round_seconds", "How long the rounds of a worker's loop took, without waiting.");
        for (number, worker) in self.numbered_workers() {
            to.times("round_seconds", &[("worker", &number)], &worker.rounds);
        }
    }

    fn slots_and_pools(&self, to: &mut impl Listener) {
        to.gauge("slots", "Slots for connections, by what they are.");
        for (number, worker) in self.numbered_workers() {
            let SlotMetrics { free, open, closing, .. } = worker.slots;
            for (state, count) in [("free", free), ("open", open), ("closing", closing)] {
                to.sample("slots", &[("worker", &number), ("state", state)], count);
            }
        }
        to.gauge("mailbox_letters", "Room for pushes in mailboxes, and what waits.");
        for (number, worker) in self.numbered_workers() {
            let MailboxMetrics { capacity, used, .. } = worker.mailbox;
            for (what, count) in [("capacity", capacity), ("used", used)] {
                let labels: Labels<'_> = &[("worker", &number), ("what", what)];
                to.sample("mailbox_letters", labels, count);
            }
        }
        to.gauge("pool_bytes", "Bytes of the pools, by what they are.");
        for (number, worker) in self.numbered_workers() {
            for (pool, metrics) in [("input", worker.input_pool), ("output", worker.output_pool)] {
                let PoolMetrics { capacity, used, peak } = metrics;
                for (what, bytes) in [("capacity", capacity), ("used", used), ("peak", peak)] {
                    let labels: Labels<'_> = &[("worker", &number), ("pool", pool), ("what", what)];
                    to.sample("pool_bytes", labels, bytes);
                }
            }
        }
    }

    fn commands(&self, to: &mut impl Listener) {
        type Of = fn(&CommandMetrics) -> u64;
        let counters: [(&str, &str, Of); 4] = [
            ("command_requests_total", "Requests, whatever became of them.", |command| command.requests),
            ("command_malformed_total", "Requests that were no such packet.", |command| command.malformed),
            ("command_denied_total", "Requests that a guard did not let run.", |command| command.denied),
            ("command_panics_total", "Panics of the handler.", |command| command.panics),
        ];
        for (name, help, of) in counters {
            to.counter(name, help);
            for command in &self.commands {
                to.sample(name, &[("command", command.name), ("id", &id(command))], of(command));
            }
        }
        if self.commands.iter().any(|command| command.times.is_some()) {
            to.histogram("command_seconds", "How long the handler took.");
        }
        for command in &self.commands {
            if let Some(times) = &command.times {
                to.times("command_seconds", &[("command", command.name), ("id", &id(command))], times);
            }
        }
    }

    /// What was accepted: by each worker, or by the one for all.
    fn doors(&self) -> Vec<(Option<String>, DoorMetrics)> {
        let doors = self.numbered_workers().filter_map(|(number, worker)| Some((Some(number), worker.door?)));
        let doors: Vec<_> = doors.collect();
        if !doors.is_empty() {
            return doors;
        }
        let Stats { accepted, refused, untrusted, refused_by_address, refused_by_rate, .. } = self.stats;
        vec![(None, DoorMetrics { accepted, refused, untrusted, refused_by_address, refused_by_rate })]
    }

    fn numbered_workers(&self) -> impl Iterator<Item = (String, &WorkerMetrics)> {
        self.workers.iter().enumerate().map(|(number, worker)| (number.to_string(), worker))
    }
}

fn of_worker(number: &Option<String>) -> Vec<(&'static str, &str)> {
    number.iter().map(|number| ("worker", number.as_str())).collect()
}

/// Functions of two modules may have one name; their commands never have one id.
fn id(command: &CommandMetrics) -> String {
    format!("{:#06x}", command.id)
}
