//! What a server costs: the memory and the CPU time that the kernel accounts to it.

use std::collections::HashSet;
use std::time::Duration;

use anyhow::Context;
use procfs::process::{FDTarget, Process};
use procfs::{Current, CurrentSI, KernelStats, Meminfo};
use serde::Serialize;

/// Bytes of a process that are resident.
///
/// # Errors
/// There is no such process, or it belongs to somebody else.
pub(crate) fn resident(pid: i32) -> anyhow::Result<u64> {
    let rollup = Process::new(pid)
        .and_then(|process| process.smaps_rollup())
        .with_context(|| format!("reading the memory of process {pid}"))?;
    let maps = rollup.memory_map_rollup;
    Ok(maps.iter().filter_map(|map| map.extension.map.get("Rss")).sum())
}

/// The most bytes of a process that were ever resident.
///
/// # Errors
/// There is no such process, or it belongs to somebody else.
pub(crate) fn peak(pid: i32) -> anyhow::Result<u64> {
    let status = Process::new(pid)
        .and_then(|process| process.status())
        .with_context(|| format!("reading the memory of process {pid}"))?;
    Ok(status.vmhwm.unwrap_or_default() << 10)
}

/// Sockets that a process has open.
///
/// # Errors
/// The same.
pub(crate) fn sockets(pid: i32) -> anyhow::Result<usize> {
    let process = Process::new(pid).with_context(|| format!("counting the descriptors of process {pid}"))?;
    Ok(socket_inodes(&process).collect::<HashSet<_>>().len())
}

/// The inodes of the sockets in the descriptor tables of all threads, which may have one each. Where threads share a
/// table, so often they come.
pub(crate) fn socket_inodes(process: &Process) -> impl Iterator<Item = u64> {
    let tasks = process.tasks().into_iter().flatten().flatten();
    // A thread has a place of its own beside the processes.
    let tables = tasks.filter_map(|task| Process::new(task.tid).and_then(|thread| thread.fd()).ok());
    tables.flatten().flatten().filter_map(|info| match info.target {
        FDTarget::Socket(inode) => Some(inode),
        _ => None,
    })
}

/// Bytes of small objects that the kernel keeps, for all processes: sockets are of these.
///
/// # Errors
/// The system does not tell.
pub(crate) fn kernel_objects() -> anyhow::Result<u64> {
    Ok(Meminfo::current().context("reading the kernel's memory")?.slab)
}

/// How many cores the machine has, whether this process may run on them or not.
///
/// # Errors
/// The system does not tell.
pub(crate) fn cores() -> anyhow::Result<usize> {
    Ok(KernelStats::current().context("counting the machine's cores")?.cpu_time.len())
}

/// CPU time that a process has used.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct CpuTime {
    /// In its own code.
    pub(crate) user: Duration,
    /// In the kernel, on its behalf.
    pub(crate) system: Duration,
}

impl CpuTime {
    /// So far.
    ///
    /// # Errors
    /// There is no such process.
    pub(crate) fn of(pid: i32) -> anyhow::Result<CpuTime> {
        let stat = Process::new(pid)
            .and_then(|process| process.stat())
            .with_context(|| format!("reading the CPU time of process {pid}"))?;
        Ok(CpuTime { user: ticks(stat.utime), system: ticks(stat.stime) })
    }

    /// So far, of all that the machine did. Interrupts belong to it, as the kernel accounts most of them to the
    /// process that it was running, and what a virtual machine's host took.
    ///
    /// # Errors
    /// The system does not tell.
    pub(crate) fn of_all() -> anyhow::Result<CpuTime> {
        let cpu = KernelStats::current().context("reading the machine's CPU time")?.total;
        let interrupts = cpu.irq.unwrap_or_default() + cpu.softirq.unwrap_or_default();
        let stolen = cpu.steal.unwrap_or_default();
        Ok(CpuTime { user: ticks(cpu.user + cpu.nice), system: ticks(cpu.system + interrupts + stolen) })
    }

    /// What was used since an earlier time.
    pub(crate) fn since(self, earlier: CpuTime) -> CpuTime {
        CpuTime {
            user: self.user.saturating_sub(earlier.user),
            system: self.system.saturating_sub(earlier.system),
        }
    }

    /// All of it.
    pub(crate) fn total(self) -> Duration {
        self.user + self.system
    }
}

fn ticks(count: u64) -> Duration {
    Duration::from_secs_f64(count as f64 / procfs::ticks_per_second() as f64)
}
