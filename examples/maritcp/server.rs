//! The server: devices log in, and it knows how many are online.

use std::time::Duration;

use mario::{Builder, Conn, Packet, Reason, Server, Service, Worker};

use crate::online::Online;

/// The service: its workers share the count of those online.
pub struct Maritcp {
    online: Online,
}

/// What each connection keeps.
#[derive(Default)]
pub struct Device {
    logged_in: bool,
}

impl Service for Maritcp {
    type Session = Device;
    type Worker = ();

    fn disconnected(&self, conn: &mut Conn<'_, Self>, _reason: Reason) {
        if conn.session().logged_in {
            self.online.leave(conn.id().worker());
        }
    }

    fn tick(&self, worker: &mut Worker<'_, Self>) {
        if worker.index() == 0 {
            mario::log::info!("{} online", self.online.count());
        }
    }
}

#[derive(Packet)]
struct Login {
    #[allow(dead_code, reason = "the original does not use it either")]
    uid: u16,
}

#[derive(Packet)]
struct LoggedIn;

#[mario::command(0x6101)]
fn login(conn: &mut Conn<'_, Maritcp>, _request: Login) -> LoggedIn {
    if !std::mem::replace(&mut conn.session().logged_in, true) {
        conn.service().online.enter(conn.id().worker());
    }
    LoggedIn
}

/// A server of so many workers, on which a device may be silent for `timeout`. The original's client sends two stray bytes
/// after its login: so a frame that has begun has as much time.
pub fn server(workers: usize, timeout: Duration) -> Builder<Maritcp> {
    Server::builder(Maritcp { online: Online::new(workers) }, mario::commands![login])
        .workers(workers)
        .read_timeout(timeout)
        .partial_frame_timeout(timeout)
}
