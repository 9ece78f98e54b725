//! What only a client of futures can do: be cancelled, be shared by tasks, and outlive its runtime.

use std::pin::pin;
use std::sync::mpsc;
use std::task::Poll;
use std::time::Duration;

use mario::Payload;
use mario::client::tokio::Client;
use mario::client::{Disconnect, Error};
use tokio::runtime::Builder;
use tokio::task::JoinSet;

use crate::blocked::RUNTIME;
use crate::fake::*;
use crate::support::{COUNT, ECHO, LIMIT, serve};

/// Polls a future until it waits, and drops it.
async fn begin<T>(future: impl Future<Output = T>) {
    let mut future = pin!(future);
    std::future::poll_fn(|context| {
        assert!(future.as_mut().poll(context).is_pending(), "it waits for the server");
        Poll::Ready(())
    })
    .await;
}

#[test]
fn the_reply_to_a_dropped_call_is_no_others() {
    let (go_on, wait_to_go_on) = mpsc::channel();
    let fake = Fake::new(move |peer| {
        let first = peer.receive(12);
        wait_to_go_on.recv().unwrap();
        let second = peer.receive(12);
        assert_eq!((&first[8..], &second[8..]), (&[1, 0, 0, 0][..], &[2, 0, 0, 0][..]), "both were sent");
        peer.send(&[first, second].concat());
        peer.closed();
    });
    let client = fake.client().0;
    RUNTIME.block_on(async {
        begin(client.call::<Number>(ASK, Number(1))).await;
        let second = client.call::<Number>(ASK, Number(2));
        go_on.send(()).unwrap();
        assert_eq!(second.await.unwrap(), Number(2));
        assert_eq!(client.pushes().try_next(), None, "the first was discarded");
    });
    drop(client);
    fake.done();
}

#[test]
fn a_call_that_was_not_polled_is_not_sent() {
    let rig = serve(|builder| builder);
    RUNTIME.block_on(async {
        let client = Client::connect(rig.addr()).await.unwrap();
        drop(client.call::<Number>(COUNT, Payload::default()));
        assert_eq!(client.call::<Number>(COUNT, Payload::default()).await.unwrap(), Number(1));
    });
    assert_eq!(rig.stats().frames, 1);
}

#[test]
fn many_tasks_share_a_connection() {
    const TASKS: u32 = 64;
    let rig = serve(|builder| builder);
    RUNTIME.block_on(async {
        let client = Client::connect(rig.addr()).await.unwrap();
        let mut tasks = JoinSet::new();
        for task in 0..TASKS {
            let client = client.clone();
            tasks.spawn(async move {
                for round in 0..50 {
                    let value = task << 16 | round;
                    let echoed: Number = client.call(ECHO, Number(value)).await.unwrap();
                    assert_eq!(echoed, Number(value));
                }
            });
        }
        while let Some(ended) = tasks.join_next().await {
            ended.unwrap();
        }
    });
    assert_eq!((rig.stats().frames, rig.stats().accepted), (u64::from(TASKS) * 50, 1));
}

#[test]
fn a_connect_that_is_dropped_leaves_no_connection() {
    let (logging_in, wait_for_login) = tokio::sync::oneshot::channel();
    let logging_in = std::sync::Mutex::new(Some(logging_in));
    let rig = serve(|builder| builder);
    RUNTIME.block_on(async {
        let client = Client::builder(rig.addr()).on_connect(move |_client| {
            let logging_in = logging_in.lock().unwrap().take();
            async move {
                logging_in.expect("it is tried once").send(()).unwrap();
                std::future::pending().await
            }
        });
        tokio::select! {
            _ = client.connect() => panic!("its login never ends"),
            logging_in = wait_for_login => logging_in.unwrap(),
        }
    });
    crate::support::eventually("it is closed", || rig.stats().accepted == 1 && rig.stats().open == 0);
}

#[test]
fn a_client_outlives_its_runtime_without_hanging() {
    let rig = serve(|builder| builder);
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let client = runtime.block_on(Client::connect(rig.addr())).unwrap();
    let pushes = client.pushes();
    drop(runtime);
    RUNTIME.block_on(async {
        let error = client.call::<Number>(COUNT, Payload::default()).await.unwrap_err();
        assert!(matches!(error, Error::NotConnected { cause: Disconnect::ByClient }), "{error}");
        drop(client);
        assert_eq!(pushes.next().await, None);
    });
}

#[test]
fn what_is_sent_is_taken_before_the_client_is_dropped() {
    let rig = serve(|builder| builder.max_packet(u16::MAX));
    RUNTIME.block_on(async {
        let client = Client::connect(rig.addr()).await.unwrap();
        for _ in 0..10 {
            client.send(ECHO, &Payload(&[7; 30_000])).await.unwrap();
        }
    });
    crate::support::eventually("all have come", || rig.stats().frames == 10);
}

#[test]
fn calls_wait_for_room_and_none_is_lost() {
    const CALLS: usize = 64;
    let rig = serve(|builder| builder.max_packet(u16::MAX));
    RUNTIME.block_on(async {
        let client = Client::builder(rig.addr()).call_timeout(LIMIT).connect().await.unwrap();
        let mut tasks = JoinSet::new();
        for call in 0..CALLS {
            let client = client.clone();
            tasks.spawn(async move {
                let payload = vec![call as u8; 60_000];
                let reply = client.call_frame::<Payload<'_>>(ECHO, Payload(&payload)).await.unwrap();
                assert_eq!(reply.payload(), payload);
            });
        }
        while let Some(ended) = tasks.join_next().await {
            ended.unwrap();
        }
    });
}

#[test]
fn a_push_that_nobody_took_waits_for_the_next() {
    let fake = Fake::new(|peer| {
        peer.receive(12);
        peer.send(&number(5));
        peer.closed();
    });
    let client = fake.client().0;
    RUNTIME.block_on(async {
        let pushes = client.pushes();
        begin(pushes.next()).await;
        client.send(0x0399, &Number(1)).await.unwrap();
        let push = tokio::time::timeout(LIMIT, pushes.next()).await.expect("it comes").unwrap();
        assert_eq!(push.decode::<Number>().unwrap(), Number(5));
        assert!(tokio::time::timeout(Duration::from_millis(1), pushes.next()).await.is_err());
    });
    drop(client);
    fake.done();
}
