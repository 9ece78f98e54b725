//! How fast users are looked up, beside plain maps of the same users.

use std::time::Duration;

use anyhow::Context;
use indicatif::HumanCount;
use mario::client::Client;
use serde::Serialize;

use crate::commands::spread::Spread;
use crate::orders::{LookUp, LookedUp, Lookup};
use crate::report::bars::{Bar, Bars};
use crate::report::{Figure, Panel};
use crate::system::stop::Stop;

/// How many threads look up at once.
const THREADS: [u8; 2] = [1, 4];

const LOOKUPS: [Lookup; 4] = [Lookup::Map, Lookup::LockedMap, Lookup::IsOnline, Lookup::Online];

/// Medians of rounds in which all took turns.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct Lookups(Vec<Rate>);

/// How often one looked up in one way.
#[derive(Debug, Serialize)]
struct Rate {
    #[serde(serialize_with = "named")]
    lookup: Lookup,
    threads: u8,
    /// All threads together.
    per_second: f64,
    /// To the plain map's of the same number of threads.
    ratio: f64,
}

/// Has the server look up so often, each time for so long.
///
/// # Errors
/// The server does not answer.
pub(super) fn measure(
    operator: &Client,
    rounds: usize,
    duration: Duration,
    stop: &Stop,
) -> anyhow::Result<Lookups> {
    let mut rates = Vec::new();
    for threads in THREADS {
        let mut samples = LOOKUPS.map(|_| Vec::with_capacity(rounds));
        for _ in 0..rounds {
            for (lookup, samples) in LOOKUPS.into_iter().zip(&mut samples) {
                if !stop.is_asked() || samples.is_empty() {
                    samples.push(once(operator, lookup, threads, duration)?);
                }
            }
        }
        let medians = samples.map(|samples| Spread::of(samples).map_or(0.0, |spread| spread.median));
        rates.extend(LOOKUPS.into_iter().zip(medians).map(|(lookup, per_second)| Rate {
            lookup,
            threads,
            per_second,
            ratio: per_second / medians[0].max(f64::MIN_POSITIVE),
        }));
    }
    Ok(Lookups(rates))
}

fn once(operator: &Client, lookup: Lookup, threads: u8, duration: Duration) -> anyhow::Result<f64> {
    let millis = duration.as_millis() as u32;
    let LookedUp { lookups, nanos } =
        operator.request(LookUp { lookup, threads, millis }).context("asking for lookups")?;
    Ok(lookups as f64 * 1e9 / nanos.max(1) as f64)
}

impl Lookups {
    /// For people.
    pub(super) fn figures(&self) -> impl Iterator<Item = Figure> {
        LOOKUPS.into_iter().map(|lookup| {
            let parts = self.0.iter().filter(|rate| rate.lookup == lookup).map(|rate| {
                let Rate { threads, per_second, ratio, .. } = rate;
                let per_second = HumanCount(*per_second as u64);
                format!("{per_second} a second from {threads} threads ({ratio:.2} of the plain map)")
            });
            Figure::new(name(lookup), parts.collect::<Vec<_>>().join(", "))
        })
    }

    /// To be looked at.
    pub(super) fn panel(&self) -> Panel {
        let group = |threads: u8| {
            let of = self.0.iter().filter(move |rate| rate.threads == threads).enumerate();
            let bar = |(series, rate): (usize, &Rate)| {
                let value = rate.ratio;
                Bar { series, value, lowest: value, highest: value }
            };
            (format!("{threads} threads"), of.map(bar).collect())
        };
        Bars {
            title: "Lookups a second".into(),
            note: "To those of a plain map that nobody may change: more is better.".into(),
            series: LOOKUPS.map(|lookup| name(lookup).to_owned()).into(),
            groups: THREADS.map(group).into(),
        }
        .panel()
    }
}

fn name(lookup: Lookup) -> &'static str {
    match lookup {
        Lookup::Map => "plain map",
        Lookup::LockedMap => "map behind a lock",
        Lookup::IsOnline => "is_online",
        Lookup::Online => "online",
    }
}

fn named<S: serde::Serializer>(lookup: &Lookup, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(name(*lookup))
}
