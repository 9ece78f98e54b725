//! To the recorder of the crate `metrics`.

use std::collections::HashMap;

use metrics::{Label, SharedString, Unit};

use super::families::{Labels, Listener};
use crate::server::handle::ServerHandle;
use crate::stats::Histogram;

/// Hands on what a server counts to the recorder of the crate [`metrics`], with the feature `metrics`: under the names,
/// labels and units of the book's chapter *Observing*, where each begins with `mario_`.
///
/// Which recorder there is, is up to the program. The runtime counts by itself, at no cost of locks or look-ups;
/// [`publish`](MetricsExport::publish) tells what there is, so call it as often as you look, every few seconds.
///
/// ```
/// use std::time::Duration;
///
/// use mario::Server;
/// use mario::metrics::MetricsExport;
///
/// # struct Gateway;
/// # impl mario::Service for Gateway { type Session = (); type Worker = (); }
/// # fn main() -> mario::Result<()> {
/// # let server = Server::builder(Gateway, mario::commands![]).bind("127.0.0.1:0").workers(1).start()?;
/// let mut export = MetricsExport::new(server.handle());
/// std::thread::spawn(move || {
///     loop {
///         export.publish();
///         std::thread::sleep(Duration::from_secs(5));
///     }
/// });
/// # server.shutdown()
/// # }
/// ```
#[derive(Debug)]
pub struct MetricsExport {
    handle: ServerHandle,
    told: Told,
}

/// What was told of histograms, by name and labels: the recorder wants what is new.
#[derive(Debug, Default)]
struct Told(HashMap<Key, Histogram>);

type Key = (&'static str, Vec<(&'static str, String)>);

impl MetricsExport {
    /// Exports what this server counts; nothing yet.
    pub fn new(handle: ServerHandle) -> Self {
        MetricsExport { handle, told: Told::default() }
    }

    /// Tells the recorder of the moment all counters and gauges, and what was added to histograms since the last call.
    ///
    /// A time in a histogram is told as the longest of its bucket, which is at most a quarter more than it was.
    pub fn publish(&mut self) {
        self.handle.metrics().tell(&mut Export { told: &mut self.told, is_gauge: false });
    }
}

struct Export<'a> {
    told: &'a mut Told,
    /// What the samples that follow are of.
    is_gauge: bool,
}

impl Listener for Export<'_> {
    fn counter(&mut self, name: &'static str, help: &'static str) {
        self.is_gauge = false;
        match name.ends_with("_bytes_total") {
            true => metrics::describe_counter!(full(name), Unit::Bytes, help),
            false => metrics::describe_counter!(full(name), Unit::Count, help),
        }
    }

    fn gauge(&mut self, name: &'static str, help: &'static str) {
        self.is_gauge = true;
        match name.ends_with("_bytes") {
            true => metrics::describe_gauge!(full(name), Unit::Bytes, help),
            false => metrics::describe_gauge!(full(name), Unit::Count, help),
        }
    }

    fn sample(&mut self, name: &'static str, labels: Labels<'_>, value: u64) {
        match self.is_gauge {
            true => metrics::gauge!(full(name), owned(labels)).set(value as f64),
            false => metrics::counter!(full(name), owned(labels)).absolute(value),
        }
    }

    fn histogram(&mut self, name: &'static str, help: &'static str) {
        metrics::describe_histogram!(full(name), Unit::Seconds, help);
    }

    fn times(&mut self, name: &'static str, labels: Labels<'_>, times: &Histogram) {
        let key = (name, labels.iter().map(|(label, value)| (*label, (*value).to_owned())).collect());
        let histogram = metrics::histogram!(full(name), owned(labels));
        let before = self.told.0.insert(key, times.clone()).unwrap_or_default();
        for (time, count) in times.since(&before) {
            histogram.record_many(time, count as usize);
        }
    }
}

fn full(name: &str) -> SharedString {
    format!("mario_{name}").into()
}

fn owned(labels: Labels<'_>) -> Vec<Label> {
    labels.iter().map(|(label, value)| Label::new(*label, (*value).to_owned())).collect()
}
