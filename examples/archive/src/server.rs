//! The server: handlers that spawn a future each, beside the workers.

use std::fmt::Display;
use std::path::Path;

use anyhow::Context;
use mario::{Conn, Packet, Reply, Server, Service};
use tokio::runtime::{Builder, Handle};

use crate::database::Database;
use crate::packets::{GET, Get, Got, Kept, PUT, Put};

/// The longest that a key and a text together may be, in bytes.
const LONGEST: u16 = 60_000;

/// The service: where futures run, and whom they ask.
struct Archive {
    runtime: Handle,
    database: Database,
}

impl Service for Archive {
    type Session = ();
    type Worker = ();
}

#[mario::command(PUT)]
fn put(conn: &mut Conn<'_, Archive>, request: Put<'_>, reply: Reply<Kept>) {
    let (key, text) = (request.key.to_owned(), request.text.to_owned());
    let database = conn.service().database.clone();
    conn.service().runtime.spawn(async move {
        answer(reply, database.put(key, text).await.map(|()| Kept::default()));
    });
}

#[mario::command(GET)]
fn get(conn: &mut Conn<'_, Archive>, request: Get<'_>, reply: Reply<Got>) {
    let key = request.key.to_owned();
    let database = conn.service().database.clone();
    conn.service().runtime.spawn(async move {
        answer(reply, database.get(key).await.map(|text| Got { number: 0, text }));
    });
}

/// Answers with what the database said; the number is set by mario. A client whose request failed is closed.
fn answer<P: Packet>(reply: Reply<P>, result: Result<P, impl Display>) {
    match result {
        // An error says that the client has gone.
        Ok(packet) => drop(reply.send(packet)),
        Err(error) => {
            mario::log::error!("{}: the database failed: {error}", reply.id());
            reply.close();
        }
    }
}

/// Serves until SIGINT or SIGTERM.
pub fn run(file: &Path, addr: &str) -> anyhow::Result<()> {
    mario::log::init(mario::log::Config::default())?;
    let runtime = Builder::new_multi_thread().worker_threads(2).build()?;
    let opened = runtime.block_on(Database::open(file));
    let database = opened.with_context(|| format!("can't open {}", file.display()))?;
    let archive = Archive { runtime: runtime.handle().clone(), database };
    let server = Server::builder(archive, mario::commands![put, get])
        .bind(addr)
        .max_packet(LONGEST)
        .stop_on_signals()
        .start()?;
    println!("listening on {}", server.local_addr());
    Ok(server.join()?)
}
