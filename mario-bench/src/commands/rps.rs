//! `rps`: requests a second in a closed loop.

use std::num::NonZeroUsize;
use std::process::ExitCode;

use serde::Serialize;

use crate::commands::asking::{Asked, Asking};
use crate::load::echo::Rhythm;
use crate::report::{Figure, Panel, Results};

#[derive(clap::Args, Debug)]
pub(crate) struct Arguments {
    /// Requests on the way on each connection.
    #[arg(long, default_value = "1")]
    depth: NonZeroUsize,
    #[command(flatten)]
    asking: Asking,
}

impl Arguments {
    /// Runs the load and prints what came of it. A failure of the server is one of the program too.
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let depth = self.depth.get();
        self.asking.run(Rhythm::Depth(depth), |asked| Report { depth, asked })
    }
}

#[derive(Serialize)]
struct Report {
    depth: usize,
    #[serde(flatten)]
    asked: Asked,
}

impl Results for Report {
    fn title(&self) -> String {
        let Asked { server, connections, payload, seconds, .. } = &self.asked;
        format!(
            "{server}: {connections} connections × {}, payload {payload} bytes, {seconds:.1} s",
            self.depth
        )
    }

    fn figures(&self) -> Vec<Figure> {
        self.asked.figures()
    }

    fn panels(&self) -> Vec<Panel> {
        self.asked.panels()
    }
}
