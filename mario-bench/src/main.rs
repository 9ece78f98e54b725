//! Loads, baselines and comparisons for servers of mario's wire.
//!
//! ```text
//! mario-bench serve --addr 127.0.0.1:8082 --workers 2                  # mario's server, as a user writes it
//! mario-bench rps   --addr 127.0.0.1:8082 --connections 100 --depth 16 # how fast is it?
//! mario-bench open  --addr 127.0.0.1:8082 --rate 20000                 # how long does a user wait?
//! mario-bench cps   --addr 127.0.0.1:8082                              # and if connections come and go?
//! mario-bench hold  --addr 127.0.0.1:8082 --churn 500 --requests 500   # and if very many stay?
//! mario-bench idle  --addr 127.0.0.1:8082 --connections 15000          # what does an idle connection cost?
//! mario-bench push --threads 4                                         # and if the server speaks first?
//! mario-bench broadcast --members 18000                                # to very many at once?
//! mario-bench users                                                    # and what does a user cost?
//! mario-bench compare --rounds 5                                       # and beside raw epoll and tokio?
//! mario-bench syscalls                                                 # and what does it ask of the kernel?
//! mario-bench million                                                  # a million connections
//! ```
//!
//! | command | what it is | file |
//! | --- | --- | --- |
//! | `serve`, `raw`, `tokio` | one service by three means: mario, epoll alone, tokio | `servers/` |
//! | `rps` | closed loop: each connection has so many requests on the way, always | `commands/rps.rs` |
//! | `open` | fixed rate: requests leave when they are due, and latency counts from then | `commands/open.rs` |
//! | `cps` | connect, log in, close, on so many connections at once | `commands/cps.rs` |
//! | `hold` | very many connections, some closed and opened again, some asked | `commands/hold.rs` |
//! | `million` | the same, with mario's server, a million of them | `commands/million.rs` |
//! | `idle` | connections that log in and are silent, and the memory that each one takes | `commands/idle.rs` |
//! | `gateway`, `writes` | a gateway by mario, and the baseline of its broadcasts: bare writes | `servers/` |
//! | `push` | pushes to single connections, from threads of the gateway's process | `commands/push.rs` |
//! | `broadcast` | messages to a whole group, beside bare writes and beside others' requests | `commands/broadcast.rs` |
//! | `users` | logins that kick, looking users up, and the memory of users and members | `commands/users.rs` |
//! | `compare` | the servers in turn under the same loads, as ratios to `raw` | `commands/compare.rs` |
//! | `faults` | what goes wrong around a server, and what others see of it | `commands/faults.rs` |
//! | `syscalls` | the system calls that each server makes for a request | `commands/syscalls.rs` |
//!
//! Each prints text, or JSON with `--json`, and writes a page with charts with `--report FILE.html`.
//!
//! # The method
//! Machines are noisy, and other work on them is not always seen. So a figure here is a ratio to the raw baseline of
//! the same round, moments apart; servers take turns and the first one changes from round to round; what is shown is
//! the median of the rounds with the lowest and the highest. Server and load are pinned to cores of their own, so that
//! neither takes time from the other. Beside the speed stands the CPU time that the server took for a request: it is
//! steadier than the speed, and it tells when the load and not the server was the limit.
//!
//! Every reply is compared with what it should be, to the byte. Loads go only where they are pointed.

#[cfg(not(target_os = "linux"))]
compile_error!("mario-bench measures by epoll and /proc: it needs Linux");

mod commands;
mod load;
mod orders;
mod report;
mod servers;
mod system;
mod wire;

use std::process::ExitCode;

use clap::Parser;
use commands::Command;

/// Measures servers of mario's wire: loads, baselines, comparisons.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    match Arguments::parse().command.run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("mario-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}
