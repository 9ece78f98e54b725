//! Where a value lies in a chart, and which values are written beside it.

/// How values become lengths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scale {
    /// Equal differences, equal lengths; from zero to a round number.
    Linear,
    /// The same, no further than there are values.
    Tight,
    /// Equal ratios, equal lengths.
    Log,
    /// Quantiles: each further nine takes the same length.
    Nines,
}

/// One direction of a chart.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    scale: Scale,
    low: f64,
    high: f64,
    ticks: Vec<f64>,
}

impl Axis {
    /// Wide enough for all of `values`, with about so many ticks.
    pub(super) fn over(scale: Scale, values: impl Iterator<Item = f64>, ticks: usize) -> Axis {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.filter(|value| value.is_finite()) {
            (low, high) = (low.min(value), high.max(value));
        }
        match scale {
            Scale::Linear => Axis::linear(high.max(f64::MIN_POSITIVE), ticks),
            Scale::Tight => Axis::tight(high.max(f64::MIN_POSITIVE), ticks),
            Scale::Log => Axis::log(low, high),
            Scale::Nines => Axis::nines(high),
        }
    }

    fn linear(highest: f64, ticks: usize) -> Axis {
        let step = round_up(highest / ticks as f64);
        let count = (highest / step - 1e-9).ceil().max(1.0) as usize;
        let ticks: Vec<f64> = (0..=count).map(|i| i as f64 * step).collect();
        Axis { scale: Scale::Linear, low: 0.0, high: count as f64 * step, ticks }
    }

    fn tight(highest: f64, ticks: usize) -> Axis {
        let Axis { mut ticks, .. } = Axis::linear(highest, ticks);
        ticks.retain(|tick| *tick <= highest);
        Axis { scale: Scale::Tight, low: 0.0, high: highest, ticks }
    }

    fn log(lowest: f64, highest: f64) -> Axis {
        let lowest = if lowest.is_finite() { lowest.max(1e-3) } else { 1.0 };
        let highest = highest.max(lowest);
        let floor = lowest.log10().floor() as i32;
        let steps =
            (floor..floor + 18).flat_map(|power| [1.0, 2.0, 5.0].map(|digit| digit * 10f64.powi(power)));
        let low = steps.clone().filter(|step| *step <= lowest).fold(10f64.powi(floor), f64::max);
        let high = steps.clone().find(|step| *step >= highest && *step > low).unwrap_or(highest * 2.0);
        let all: Vec<f64> = steps.filter(|step| (low..=high).contains(step)).collect();
        let whole = |step: &f64| (step.log10() - step.log10().round()).abs() < 1e-9;
        let ticks = if all.len() > 9 { all.into_iter().filter(whole).collect() } else { all };
        Axis { scale: Scale::Log, low, high, ticks }
    }

    fn nines(highest: f64) -> Axis {
        let highest = if highest.is_finite() { highest } else { 0.99 };
        let all = [0.0, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999, 0.999_999];
        let high = highest.clamp(0.9, 0.999_999_9);
        Axis {
            scale: Scale::Nines,
            low: 0.0,
            high,
            ticks: all.into_iter().filter(|tick| *tick <= high).collect(),
        }
    }

    /// Where a value lies, from 0 to 1.
    pub(super) fn place(&self, value: f64) -> f64 {
        let length = |value: f64| match self.scale {
            Scale::Linear | Scale::Tight => value,
            Scale::Log => value.max(self.low).log10(),
            Scale::Nines => -(1.0 - value).log10(),
        };
        let (low, high) = (length(self.low), length(self.high));
        ((length(value) - low) / (high - low)).clamp(0.0, 1.0)
    }

    /// The values to be written beside it.
    pub(super) fn ticks(&self) -> &[f64] {
        &self.ticks
    }
}

/// The next of 1, 2, 5, 10, 20, …
fn round_up(value: f64) -> f64 {
    let power = 10f64.powf(value.log10().floor());
    let digit = [1.0, 2.0, 5.0].into_iter().find(|digit| digit * power >= value * (1.0 - 1e-9));
    digit.unwrap_or(10.0) * power
}

/// A count for the side of a chart: 20k, 1.5M.
pub(crate) fn short(value: f64) -> String {
    let (value, unit) = match value {
        1e6.. => (value / 1e6, "M"),
        1e3.. => (value / 1e3, "k"),
        _ => (value, ""),
    };
    format!("{}{unit}", trimmed(value))
}

/// Microseconds for the side of a chart: 50 µs, 2 ms, 1 s.
pub(crate) fn time(micros: f64) -> String {
    let (value, unit) = match micros {
        1e6.. => (micros / 1e6, "s"),
        1e3.. => (micros / 1e3, "ms"),
        _ => (micros, "µs"),
    };
    format!("{} {unit}", trimmed(value))
}

/// A quantile as a percentile: 99.9 %.
pub(crate) fn percentile(quantile: f64) -> String {
    let text = format!("{:.4}", quantile * 100.0);
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}

/// With no more than two digits after the point, and none that is 0.
pub(crate) fn trimmed(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_linear_axis_begins_at_zero_and_holds_all() {
        let axis = Axis::over(Scale::Linear, [3.0, 18_400.0].into_iter(), 4);
        assert_eq!(axis.ticks(), [0.0, 5e3, 10e3, 15e3, 20e3]);
        assert_eq!((axis.place(0.0), axis.place(10e3), axis.place(20e3)), (0.0, 0.5, 1.0));
    }

    #[test]
    fn a_logarithmic_axis_holds_all() {
        let axis = Axis::over(Scale::Log, [37.0, 420.0].into_iter(), 4);
        assert_eq!(
            axis.ticks().iter().map(|tick| tick.round()).collect::<Vec<_>>(),
            [20.0, 50.0, 100.0, 200.0, 500.0]
        );
        assert_eq!((axis.place(20.0), axis.place(500.0)), (0.0, 1.0));
    }

    #[test]
    fn each_nine_takes_the_same_length() {
        let axis = Axis::over(Scale::Nines, [0.999].into_iter(), 4);
        assert!((axis.place(0.99) - 2.0 / 3.0).abs() < 1e-9);
        assert_eq!(axis.ticks(), [0.0, 0.5, 0.9, 0.99, 0.999]);
    }

    #[test]
    fn nothing_to_show_is_no_reason_to_fail() {
        for scale in [Scale::Linear, Scale::Tight, Scale::Log, Scale::Nines] {
            for values in [vec![], vec![0.0], vec![f64::NAN], vec![7.0]] {
                let axis = Axis::over(scale, values.iter().copied(), 4);
                assert!(!axis.ticks().is_empty());
                assert!((0.0..=1.0).contains(&axis.place(0.5)), "{scale:?} {values:?}");
            }
        }
    }

    #[test]
    fn values_are_written_short() {
        assert_eq!([short(0.0), short(1500.0), short(2e6)], ["0", "1.5k", "2M"]);
        assert_eq!([time(20.0), time(1500.0), time(1e6)], ["20 µs", "1.5 ms", "1 s"]);
        assert_eq!([percentile(0.5), percentile(0.9999)], ["50 %", "99.99 %"]);
    }
}
