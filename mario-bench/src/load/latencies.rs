//! How long things took, with none of the rare ones lost.

use std::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::{Serialize, Serializer};

/// Times are counted in nanoseconds, up to this, to three digits.
const LONGEST: Duration = Duration::from_secs(60);
const DIGITS: u8 = 3;

/// Times that something took.
#[derive(Clone, Debug)]
pub(crate) struct Latencies(Histogram<u64>);

impl Latencies {
    /// None yet.
    pub(crate) fn new() -> Latencies {
        Latencies(
            Histogram::new_with_bounds(1, LONGEST.as_nanos() as u64, DIGITS)
                .expect("the bounds are valid constants"),
        )
    }

    /// One more. What took over a minute counts as a minute.
    pub(crate) fn record(&mut self, took: Duration) {
        self.0.saturating_record(took.min(LONGEST).as_nanos() as u64);
    }

    /// All of `others` too.
    pub(crate) fn merge(&mut self, others: &Latencies) {
        self.0.add(&others.0).expect("all have the same bounds");
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u64 {
        self.0.len()
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The quantiles that tell most.
    pub(crate) fn summary(&self) -> Summary {
        let at = |quantile| micros(self.0.value_at_quantile(quantile));
        Summary {
            count: self.count(),
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
            p9999: at(0.9999),
            max: micros(self.0.max()),
        }
    }

    /// Quantiles with what is not exceeded in them, in microseconds, up to the last that is not one value alone.
    pub(crate) fn curve(&self) -> Vec<(f64, f64)> {
        let last = 1.0 - 1.0 / self.count().max(1) as f64;
        let points = self.0.iter_quantiles(5);
        let points = points.map(|point| (point.quantile_iterated_to(), micros(point.value_iterated_to())));
        points.filter(|(quantile, _)| *quantile <= last).collect()
    }
}

impl Default for Latencies {
    fn default() -> Latencies {
        Latencies::new()
    }
}

impl Serialize for Latencies {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.summary().serialize(serializer)
    }
}

/// Quantiles, in microseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Summary {
    pub(crate) count: u64,
    pub(crate) p50: f64,
    pub(crate) p90: f64,
    pub(crate) p99: f64,
    pub(crate) p999: f64,
    pub(crate) p9999: f64,
    pub(crate) max: f64,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.count == 0 {
            return f.write_str("none");
        }
        let [p50, p90, p99, p999, max] = [self.p50, self.p90, self.p99, self.p999, self.max].map(Micros);
        write!(f, "p50 {p50}   p90 {p90}   p99 {p99}   p99.9 {p999}   max {max}")
    }
}

/// Microseconds, to three digits, in the unit that suits them.
pub(crate) struct Micros(pub(crate) f64);

impl fmt::Display for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (value, unit) = match self.0 {
            1e6.. => (self.0 / 1e6, "s"),
            1e3.. => (self.0 / 1e3, "ms"),
            _ => (self.0, "µs"),
        };
        let digits = if value < 10.0 { 2 } else { usize::from(value < 100.0) };
        write!(f, "{value:.digits$} {unit}")
    }
}

fn micros(nanos: u64) -> f64 {
    nanos as f64 / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rare_ones_are_kept() {
        let mut latencies = Latencies::new();
        (0..999).for_each(|_| latencies.record(Duration::from_micros(100)));
        latencies.record(Duration::from_secs(3600));
        let Summary { count, p50, p99, max, .. } = latencies.summary();
        assert_eq!((count, p50.round(), p99.round()), (1000, 100.0, 100.0));
        assert!((max / 6e7 - 1.0).abs() < 0.01, "{max}");
        assert!(latencies.curve().windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1));
    }

    #[test]
    fn none_is_no_latency_of_zero() {
        assert_eq!(Latencies::new().summary().to_string(), "none");
    }
}
