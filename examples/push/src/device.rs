//! A device: logs in, subscribes, prints what it is pushed, and comes back by itself if the connection is lost.

use std::time::Duration;

use mario::client::{Backoff, Client};

use crate::packets::{
    DELIVERED, Delivered, HEARTBEAT, LOG_IN, LogIn, PUSH, Push, SUBSCRIBE, Subscribe, Subscribed, Welcome,
};

/// Runs until it has got so many pushes, or for ever.
pub fn run(addr: &str, device: u64, topics: &[String], count: Option<usize>) -> anyhow::Result<()> {
    let topics = topics.to_vec();
    let client = Client::builder(addr)
        .reconnect(Backoff::default())
        .heartbeat(HEARTBEAT, Duration::from_secs(60))
        .on_connect(move |client| {
            let _welcome: Welcome = client.call(LOG_IN, LogIn { device })?;
            for topic in &topics {
                let _subscribed: Subscribed = client.call(SUBSCRIBE, Subscribe { topic })?;
            }
            Ok(())
        })
        .connect()?;
    println!("device {device} is online");
    for push in client.pushes().filter(|push| push.command() == PUSH).take(count.unwrap_or(usize::MAX)) {
        let Push { number, text } = push.decode()?;
        println!("{number}: {text}");
        // A connection that was lost comes back by itself; what it would have said is not counted.
        if let Err(error) = client.send(DELIVERED, &Delivered { number }) {
            eprintln!("the gateway does not know that {number} was delivered: {error}");
        }
    }
    Ok(())
}
