//! Which machine it is: a figure says little without.

use std::time::SystemTime;

use indicatif::HumanBytes;
use procfs::{CpuInfo, Current, Meminfo};
use serde::Serialize;

use crate::system::process;

/// What this machine is, as far as it tells.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Machine {
    date: String,
    processor: String,
    cores: usize,
    /// Bytes.
    memory: u64,
    kernel: String,
}

impl Machine {
    /// This one, now.
    pub(crate) fn here() -> Machine {
        let cpus = CpuInfo::current().ok();
        let model = cpus.as_ref().and_then(|cpus| cpus.model_name(0)).unwrap_or("unknown");
        let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        Machine {
            date: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
            processor: model.to_owned(),
            cores: process::cores().unwrap_or_default(),
            memory: Meminfo::current().map_or(0, |memory| memory.mem_total),
            kernel: format!("Linux {}", release.trim()),
        }
    }

    /// The same, for people.
    pub(crate) fn facts(&self) -> Vec<(&'static str, String)> {
        vec![
            ("date", self.date.clone()),
            ("processor", self.processor.clone()),
            ("cores", self.cores.to_string()),
            ("memory", HumanBytes(self.memory).to_string()),
            ("kernel", self.kernel.clone()),
        ]
    }
}
