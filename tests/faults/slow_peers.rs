//! Peers that send slowly, and peers that do not read.

use std::io::Write;
use std::thread;
use std::time::Duration;

use socket2::{Domain, Socket, Type};

use crate::innocents::Innocents;
use crate::process::Process;
use crate::support::{Client, ECHO, FLOOD, eventually, frame};

/// Connects with a window so small that little of what it is sent waits in the kernel.
fn narrow(server: &Process) -> Client {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(4 << 10).unwrap();
    socket.connect(&server.addr.into()).unwrap();
    Client(socket.into())
}

#[test]
fn slowloris_holds_up_nobody() {
    let server = Process::start("connections=256");
    let innocents = Innocents::of(&server, 8);
    let mut slow: Vec<Client> = (0..300).map(|_| server.connect()).collect();
    let request = frame(ECHO, &[0x77; 200]);
    for byte in &request[..50] {
        slow.iter_mut().for_each(|client| client.send(&[*byte]));
    }
    innocents.are_served();
    assert_eq!(server.open(), 308);
    assert!(server.pool("input", "used") > 0, "what has come waits for the rest");
    assert!(server.pool("input", "peak") <= server.pool("input", "capacity"));

    // However slow they are, they are served too.
    for client in &mut slow {
        client.send(&request[50..]);
        assert_eq!(client.receive(request.len()), request);
    }
    eventually("the pool is free", || server.pool("input", "used") == 0);
    innocents.end();
}

#[test]
fn who_takes_too_long_for_a_frame_is_closed() {
    let server = Process::start("partial_frame=500");
    let innocents = Innocents::of(&server, 8);
    let mut slow: Vec<Client> = (0..100).map(|_| server.connect()).collect();
    // A byte now and then, and never the last one.
    let trickling = thread::spawn(move || {
        for byte in &frame(ECHO, &[0x77; 1_400])[..1_400] {
            slow.retain_mut(|client| client.0.write(&[*byte]).is_ok());
            thread::sleep(Duration::from_millis(2));
        }
    });
    innocents.are_served();
    eventually("all are closed", || server.ended("incomplete") == 100);
    eventually("their slots are free", || server.open() == 8);
    assert_eq!(server.pool("input", "used"), 0);
    innocents.end();
    trickling.join().unwrap();
}

#[test]
fn who_does_not_read_is_closed_and_takes_no_more_than_the_pool() {
    let server = Process::start("write=300,output=8192:32768:131072:1048576");
    let innocents = Innocents::of(&server, 8);
    let before = server.peak_memory();
    let mut deaf: Vec<Client> = (0..60).map(|_| narrow(&server)).collect();
    let requests = frame(FLOOD, &50_000u16.to_le_bytes()).repeat(100);
    deaf.iter_mut().for_each(|client| client.send(&requests));
    innocents.are_served();
    eventually("all are closed", || server.ended("timed_out") + server.ended("overflow") == 60);
    assert!(server.ended("timed_out") > 0, "a few had room in the pool");
    eventually("their slots are free", || server.open() == 8);
    assert_eq!(server.pool("output", "used"), 0);
    let (peak, capacity) = (server.pool("output", "peak"), server.pool("output", "capacity"));
    assert!(0 < peak && peak <= capacity, "{peak} of {capacity}");
    // What is beside the pool does not grow with what they have asked for: 300 MB.
    let grown = server.peak_memory() - before;
    assert!(grown < capacity + (8 << 20), "{grown} bytes");
    innocents.end();
}

#[test]
fn of_who_does_not_read_the_kernel_takes_little() {
    const DEAF: u64 = 20;
    let server = Process::start("connections=64");
    let mut deaf: Vec<Client> = (0..DEAF).map(|_| narrow(&server)).collect();
    let requests = frame(FLOOD, &50_000u16.to_le_bytes()).repeat(100);
    deaf.iter_mut().for_each(|client| client.send(&requests));
    eventually("all have more waiting than they may", || server.pool("output", "used") > DEAF * (64 << 10));
    // Without a limit it would be megabytes of each, of memory that all programs of the machine share.
    let taken = server.metric("sent_bytes_total", "");
    assert!(taken < DEAF * (512 << 10), "{taken} bytes");
    Innocents::of(&server, 8).end();
}

#[test]
fn who_pipelines_and_does_not_read_leaves_room_for_the_frames_of_others() {
    const DEAF: u64 = 48;
    const OTHERS: u64 = 200;
    let server = Process::start("connections=512");
    let innocents = Innocents::of(&server, 8);
    let mut deaf: Vec<Client> = (0..DEAF).map(|_| narrow(&server)).collect();
    // First they do as others, so that much is read from them at once.
    let echoes = frame(ECHO, &[0x77; 1_000]).repeat(100);
    for client in &mut deaf {
        let mut writer = Client(client.0.try_clone().unwrap());
        let written = echoes.clone();
        let writing = thread::spawn(move || writer.send(&written));
        assert_eq!(client.receive(echoes.len()), echoes);
        writing.join().unwrap();
    }
    let request = frame(FLOOD, &60_000u16.to_le_bytes());
    for client in &mut deaf {
        client.fill(&request, 0);
    }
    eventually("all have more waiting than they may", || server.pool("output", "used") > DEAF * (64 << 10));
    let held = server.pool("input", "used");

    // Frames in two pieces, between which the first of each has to wait.
    let mut others: Vec<Client> = (0..OTHERS).map(|_| server.connect()).collect();
    let request = frame(ECHO, b"in two pieces");
    others.iter_mut().for_each(|client| client.send(&request[..10]));
    eventually("all have begun", || server.pool("input", "used") >= held + OTHERS * 2048);
    for client in &mut others {
        client.send(&request[10..]);
        assert_eq!(client.receive(request.len()), request);
    }
    innocents.are_served();
    assert_eq!((server.open(), server.ended("overflow")), (8 + DEAF + OTHERS, 0), "and nobody was closed");
    innocents.end();
}
