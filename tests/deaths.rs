//! Workers that die of a fault of mario, and begin anew.

mod support;

use std::collections::HashSet;
use std::io::{Read, Write};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use log::{Level, LevelFilter, Log, Metadata, Record};
use mario::__private::kill_worker;
use mario::{Accept, Reason};
use support::*;

/// Keeps all lines of the process.
struct Lines(Mutex<Vec<(Level, String)>>);

static LINES: Lines = Lines(Mutex::new(Vec::new()));

impl Lines {
    fn begin() {
        static BEGIN: Once = Once::new();
        BEGIN.call_once(|| {
            log::set_logger(&LINES).unwrap();
            log::set_max_level(LevelFilter::Info);
        });
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(Level, String)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, level: Level, text: &str) -> usize {
        self.lock().iter().filter(|line| line.0 == level && line.1.contains(text)).count()
    }
}

impl Log for Lines {
    fn enabled(&self, _metadata: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        self.lock().push((record.level(), record.args().to_string()));
    }

    fn flush(&self) {}
}

fn died_and_is_replaced(rig: &Rig) {
    let mut ids = HashSet::new();
    for life in 1..=2 {
        let mut clients: Vec<_> = (0..20).map(|_| rig.connect()).collect();
        for client in &mut clients {
            client.call(COUNT, &[], &[1, 0, 0, 0]);
        }
        let mut open = 0;
        rig.event("all are connected", |event| {
            if let Event::Connected(id, _) = event {
                assert!(ids.insert(id), "{id} is given twice");
                open += 1;
            }
            (open == 20).then_some(())
        });
        assert!(kill_worker(&rig.server.connections(), 0));
        clients.iter_mut().for_each(Client::closed);
        for left in (0..20).rev() {
            let reason = rig.reason();
            assert_eq!(reason, Reason::WorkerDied, "{left} are left");
        }
        rig.event("it starts anew", |event| (event == Event::Started(0)).then_some(()));
        assert_eq!((rig.stats().open, rig.stats().deaths), (0, life));
    }
}

#[test]
fn a_worker_that_dies_is_replaced() {
    Lines::begin();
    let rig = serve(|builder| builder.read_timeout(None));
    died_and_is_replaced(&rig);
    rig.connect().call(COUNT, &[], &[1, 0, 0, 0]);
    rig.finish();
    assert!(
        LINES.count(Level::Error, "worker 0 has died, its 20 connections are closed: a test wanted it") >= 2
    );
    assert!(LINES.count(Level::Info, "worker 0 is started again") >= 2);
}

#[cfg(target_os = "linux")]
#[test]
fn its_own_listener_and_descriptors_go_to_the_next() {
    let rig = serve(|builder| builder.accept(Accept::PerWorker).private_descriptors());
    died_and_is_replaced(&rig);
    rig.connect().call(COUNT, &[], &[1, 0, 0, 0]);
    rig.finish();
}

#[test]
fn only_the_connections_of_the_dead_are_closed() {
    let rig = serve(|builder| builder.workers(2));
    let mut clients: Vec<_> = (0..10).map(|_| rig.connect()).collect();
    let mut of_worker = [0; 2];
    for client in &mut clients {
        client.call(COUNT, &[], &[1, 0, 0, 0]);
        let id = rig.event("it is connected", |event| match event {
            Event::Connected(id, _) => Some(id),
            _ => None,
        });
        of_worker[id.worker()] += 1;
    }
    assert_eq!(of_worker, [5, 5]);
    assert!(kill_worker(&rig.server.connections(), 1));
    for _ in 0..5 {
        assert_eq!(rig.reason(), Reason::WorkerDied);
    }
    eventually("five are left", || rig.stats().open == 5);
    let left = clients.iter_mut().filter_map(|client| {
        client.0.write_all(&frame(COUNT, &[])).ok()?;
        client.0.read_exact(&mut [0; 12]).ok()
    });
    assert_eq!(left.count(), 5);
}

#[test]
fn a_worker_that_dies_over_and_over_rests_and_the_others_serve() {
    Lines::begin();
    let rig = serve(|builder| builder.workers(2));
    let mut clients = [rig.connect(), rig.connect()];
    clients.iter_mut().for_each(|client| client.call(COUNT, &[], &[1, 0, 0, 0]));
    let connections = rig.server.connections();
    for death in 1..=4 {
        assert!(kill_worker(&connections, 1), "death {death}");
        eventually("it is replaced", || rig.stats().deaths >= death);
        rig.connect().call(COUNT, &[], &[1, 0, 0, 0]);
    }
    eventually("it rests", || LINES.count(Level::Error, "worker 1 dies over and over: it rests for 2s") == 1);
    let served = clients.iter_mut().filter_map(|client| {
        client.0.write_all(&frame(COUNT, &[])).ok()?;
        client.0.read_exact(&mut [0; 12]).ok()
    });
    assert_eq!(served.count(), 1, "the connection of the other has lost nothing");
    let frames = || rig.server.handle().metrics().workers[1].frames;
    let before = frames();
    eventually("it gets connections again", || {
        rig.connect().call(COUNT, &[], &[1, 0, 0, 0]);
        frames() > before
    });
    rig.finish();
}
