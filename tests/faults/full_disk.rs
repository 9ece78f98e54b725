//! A disk that is full under the log.

use crate::innocents::Innocents;
use crate::process::Process;
use crate::served::NOTE;
use crate::support::eventually;

#[test]
fn a_full_disk_under_the_log_costs_lines_and_nothing_else() {
    let server = Process::start("log=/dev/full");
    let innocents = Innocents::of(&server, 8);
    let mut clients: Vec<_> = (0..4).map(|_| server.connect()).collect();
    for turn in 0..50u8 {
        for client in &mut clients {
            client.call(NOTE, &[turn; 20], &[turn; 20]);
        }
    }
    eventually("all lines are counted", || server.metric("log_dropped", "") >= 200);
    innocents.end();
    let lines = || server.lines("mario: writing the log file /dev/full failed: No space left on device");
    eventually("an operator is told", || lines() == 1);
    server.terminate();
    assert_eq!(server.exit().code(), Some(0));
}
