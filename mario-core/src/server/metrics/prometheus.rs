//! The text that Prometheus reads.

use std::fmt::{self, Display, Write};
use std::time::Duration;

use super::Metrics;
use super::families::{Labels, Listener};
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
        self.tell(&mut text);
        text.0
    }
}

struct Text(String);

impl Listener for Text {
    fn counter(&mut self, name: &'static str, help: &'static str) {
        self.family(name, help, "counter");
    }

    fn gauge(&mut self, name: &'static str, help: &'static str) {
        self.family(name, help, "gauge");
    }

    fn sample(&mut self, name: &'static str, labels: Labels<'_>, value: u64) {
        self.line(name, labels, value);
    }

    fn histogram(&mut self, name: &'static str, help: &'static str) {
        self.family(name, help, "histogram");
    }

    fn times(&mut self, name: &'static str, labels: Labels<'_>, times: &Histogram) {
        let (bucket, bounds) = (format!("{name}_bucket"), BUCKETS.map(|(_, bound)| bound));
        let counts = BUCKETS.iter().map(|(bound, _)| *bound).zip(times.up_to(&bounds));
        for (bound, count) in counts.chain([("+Inf", times.count())]) {
            self.line(&bucket, &[labels, &[("le", bound)]].concat(), count);
        }
        self.line(&format!("{name}_sum"), labels, times.sum().as_secs_f64());
        self.line(&format!("{name}_count"), labels, times.count());
    }
}

impl Text {
    fn family(&mut self, name: &str, help: &str, kind: &str) {
        self.write(format_args!("# HELP mario_{name} {help}\n# TYPE mario_{name} {kind}\n"));
    }

    fn line(&mut self, name: &str, labels: Labels<'_>, value: impl Display) {
        self.write(format_args!("mario_{name}"));
        for (place, (label, value)) in labels.iter().enumerate() {
            let before = if place == 0 { '{' } else { ',' };
            self.write(format_args!("{before}{label}=\"{value}\""));
        }
        let after = if labels.is_empty() { "" } else { "}" };
        self.write(format_args!("{after} {value}\n"));
    }

    fn write(&mut self, text: fmt::Arguments<'_>) {
        // A string takes whatever is written to it.
        let _ = self.0.write_fmt(text);
    }
}
