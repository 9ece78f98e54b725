//! Which system calls a process makes: strace counts them, attached to it for as long as is wanted.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStderr, Command, Stdio};

use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process};
use serde::Serialize;

/// strace, attached to all threads of a process.
pub(crate) struct Strace {
    child: Child,
    said: BufReader<ChildStderr>,
}

/// What a process called.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(transparent)]
pub(crate) struct Calls(BTreeMap<String, Count>);

/// How often it made one call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Count {
    pub(crate) calls: u64,
    /// Those of them that returned an error.
    pub(crate) errors: u64,
}

/// What calls are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Read,
    Write,
    Wait,
    Registration,
    Other,
}

/// Looks whether there is strace at all.
///
/// # Errors
/// There is not; the text says what to install.
pub(crate) fn look_for() -> anyhow::Result<()> {
    let version = Command::new("strace").arg("-V").stdout(Stdio::null()).stderr(Stdio::null()).status();
    match version {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => bail!(
            "system calls are counted by strace, which is not installed: `apt install strace`, or the package of that \
             name of your system"
        ),
        Err(error) => Err(error).context("running strace"),
    }
}

impl Strace {
    /// Attaches to a process; from when this returns on, all its calls are counted.
    ///
    /// # Errors
    /// There is no strace, or it may not look at the process.
    pub(crate) fn attach(pid: i32) -> anyhow::Result<Strace> {
        let mut child = Command::new("strace")
            .args(["-f", "-c", "-p", &pid.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            // Ctrl-C is for this process, which ends that one when it has its results.
            .process_group(0)
            .spawn()
            .context("starting strace")?;
        let stderr = child.stderr.take().context("strace says nothing")?;
        let mut strace = Strace { child, said: BufReader::new(stderr) };
        let mut text = String::new();
        while !text.contains("attached") {
            if strace.said.read_line(&mut text).context("waiting for strace")? == 0 {
                bail!(
                    "strace may not look at process {pid}; `sysctl -w kernel.yama.ptrace_scope=0`, or being root, lets \
                     it: {}",
                    text.trim()
                );
            }
        }
        Ok(strace)
    }

    /// Leaves the process alone again, and tells what it called meanwhile.
    ///
    /// # Errors
    /// strace does not tell.
    pub(crate) fn detach(mut self) -> anyhow::Result<Calls> {
        self.end();
        let mut text = String::new();
        self.said.read_to_string(&mut text).context("reading what strace has counted")?;
        Ok(Calls::read(&text))
    }

    fn end(&mut self) {
        let _ = kill_process(Pid::from_child(&self.child), Signal::INT);
        let _ = self.child.wait();
    }
}

impl Drop for Strace {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.end();
        }
    }
}

impl Calls {
    /// From the table of `strace -c`: the last column is the call, the fourth how often it was made, and between them is
    /// how often it failed, if ever.
    fn read(text: &str) -> Calls {
        let row = |line: &str| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let (calls, errors, name) = match fields[..] {
                [_, _, _, calls, name] => (calls.parse().ok()?, 0, name),
                [_, _, _, calls, errors, name] => (calls.parse().ok()?, errors.parse().ok()?, name),
                _ => return None,
            };
            (name != "total").then(|| (name.to_owned(), Count { calls, errors }))
        };
        Calls(text.lines().filter_map(row).collect())
    }

    /// All of one purpose.
    pub(crate) fn of(&self, purpose: Purpose) -> Count {
        self.0.iter().filter(|(name, _)| Purpose::of(name) == purpose).map(|(_, count)| count).sum()
    }

    /// All of them.
    pub(crate) fn all(&self) -> Count {
        self.0.values().sum()
    }
}

impl<'a> std::iter::Sum<&'a Count> for Count {
    fn sum<I: Iterator<Item = &'a Count>>(counts: I) -> Count {
        counts.fold(Count::default(), |sum, count| Count {
            calls: sum.calls + count.calls,
            errors: sum.errors + count.errors,
        })
    }
}

impl Purpose {
    fn of(name: &str) -> Purpose {
        match name {
            "read" | "readv" | "recvfrom" | "recvmsg" | "recvmmsg" => Purpose::Read,
            "write" | "writev" | "sendto" | "sendmsg" | "sendmmsg" => Purpose::Write,
            "epoll_wait" | "epoll_pwait" | "epoll_pwait2" | "poll" | "ppoll" => Purpose::Wait,
            "epoll_ctl" => Purpose::Registration,
            _ => Purpose::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "\
strace: Process 7 detached
% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 51.26    0.249678          22     11329           sendto
 45.87    0.223451          19     11429         2 recvfrom
  1.86    0.009043          36       249           epoll_pwait2
  0.09    0.000429           4       100           epoll_ctl
  0.02    0.000119           4        28         1 futex
------ ----------- ----------- --------- --------- ----------------
100.00    0.482720          20     23135         3 total
";

    #[test]
    fn what_strace_has_counted_is_read() {
        let calls = Calls::read(TABLE);
        assert_eq!(calls.of(Purpose::Read), Count { calls: 11_429, errors: 2 });
        assert_eq!(calls.of(Purpose::Write), Count { calls: 11_329, errors: 0 });
        assert_eq!(calls.of(Purpose::Wait).calls, 249);
        assert_eq!(calls.of(Purpose::Registration).calls, 100);
        assert_eq!(calls.of(Purpose::Other), Count { calls: 28, errors: 1 });
        assert_eq!(calls.all(), Count { calls: 23_135, errors: 3 });
    }

    #[test]
    fn a_process_that_called_nothing_has_no_table() {
        assert_eq!(Calls::read("strace: Process 7 detached\n").all(), Count::default());
    }
}
