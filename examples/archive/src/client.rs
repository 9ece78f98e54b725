//! The client.

use mario::client::Client;

use crate::packets::{GET, Get, Got, Kept, PUT, Put};

pub fn put(addr: &str, key: &str, text: &str) -> anyhow::Result<()> {
    let client = Client::connect(addr)?;
    let _kept: Kept = client.call(PUT, Put { number: 0, key, text })?;
    println!("kept");
    Ok(())
}

pub fn get(addr: &str, key: &str) -> anyhow::Result<()> {
    let client = Client::connect(addr)?;
    let got: Got = client.call(GET, Get { number: 0, key })?;
    match got.text {
        Some(text) => println!("{text}"),
        None => anyhow::bail!("nothing is kept under `{key}`"),
    }
    Ok(())
}
