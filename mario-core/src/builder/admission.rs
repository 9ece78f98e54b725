//! Settings: who may connect.

use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;

use super::{Builder, checked_timeout};
use crate::admission::Admission;
use crate::error::{Error, Result};
use crate::service::Service;

/// Who may connect, as it was set.
#[derive(Debug)]
pub(crate) struct AdmissionSettings {
    proxies: Option<Vec<String>>,
    proxy_timeout: Duration,
}

impl Default for AdmissionSettings {
    fn default() -> Self {
        AdmissionSettings { proxies: None, proxy_timeout: Duration::from_secs(5) }
    }
}

impl AdmissionSettings {
    pub(crate) fn check(&self) -> Result<Admission> {
        let proxies = self.proxies.as_deref().map(|texts| match texts {
            [] => Err(Error::NoProxies),
            texts => texts.iter().map(|text| prefix(text)).collect(),
        });
        Ok(Admission { proxies: proxies.transpose()? })
    }

    /// How long a PROXY header may take, if there is to be one.
    pub(crate) fn greeting(&self) -> Result<Option<Duration>> {
        checked_timeout("proxy timeout", self.proxy_timeout)?;
        Ok(self.proxies.is_some().then_some(self.proxy_timeout))
    }
}

/// A prefix as `10.0.0.0/8`, or an address, which is the prefix of itself alone.
fn prefix(text: &str) -> Result<IpNet> {
    let address = |_| text.parse::<IpAddr>().map(IpNet::from);
    text.parse().or_else(address).map_err(|_| Error::Prefix { text: text.to_owned() })
}

impl<S: Service> Builder<S> {
    /// Takes connections from proxies alone, which say in a header of the
    /// [PROXY protocol](https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt), version 1 or 2, for whom they have
    /// connected: then [`Conn::peer_addr`](crate::Conn::peer_addr) is that client. By default there is no such header.
    ///
    /// The proxies that are trusted are addresses and prefixes, at least one of them; `["0.0.0.0/0", "::/0"]` are all, for
    /// ports that nobody else reaches. Who else connects is closed at once, and counted as
    /// [untrusted](crate::Stats::untrusted).
    ///
    /// [`Service::connected`] runs once the header is there. A connection whose header is missing, malformed, too long or
    /// too late ends before that, and no hook is called for it; it is counted as a
    /// [proxy error](crate::Stats::proxy_errors). For a connection of the proxy itself, as those by which it sees whether
    /// the server lives, the peer is the proxy.
    ///
    /// ```
    /// # struct Gateway;
    /// # impl mario::Service for Gateway { type Session = (); type Worker = (); }
    /// # fn main() -> mario::Result<()> {
    /// let server = mario::Server::builder(Gateway, mario::commands![])
    ///     .bind("127.0.0.1:0")
    ///     .proxy_protocol(["10.1.0.0/16", "2001:db8::7"])
    ///     .start()?;
    /// # server.shutdown()
    /// # }
    /// ```
    pub fn proxy_protocol(mut self, trusted: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let trusted = trusted.into_iter().map(|text| text.as_ref().to_owned());
        self.admission.proxies = Some(trusted.collect());
        self
    }

    /// How long the header of [`proxy_protocol`](Builder::proxy_protocol) may take: 1 ms to 12 days, by default 5 s. A
    /// byte at a time does not make it longer.
    pub fn proxy_timeout(mut self, timeout: Duration) -> Self {
        self.admission.proxy_timeout = timeout;
        self
    }
}
