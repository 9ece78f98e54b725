//! Which cores a process runs on.

use std::fmt;
use std::io;
use std::str::FromStr;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use thiserror::Error;

/// Some of the machine's cores, in ascending order; written as `0,2-3`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cpus(Vec<usize>);

impl Cpus {
    /// The cores that this process may run on.
    pub(crate) fn available() -> io::Result<Cpus> {
        let set = sched_getaffinity(None)?;
        Ok(Cpus((0..CpuSet::MAX_CPU).filter(|cpu| set.is_set(*cpu)).collect()))
    }

    /// The first half and the rest. A single core goes to both.
    pub(crate) fn halves(&self) -> (Cpus, Cpus) {
        if let [only] = self.0[..] {
            return (Cpus(vec![only]), Cpus(vec![only]));
        }
        let (first, rest) = self.0.split_at(self.0.len() / 2);
        (Cpus(first.to_vec()), Cpus(rest.to_vec()))
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// Keeps the calling thread, and those it starts from now on, on these cores.
    ///
    /// # Errors
    /// The machine has none of them, or does not let this process use them.
    pub(crate) fn pin(&self) -> io::Result<()> {
        let mut set = CpuSet::new();
        for cpu in &self.0 {
            set.set(*cpu);
        }
        Ok(sched_setaffinity(None, &set)?)
    }
}

/// Text that is no list of cores.
#[derive(Debug, Error)]
#[error("cores are a list as 0,2-3, each below {}", CpuSet::MAX_CPU)]
pub(crate) struct NoCpus;

impl FromStr for Cpus {
    type Err = NoCpus;

    fn from_str(text: &str) -> Result<Self, NoCpus> {
        let mut cpus = Vec::new();
        for part in text.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let number =
                |text: &str| text.parse().ok().filter(|cpu: &usize| *cpu < CpuSet::MAX_CPU).ok_or(NoCpus);
            let range = number(first)?..=number(last)?;
            if range.is_empty() {
                return Err(NoCpus);
            }
            cpus.extend(range);
        }
        cpus.sort_unstable();
        cpus.dedup();
        Ok(Cpus(cpus))
    }
}

impl fmt::Display for Cpus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, cpu) in self.0.iter().enumerate() {
            write!(f, "{}{cpu}", if i == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_and_written() {
        assert_eq!("3,0-1,1".parse::<Cpus>().unwrap().to_string(), "0,1,3");
        for wrong in ["", "1,", "2-1", "a", "-1", "99999999"] {
            assert!(wrong.parse::<Cpus>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn the_halves_share_only_a_single_core() {
        let halves = |text: &str| {
            let (first, rest) = text.parse::<Cpus>().unwrap().halves();
            (first.to_string(), rest.to_string())
        };
        assert_eq!(halves("0-3"), ("0,1".into(), "2,3".into()));
        assert_eq!(halves("0-2"), ("0".into(), "1,2".into()));
        assert_eq!(halves("5"), ("5".into(), "5".into()));
    }
}
