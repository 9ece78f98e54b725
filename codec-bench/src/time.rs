//! How long a task takes: in rounds in which all candidates take turns, so that what disturbs one disturbs the others.

use std::time::Instant;

use anyhow::{Result, ensure};
use clap::Args;
use fastrand::Rng;

use crate::candidates::{BASELINE, Candidate};
use crate::cold::Cold;
use crate::packets::Values;
use crate::progress::progress;
use crate::selection::Selection;
use crate::table::{Tables, cell};
use crate::tasks::{Packet, Task};
use crate::warm::Warm;

/// How long a turn on warm bytes is.
const WARM_TURN_NS: f64 = 200_000.0;

/// How many packets a turn on cold bytes takes. Others come before these bytes' next turn, with arenas of their own.
const COLD_TURN: u32 = 4096;

/// So many packets of an arena differ.
const VALUES: usize = 64;

#[derive(Args)]
pub struct Arguments {
    /// How many rounds there are: each candidate has one turn in each, and what is shown is the median.
    #[arg(long, default_value_t = 51)]
    rounds: usize,
    /// How much memory the cold packets of each candidate are strewn over, in MiB.
    #[arg(long, default_value_t = 64)]
    arena: usize,
}

/// Where the bytes are.
#[derive(Clone, Copy)]
enum Memory {
    Warm,
    Cold,
}

/// A candidate, what it does in a turn, and how often.
struct Runner<'v> {
    candidate: &'static Candidate,
    run: Box<dyn FnMut(u32) + 'v>,
    times: u32,
    /// Nanoseconds of one task, round by round.
    rounds: Vec<f64>,
}

/// Measures all there is, and gives the tables.
pub fn run(selection: &Selection, arguments: &Arguments) -> Result<Tables> {
    ensure!(arguments.rounds > 0, "--rounds 0 measures nothing: give a positive number");
    ensure!((1..4096).contains(&arguments.arena), "--arena takes 1 to 4095 MiB");
    let mut rng = Rng::with_seed(0);
    let values: Vec<_> = (0..VALUES).map(|_| Values::random(&mut rng)).collect();
    let mut tables = Tables::default();
    for packet in selection.packets() {
        for (memory, name) in [(Memory::Warm, "warm"), (Memory::Cold, "cold")] {
            let title = format!("{packet}, {name}");
            let mut columns = Vec::new();
            for (index, &task) in packet.tasks().iter().enumerate() {
                progress(&title, index, packet.tasks().len());
                let mut runners = Runner::all(selection, packet, task, memory, &values, arguments)?;
                take_turns(&mut runners, arguments.rounds);
                columns.push((task, results(&runners)));
            }
            progress(&title, packet.tasks().len(), packet.tasks().len());
            tables.add(title, packet.tasks(), |candidate, task| {
                let (_, column) = columns.iter().find(|(of, _)| *of == task)?;
                column.iter().find(|(name, _)| *name == candidate.name).map(|(_, cell)| cell.clone())
            });
        }
    }
    Ok(tables)
}

impl<'v> Runner<'v> {
    /// Those of all candidates that can do the task.
    fn all(
        selection: &Selection,
        packet: Packet,
        task: Task,
        memory: Memory,
        values: &'v [Values],
        arguments: &Arguments,
    ) -> Result<Vec<Self>> {
        let mut rng = Rng::with_seed(0);
        let mut runners = Vec::new();
        for candidate in selection.candidates() {
            let Some(kit) = candidate.kit(packet).filter(|kit| kit.does(task)) else { continue };
            let runner = match memory {
                Memory::Warm => {
                    let mut warm = Warm::new(kit, task, &values[0])?;
                    Runner::new(candidate, move |times| warm.run(times)).calibrated()
                }
                Memory::Cold => {
                    let mut cold = Cold::new(kit, task, values, arguments.arena << 20, &mut rng)?;
                    Runner::new(candidate, move |times| cold.run(times))
                }
            };
            runners.push(runner);
        }
        Ok(runners)
    }

    fn new(candidate: &'static Candidate, run: impl FnMut(u32) + 'v) -> Self {
        Runner { candidate, run: Box::new(run), times: COLD_TURN, rounds: Vec::new() }
    }

    /// The same, with turns as long as they should be.
    fn calibrated(mut self) -> Self {
        self.turn();
        self.turn();
        let each = self.rounds.pop().unwrap_or_default().max(0.1);
        self.times = (WARM_TURN_NS / each) as u32;
        self.rounds.clear();
        self
    }

    fn turn(&mut self) {
        let start = Instant::now();
        (self.run)(self.times);
        self.rounds.push(start.elapsed().as_nanos() as f64 / f64::from(self.times));
    }
}

/// Each round begins with another one.
fn take_turns(runners: &mut [Runner<'_>], rounds: usize) {
    for _ in 0..rounds {
        runners.iter_mut().for_each(Runner::turn);
        runners.rotate_left(1);
    }
}

/// The cell of each candidate.
fn results(runners: &[Runner<'_>]) -> Vec<(&'static str, String)> {
    let baseline = runners.iter().find(|runner| runner.candidate.name == BASELINE);
    let baseline = baseline.map(|runner| &runner.rounds[..]).unwrap_or_default();
    let cells = runners.iter().map(|runner| {
        let [low, median, high] = quartiles(runner.rounds.clone());
        let ratios = runner.rounds.iter().zip(baseline).map(|(own, base)| own / base);
        let [_, ratio, _] = quartiles(ratios.collect());
        (runner.candidate.name, cell(format!("{median:.1} ({low:.1}–{high:.1})"), ratio))
    });
    cells.collect()
}

/// A quarter of the values is below the first, half of them below the second, three quarters below the third.
fn quartiles(mut values: Vec<f64>) -> [f64; 3] {
    values.sort_unstable_by(f64::total_cmp);
    [1, 2, 3].map(|quarter| values.get(values.len() * quarter / 4).copied().unwrap_or(f64::NAN))
}
