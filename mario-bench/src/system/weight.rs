//! What a server costs while it is loaded.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Context;
use serde::Serialize;

use crate::system::listener;
use crate::system::process::{self, CpuTime};

/// What weighs a server, if its process is known, and the kernel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    pid: Option<i32>,
}

impl Scale {
    /// For the process that was named, or else the one that listens at `server`, if it is of this machine and may be
    /// looked at.
    ///
    /// # Errors
    /// The process that was named does not exist, or belongs to somebody else.
    pub(crate) fn new(named: Option<i32>, server: SocketAddr) -> anyhow::Result<Scale> {
        if let Some(pid) = named {
            process::resident(pid).context("weighing the server")?;
        }
        Ok(Scale { pid: named.or_else(|| listener::process_at(server)) })
    }

    /// What is used now.
    pub(crate) fn weigh(&self) -> Weight {
        let cpu = self.pid.and_then(|pid| CpuTime::of(pid).ok());
        let ours = CpuTime::of(std::process::id() as i32).ok();
        let resident = self.pid.and_then(|pid| process::resident(pid).ok());
        let kernel = process::kernel_objects().ok();
        Weight { at: Instant::now(), cpu, ours, all: CpuTime::of_all().ok(), resident, kernel }
    }
}

/// What was used at one moment, as far as it is known.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Weight {
    #[serde(skip)]
    at: Instant,
    #[serde(skip)]
    cpu: Option<CpuTime>,
    /// This process's.
    #[serde(skip)]
    ours: Option<CpuTime>,
    /// The machine's.
    #[serde(skip)]
    all: Option<CpuTime>,
    /// Bytes of the server that are resident.
    #[serde(rename = "server")]
    pub(crate) resident: Option<u64>,
    /// Bytes of small objects of the kernel, of all processes.
    pub(crate) kernel: Option<u64>,
}

impl Weight {
    /// The CPU time that the server used since an earlier moment.
    pub(crate) fn cpu_since(&self, earlier: &Weight) -> Option<CpuUse> {
        let used = self.cpu?.since(earlier.cpu?);
        let known = used.total() + self.ours?.since(earlier.ours?).total();
        let others = self.all?.since(earlier.all?).total().saturating_sub(known).as_secs_f64();
        let seconds = used.total().as_secs_f64();
        let time = self.at.saturating_duration_since(earlier.at).max(Duration::from_nanos(1)).as_secs_f64();
        Some(CpuUse {
            seconds,
            cores: seconds / time,
            user_share: used.user.as_secs_f64() / seconds.max(f64::MIN_POSITIVE),
            others_share: others / (time * process::cores().ok()? as f64),
        })
    }
}

/// CPU time of the server in some time.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct CpuUse {
    /// CPU seconds.
    pub(crate) seconds: f64,
    /// CPU seconds a second.
    pub(crate) cores: f64,
    /// The share of it outside the kernel.
    pub(crate) user_share: f64,
    /// The share of the machine that neither the server nor the load used.
    pub(crate) others_share: f64,
}

impl CpuUse {
    /// In microseconds, for each of so many things.
    pub(crate) fn micros_each(&self, count: u64) -> f64 {
        self.seconds * 1e6 / count.max(1) as f64
    }
}
