//! How far a run is: a bar with rates and the time left, if somebody sits before it.

use std::fmt;
use std::time::{Duration, Instant};

use indicatif::{HumanCount, HumanDuration, ProgressBar, ProgressStyle};

use crate::load::counters::Counts;

/// Rates are of so much time.
const WINDOW: Duration = Duration::from_millis(500);

/// A bar.
pub(crate) struct Progress {
    bar: ProgressBar,
    /// Where the rates begin.
    since: Option<(Instant, Counts)>,
}

impl Progress {
    /// Counts things up to `total`.
    pub(crate) fn of_count(what: &'static str, total: usize) -> Progress {
        let style = "{prefix:>10} {bar:32} {human_pos} of {human_len}   {msg}/s   {eta} left";
        Progress::new(what, total as u64, style)
    }

    /// Runs for `total`.
    pub(crate) fn of_time(what: &'static str, total: Duration) -> Progress {
        Progress::new(what, total.as_millis() as u64, "{prefix:>10} {bar:32} {msg}")
    }

    /// Counts steps up to `total`, each of which takes about as long.
    pub(crate) fn of_steps(what: &'static str, total: usize) -> Progress {
        Progress::new(what, total as u64, "{prefix:>10} {bar:32} {pos} of {len}   {msg}")
    }

    fn new(what: &'static str, total: u64, style: &str) -> Progress {
        let style = ProgressStyle::with_template(style).expect("the template is a valid constant");
        let bar = ProgressBar::new(total).with_style(style.progress_chars("━╸─")).with_prefix(what);
        Progress { bar, since: None }
    }

    /// So many are counted.
    pub(crate) fn count(&self, count: u64) {
        self.bar.set_position(count);
        self.bar.set_message(HumanCount(self.bar.per_sec().round() as u64).to_string());
    }

    /// So many steps are done, and this came of the last.
    pub(crate) fn step(&self, done: usize, text: impl fmt::Display) {
        self.say(text);
        let left = self.bar.length().unwrap_or_default().saturating_sub(done as u64);
        let left = self.bar.elapsed().mul_f64(left as f64 / done.max(1) as f64);
        self.bar.set_position(done as u64);
        self.bar.set_message(format!("{} left", HumanDuration(left)));
    }

    /// A line to stderr, above the bar.
    pub(crate) fn say(&self, text: impl fmt::Display) {
        self.bar.suspend(|| eprintln!("{text}"));
    }

    /// It has run for so long, and so much was counted meanwhile.
    pub(crate) fn time(&mut self, elapsed: Duration, counts: Counts) {
        self.bar.set_position(elapsed.as_millis() as u64);
        let (since, before) = *self.since.get_or_insert_with(|| (Instant::now(), counts));
        let window = since.elapsed();
        if window < WINDOW {
            return;
        }
        let new = counts.since(before);
        let rate = |count: u64| HumanCount((count as f64 / window.as_secs_f64()).round() as u64);
        let total = Duration::from_millis(self.bar.length().unwrap_or_default());
        let mut text = format!("{} left", HumanDuration(total.saturating_sub(elapsed)));
        let parts =
            [("open", counts.held, true), ("opened", new.opened, false), ("replies", new.replies, false)];
        for (name, count, is_gauge) in parts.into_iter().filter(|(_, count, _)| *count > 0) {
            let value = if is_gauge { HumanCount(count) } else { rate(count) };
            let unit = if is_gauge { "" } else { "/s" };
            text += &format!("   {value}{unit} {name}");
        }
        if counts.failures > 0 {
            text += &format!("   {} failures", HumanCount(counts.failures));
        }
        self.bar.set_message(text);
        self.since = Some((Instant::now(), counts));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
