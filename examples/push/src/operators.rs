//! The gateway's side of the operators: a small HTTP endpoint on a thread of its own.

use std::io::Read;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;

use anyhow::{Context, anyhow};
use mario::{Connections, Message, Name, PushError};
use tiny_http::{Method, Request, Response, Server, StatusCode};

use crate::packets::{PUSH, Push};

/// The longest text that is taken, in bytes: it fits in a frame of any server.
const LONGEST: u64 = 1_000;

/// What an operator is answered.
struct Answer(u16, String);

struct Operators {
    connections: Connections,
    deliveries: Arc<AtomicU64>,
    pushes: u64,
}

/// Starts to serve operators; the answer is where.
pub fn start(
    addr: SocketAddr,
    connections: Connections,
    deliveries: Arc<AtomicU64>,
) -> anyhow::Result<SocketAddr> {
    let server = Server::http(addr).map_err(|error| anyhow!("can't listen on {addr}: {error}"))?;
    let addr = server.server_addr().to_ip().context("operators come by IP")?;
    let mut operators = Operators { connections, deliveries, pushes: 0 };
    thread::spawn(move || {
        for mut request in server.incoming_requests() {
            let Answer(status, text) = operators.answer(&mut request);
            let response = Response::from_string(text + "\n").with_status_code(StatusCode(status));
            if let Err(error) = request.respond(response) {
                mario::log::warn!("an operator has gone: {error}");
            }
        }
    });
    Ok(addr)
}

impl Operators {
    fn answer(&mut self, request: &mut Request) -> Answer {
        let url = request.url().to_owned();
        let path: Vec<_> = url.trim_matches('/').split('/').collect();
        if *request.method() == Method::Get && path == [""] {
            return self.overview();
        }
        if *request.method() != Method::Post {
            return Answer(
                405,
                "POST a text to /device/NUMBER, /topic/NAME or /all; GET / for numbers".into(),
            );
        }
        let text = match text(request) {
            Ok(text) => text,
            Err(answer) => return answer,
        };
        let message = match self.message(&text) {
            Ok(message) => message,
            Err(error) => return Answer(400, error.to_string()),
        };
        match path[..] {
            ["device", id] => match id.parse::<u64>() {
                Ok(id) => self.to_device(id, &message),
                Err(_) => Answer(400, format!("`{id}` is no device's number")),
            },
            ["topic", topic] => match Name::try_from(topic) {
                Ok(topic) => queued(self.connections.push_message_to_group(topic, &message)),
                Err(error) => Answer(400, error.to_string()),
            },
            ["all"] => queued(self.connections.push_message_to_all(&message)),
            _ => Answer(404, "there are /device/NUMBER, /topic/NAME and /all".into()),
        }
    }

    fn overview(&self) -> Answer {
        let (online, delivered) = (self.connections.online(), self.deliveries.load(Relaxed));
        Answer(200, format!("{online} online, {} pushed, {delivered} delivered", self.pushes))
    }

    fn message(&mut self, text: &str) -> Result<Message, PushError> {
        self.pushes += 1;
        self.connections.message(PUSH, &Push { number: self.pushes, text })
    }

    fn to_device(&self, id: u64, message: &Message) -> Answer {
        match self.connections.push_message_to_user(id, message) {
            Ok(()) => Answer(202, "queued".into()),
            Err(PushError::Partly { .. }) => {
                Answer(503, "the device's worker is far behind: try again".into())
            }
            Err(error @ PushError::Offline(_)) => Answer(404, error.to_string()),
            Err(error) => Answer(500, error.to_string()),
        }
    }
}

fn text(request: &mut Request) -> Result<String, Answer> {
    let mut text = String::new();
    match request.as_reader().take(LONGEST + 1).read_to_string(&mut text) {
        Ok(_) if text.len() as u64 > LONGEST => {
            Err(Answer(413, format!("a push has at most {LONGEST} bytes")))
        }
        Ok(_) => Ok(text),
        Err(error) => Err(Answer(400, format!("the text can't be read: {error}"))),
    }
}

fn queued(result: Result<(), PushError>) -> Answer {
    match result {
        Ok(()) => Answer(202, "queued".into()),
        Err(error) => Answer(503, error.to_string()),
    }
}
