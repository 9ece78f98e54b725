//! Who has a gateway send things.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use mario::client::Client;

use crate::wire::TOKEN;

/// A connection to a gateway, to give orders by; each may take so long.
///
/// # Errors
/// It can't be had.
pub(crate) fn connect(server: SocketAddr, timeout: Duration) -> anyhow::Result<Client> {
    let client = Client::builder(server).stx(TOKEN).connect_timeout(timeout).call_timeout(timeout);
    client.connect().context("connecting the operator")
}
