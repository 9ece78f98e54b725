//! `open`: requests at a fixed rate, and what a user would have waited.
//!
//! A closed loop does not ask a server that pauses, and so hardly sees the pause (coordinated omission). Here a request
//! leaves when it is due, whatever has become of the ones before, and its latency counts from then.

use std::process::ExitCode;

use anyhow::bail;
use indicatif::HumanCount;
use serde::Serialize;

use crate::commands::asking::{Asked, Asking};
use crate::commands::rate;
use crate::load::echo::Rhythm;
use crate::report::{Figure, Panel, Results};

#[derive(clap::Args, Debug)]
pub(crate) struct Arguments {
    /// Requests a second, on all connections together.
    #[arg(long, default_value = "10000", value_parser = rate)]
    rate: f64,
    #[command(flatten)]
    asking: Asking,
}

impl Arguments {
    /// Runs the load and prints what came of it. A failure of the server is one of the program too.
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let rate = self.rate;
        if rate == 0.0 {
            bail!("--rate 0: at no request a second there is nothing to be measured");
        }
        self.asking.run(Rhythm::Rate(rate), |asked| Report { rate, asked })
    }
}

#[derive(Serialize)]
struct Report {
    /// Requests a second that were wanted.
    rate: f64,
    #[serde(flatten)]
    asked: Asked,
}

impl Results for Report {
    fn title(&self) -> String {
        let Asked { server, connections, payload, seconds, .. } = &self.asked;
        let rate = HumanCount(self.rate.round() as u64);
        format!(
            "{server}: {rate} requests a second on {connections} connections, payload {payload} bytes, {seconds:.1} s"
        )
    }

    fn figures(&self) -> Vec<Figure> {
        let mut figures = self.asked.figures();
        figures.insert(1, Figure::new("unanswered", HumanCount(self.asked.unanswered)));
        figures
    }

    fn panels(&self) -> Vec<Panel> {
        self.asked.panels()
    }
}
