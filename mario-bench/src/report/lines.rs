//! Lines over an axis: latencies by percentile, connections and rates by time.

use std::fmt::Write;

use super::axis::{Axis, Scale};
use super::page::{Panel, escape};

const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 300.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 18.0;
const BOTTOM: f64 = 26.0;

/// So many points of a line tell their value to the pointer.
const POINTS: usize = 60;

/// A direction: how values become lengths, and how they are written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Direction {
    pub(crate) scale: Scale,
    pub(crate) text: fn(f64) -> String,
}

/// A line.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    pub(crate) name: String,
    pub(crate) points: Vec<(f64, f64)>,
}

impl Series {
    /// A line of that name.
    pub(crate) fn new(name: impl Into<String>, points: Vec<(f64, f64)>) -> Series {
        Series { name: name.into(), points }
    }
}

/// A chart of lines.
#[derive(Clone, Debug)]
pub(crate) struct Lines {
    pub(crate) title: String,
    pub(crate) note: String,
    pub(crate) x: Direction,
    pub(crate) y: Direction,
    pub(crate) series: Vec<Series>,
    /// Places on the axis with a name.
    pub(crate) marks: Vec<(f64, String)>,
    /// Whether the area below is tinted.
    pub(crate) filled: bool,
}

impl Lines {
    /// As a panel; a line without points is left out.
    pub(crate) fn panel(mut self) -> Panel {
        self.series.retain(|series| !series.points.is_empty());
        let points = || self.series.iter().flat_map(|series| &series.points);
        let frame = Frame {
            x: Axis::over(self.x.scale, points().map(|(x, _)| *x), 8),
            y: Axis::over(self.y.scale, points().map(|(_, y)| *y), 5),
        };
        let mut svg = format!(
            "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">\n",
            escape(&self.title)
        );
        self.draw(&frame, &mut svg).expect("a string takes all that is written");
        let legend = self.series.into_iter().map(|series| series.name).collect();
        Panel { title: self.title, note: self.note, legend, svg: svg + "</svg>\n" }
    }

    fn draw(&self, frame: &Frame, svg: &mut String) -> std::fmt::Result {
        let (bottom, right) = (HEIGHT - BOTTOM, WIDTH - RIGHT);
        for tick in frame.y.ticks() {
            let y = frame.y(*tick);
            writeln!(svg, "<line class=\"grid\" x1=\"{LEFT}\" y1=\"{y:.1}\" x2=\"{right}\" y2=\"{y:.1}\"/>")?;
            let (x, y, text) = (LEFT - 8.0, y + 4.0, (self.y.text)(*tick));
            writeln!(svg, "<text x=\"{x}\" y=\"{y:.1}\" text-anchor=\"end\">{}</text>", escape(&text))?;
        }
        for tick in frame.x.ticks().iter() {
            let (x, y, text) = (frame.x(*tick), HEIGHT - 6.0, (self.x.text)(*tick));
            writeln!(svg, "<text x=\"{x:.1}\" y=\"{y}\" text-anchor=\"middle\">{}</text>", escape(&text))?;
        }
        for (at, name) in &self.marks {
            let x = frame.x(*at);
            writeln!(svg, "<line class=\"mark\" x1=\"{x:.1}\" y1=\"{TOP}\" x2=\"{x:.1}\" y2=\"{bottom}\"/>")?;
            writeln!(svg, "<text x=\"{:.1}\" y=\"{}\">{}</text>", x + 5.0, TOP - 5.0, escape(name))?;
        }
        for (i, series) in self.series.iter().enumerate() {
            writeln!(svg, "<g class=\"s{i}\">")?;
            self.draw_line(frame, series, svg)?;
            writeln!(svg, "</g>")?;
        }
        Ok(())
    }

    fn draw_line(&self, frame: &Frame, series: &Series, svg: &mut String) -> std::fmt::Result {
        let mut path = String::new();
        for (i, (x, y)) in series.points.iter().enumerate() {
            write!(path, "{}{:.1} {:.1}", if i == 0 { 'M' } else { 'L' }, frame.x(*x), frame.y(*y))?;
        }
        if let ([(first, _), ..], [.., (last, _)], true) = (&*series.points, &*series.points, self.filled) {
            let (first, last, bottom) = (frame.x(*first), frame.x(*last), HEIGHT - BOTTOM);
            writeln!(svg, "<path class=\"area\" d=\"{path}L{last:.1} {bottom}L{first:.1} {bottom}Z\"/>")?;
        }
        writeln!(svg, "<path class=\"line\" d=\"{path}\"/>")?;
        for (x, y) in series.points.iter().step_by(series.points.len().div_ceil(POINTS)) {
            let text = format!("{}: {} at {}", series.name, (self.y.text)(*y), (self.x.text)(*x));
            writeln!(
                svg,
                "<circle class=\"dot\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"5\"><title>{}</title></circle>",
                frame.x(*x),
                frame.y(*y),
                escape(&text)
            )?;
        }
        Ok(())
    }
}

/// Where values lie on the page.
struct Frame {
    x: Axis,
    y: Axis,
}

impl Frame {
    fn x(&self, value: f64) -> f64 {
        LEFT + self.x.place(value) * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, value: f64) -> f64 {
        HEIGHT - BOTTOM - self.y.place(value) * (HEIGHT - TOP - BOTTOM)
    }
}
