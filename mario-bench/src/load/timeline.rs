//! What was counted, moment by moment.

use std::time::{Duration, Instant};

use serde::Serialize;

use crate::load::counters::Counts;

/// More moments than this are more than anybody sees: then every second one goes.
const MOST: usize = 1200;

/// How far moments are apart at least.
pub(crate) const STEP: Duration = Duration::from_millis(100);

/// The counters of a load over time.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct Timeline {
    #[serde(skip)]
    began: Instant,
    #[serde(skip)]
    step: Duration,
    moments: Vec<Moment>,
}

/// The counters at one moment.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Moment {
    /// Seconds since the load began.
    pub(crate) seconds: f64,
    #[serde(flatten)]
    pub(crate) counts: Counts,
}

impl Timeline {
    /// Begins now, with nothing counted.
    pub(crate) fn begin() -> Timeline {
        let start = Moment { seconds: 0.0, counts: Counts::default() };
        Timeline { began: Instant::now(), step: STEP, moments: vec![start] }
    }

    /// Seconds from the beginning to `moment`.
    pub(crate) fn seconds(&self, moment: Instant) -> f64 {
        moment.saturating_duration_since(self.began).as_secs_f64()
    }

    /// Keeps what is counted now, if it is time for it.
    pub(crate) fn add(&mut self, counts: Counts) {
        let seconds = self.began.elapsed().as_secs_f64();
        if seconds < self.moments.last().map_or(0.0, |last| last.seconds) + self.step.as_secs_f64() {
            return;
        }
        self.moments.push(Moment { seconds, counts });
        if self.moments.len() > MOST {
            let mut index = 0;
            self.moments.retain(|_| {
                index += 1;
                index % 2 == 1
            });
            self.step *= 2;
        }
    }

    /// Connections that were open, by seconds.
    pub(crate) fn held(&self) -> Vec<(f64, f64)> {
        self.moments.iter().map(|moment| (moment.seconds, moment.counts.held as f64)).collect()
    }

    /// How fast a counter grew, by seconds.
    pub(crate) fn rate(&self, counter: impl Fn(&Counts) -> u64) -> Vec<(f64, f64)> {
        let rate = |pair: &[Moment]| {
            let grown = counter(&pair[1].counts) as f64 - counter(&pair[0].counts) as f64;
            (pair[1].seconds, grown / (pair[1].seconds - pair[0].seconds))
        };
        self.moments.windows(2).map(rate).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_one_gets_coarser() {
        let mut timeline = Timeline::begin();
        for i in 1..=MOST as u64 * 3 {
            timeline.began -= timeline.step;
            timeline.add(Counts { replies: i, ..Counts::default() });
        }
        assert!((MOST / 2..=MOST).contains(&timeline.moments.len()), "{}", timeline.moments.len());
        let rates = timeline.rate(|counts| counts.replies);
        assert!(rates.iter().all(|(_, rate)| *rate > 0.0), "{rates:?}");
    }
}
