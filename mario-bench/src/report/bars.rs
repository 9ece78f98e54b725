//! Groups of bars beside a line at 1: ratios, with how far they lie apart.

use std::fmt::Write;

use super::axis::{Axis, Scale, trimmed};
use super::page::{Panel, escape};

const WIDTH: f64 = 900.0;
const LEFT: f64 = 110.0;
const RIGHT: f64 = 60.0;
const TOP: f64 = 6.0;
const BOTTOM: f64 = 26.0;
const BAR: f64 = 18.0;
const GAP: f64 = 4.0;
const BETWEEN: f64 = 18.0;

/// A bar.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bar {
    /// Which of the series it belongs to.
    pub(crate) series: usize,
    pub(crate) value: f64,
    pub(crate) lowest: f64,
    pub(crate) highest: f64,
}

/// A chart of groups of bars.
#[derive(Clone, Debug)]
pub(crate) struct Bars {
    pub(crate) title: String,
    pub(crate) note: String,
    pub(crate) series: Vec<String>,
    /// Each with its name.
    pub(crate) groups: Vec<(String, Vec<Bar>)>,
}

impl Bars {
    /// As a panel.
    pub(crate) fn panel(self) -> Panel {
        let bars = || self.groups.iter().flat_map(|(_, bars)| bars);
        let axis = Axis::over(Scale::Linear, bars().map(|bar| bar.highest).chain([1.0]), 6);
        let rows = bars().count() as f64;
        let height = TOP + rows * (BAR + GAP) + self.groups.len() as f64 * BETWEEN + BOTTOM;
        let mut svg = format!(
            "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{}\">\n",
            escape(&self.title)
        );
        self.draw(&axis, height, &mut svg).expect("a string takes all that is written");
        Panel { title: self.title, note: self.note, legend: self.series, svg: svg + "</svg>\n" }
    }

    fn draw(&self, axis: &Axis, height: f64, svg: &mut String) -> std::fmt::Result {
        let at = |value: f64| LEFT + axis.place(value) * (WIDTH - LEFT - RIGHT);
        let bottom = height - BOTTOM;
        for tick in axis.ticks() {
            let x = at(*tick);
            writeln!(svg, "<line class=\"grid\" x1=\"{x:.1}\" y1=\"{TOP}\" x2=\"{x:.1}\" y2=\"{bottom}\"/>")?;
            let (y, text) = (height - 6.0, trimmed(*tick));
            writeln!(svg, "<text x=\"{x:.1}\" y=\"{y}\" text-anchor=\"middle\">{text}</text>")?;
        }
        let mut y = TOP;
        for (name, bars) in &self.groups {
            y += BETWEEN / 2.0;
            let middle = y + bars.len() as f64 * (BAR + GAP) / 2.0 + 2.0;
            let x = LEFT - 12.0;
            writeln!(svg, "<text x=\"{x}\" y=\"{middle:.1}\" text-anchor=\"end\">{}</text>", escape(name))?;
            for bar in bars {
                self.draw_bar(bar, y, at, svg)?;
                y += BAR + GAP;
            }
            y += BETWEEN / 2.0;
        }
        let one = at(1.0);
        writeln!(svg, "<line class=\"base\" x1=\"{one:.1}\" y1=\"{TOP}\" x2=\"{one:.1}\" y2=\"{bottom}\"/>")
    }

    fn draw_bar(&self, bar: &Bar, y: f64, at: impl Fn(f64) -> f64, svg: &mut String) -> std::fmt::Result {
        let Bar { series, value, lowest, highest } = *bar;
        let name = self.series.get(series).map_or("", String::as_str);
        let (x, end, middle) = (at(0.0), at(value), y + BAR / 2.0);
        writeln!(
            svg,
            "<g class=\"s{series}\"><rect class=\"bar\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" \
             height=\"{BAR}\" rx=\"3\"><title>{}: {value:.2} ({lowest:.2} to {highest:.2})</title></rect>",
            end - x,
            escape(name)
        )?;
        let (from, to) = (at(lowest), at(highest));
        writeln!(
            svg,
            "<path class=\"whisker\" d=\"M{from:.1} {middle:.1}H{to:.1}M{from:.1} {:.1}V{:.1}M{to:.1} {:.1}V{:.1}\"/>",
            middle - 4.0,
            middle + 4.0,
            middle - 4.0,
            middle + 4.0
        )?;
        let (x, y) = (end.max(to) + 8.0, middle + 4.0);
        writeln!(svg, "<text class=\"value\" x=\"{x:.1}\" y=\"{y:.1}\">{value:.2}</text></g>")
    }
}
