//! Whose server it is that listens at an address.

use std::net::SocketAddr;

use procfs::net::{TcpNetEntry, TcpState, tcp, tcp6};
use procfs::process::{Process, all_processes};

use crate::system::process;

/// The process that listens at `addr`, if it is of this machine and this process may look at it.
pub(crate) fn process_at(addr: SocketAddr) -> Option<i32> {
    let listens = |entry: &TcpNetEntry| {
        let at = entry.local_address;
        entry.state == TcpState::Listen
            && at.port() == addr.port()
            && (at.ip() == addr.ip() || at.ip().is_unspecified())
    };
    let entries = tcp().into_iter().flatten().chain(tcp6().into_iter().flatten());
    let inodes: Vec<u64> = entries.filter(listens).map(|entry| entry.inode).collect();
    if inodes.is_empty() {
        return None;
    }
    let has_one = |process: &Process| process::socket_inodes(process).any(|inode| inodes.contains(&inode));
    let mut processes = all_processes().ok()?.filter_map(Result::ok);
    processes.find(has_one).map(|process| process.pid())
}
