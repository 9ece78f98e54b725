//! Figures as people read them.

use indicatif::{HumanBytes, HumanCount};

use crate::report::Figure;
use crate::system::weight::{CpuUse, Weight};

/// A count, with its rate.
pub(super) fn counted(name: &'static str, count: u64, rate: f64) -> Figure {
    Figure::new(name, format!("{} ({} a second)", HumanCount(count), HumanCount(rate.round() as u64)))
}

/// CPU time of the server, with what that is for one of whatever it did; and of others.
pub(super) fn cpu(cpu: &CpuUse, each: &str) -> [Figure; 2] {
    let CpuUse { cores, user_share, .. } = cpu;
    let kernel = (1.0 - user_share) * 100.0;
    [
        Figure::new("server's CPU", format!("{cores:.2} cores, {kernel:.0} % of it in the kernel; {each}")),
        others(cpu),
    ]
}

/// What other programs used, which makes figures worth less.
pub(super) fn others(cpu: &CpuUse) -> Figure {
    Figure::new("other programs", format!("{:.0} % of the machine", cpu.others_share * 100.0))
}

/// Memory before a load and after it.
pub(super) fn memory_around(weights: &[Weight; 2]) -> Vec<Figure> {
    let line = |name, bytes: fn(&Weight) -> Option<u64>| {
        let (before, after) = (bytes(&weights[0])?, bytes(&weights[1])?);
        Some(Figure::new(name, format!("{} before, {} after", HumanBytes(before), HumanBytes(after))))
    };
    let server = line("server's memory", |weight| weight.resident);
    server.into_iter().chain(line("kernel's memory", |weight| weight.kernel)).collect()
}

/// Memory by connections.
pub(super) fn memory(weights: &[(u64, Weight)]) -> Vec<Figure> {
    let line = |bytes: fn(&Weight) -> Option<u64>| {
        let known = weights.iter().map(|(connections, weight)| Some((connections, bytes(weight)?)));
        let known: Vec<_> = known.collect::<Option<_>>()?;
        let parts = known.into_iter().map(|(connections, bytes)| {
            format!("{} with {} connections", HumanBytes(bytes), HumanCount(*connections))
        });
        Some(parts.collect::<Vec<_>>().join(", "))
    };
    let server = line(|weight| weight.resident).map(|text| Figure::new("server's memory", text));
    let kernel = line(|weight| weight.kernel).map(|text| Figure::new("kernel's memory", text));
    server.into_iter().chain(kernel).collect()
}
