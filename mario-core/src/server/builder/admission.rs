//! Settings: who may connect.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;

use super::{Builder, checked_timeout};
use crate::error::{Error, Result};
use crate::net::admission::{Admission, Census, Crowd, Pace};
use crate::parts::rate::Rate;
use crate::service::Service;

/// Who may connect, as it was set.
#[derive(Debug)]
pub(crate) struct AdmissionSettings {
    proxies: Option<Vec<String>>,
    proxy_timeout: Duration,
    accept_rate: Option<Rate>,
    per_address: Option<u32>,
    /// The lengths for IPv4 and IPv6.
    prefixes: (u8, u8),
}

impl Default for AdmissionSettings {
    fn default() -> Self {
        let proxy_timeout = Duration::from_secs(5);
        AdmissionSettings {
            proxies: None,
            proxy_timeout,
            accept_rate: None,
            per_address: None,
            prefixes: (32, 64),
        }
    }
}

impl AdmissionSettings {
    pub(crate) fn check(&self) -> Result<Admission> {
        let proxies = self.proxies.as_deref().map(|texts| match texts {
            [] => Err(Error::NoProxies),
            texts => texts.iter().map(|text| prefix(text)).collect(),
        });
        let rate = self.accept_rate.map(|rate| checked_rate("accept rate", rate)).transpose()?;
        let census = self.crowd()?.map(|crowd| Arc::new(Census::new(crowd)));
        Ok(Admission { proxies: proxies.transpose()?, census, pace: rate.map(Pace::new) })
    }

    fn crowd(&self) -> Result<Option<Crowd>> {
        let (ipv4, ipv6) = self.prefixes;
        if ipv4 > 32 || ipv6 > 128 {
            return Err(Error::PrefixLengths { ipv4, ipv6 });
        }
        match self.per_address {
            Some(0) => Err(Error::PerAddress),
            most => Ok(most.map(|most| Crowd { most, ipv4, ipv6 })),
        }
    }

    /// How long a PROXY header may take, if there is to be one.
    pub(crate) fn greeting(&self) -> Result<Option<Duration>> {
        checked_timeout("proxy timeout", self.proxy_timeout)?;
        Ok(self.proxies.is_some().then_some(self.proxy_timeout))
    }
}

/// A rate that lets something through.
pub(super) fn checked_rate(name: &'static str, rate: Rate) -> Result<Rate> {
    if rate.per_second == 0 || rate.burst == 0 { Err(Error::Rate { name, rate }) } else { Ok(rate) }
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
    /// [untrusted](crate::metrics::Stats::untrusted).
    ///
    /// [`Service::connected`] runs once the header is there. A connection whose header is missing, malformed, too long or
    /// too late ends before that, and no hook is called for it; it is counted as a
    /// [proxy error](crate::metrics::Stats::proxy_errors). For a connection of the proxy itself, as those by which it sees whether
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

    /// How many connections those of one address may have, on all workers together: at least 1, by default as many as
    /// there are slots. Further ones are closed at once, and counted as
    /// [refused by address](crate::metrics::Stats::refused_by_address).
    ///
    /// An address is a whole one of IPv4 and the first 64 bits of one of IPv6, unless
    /// [`address_prefixes`](Builder::address_prefixes) says otherwise. Behind [proxies](Builder::proxy_protocol) it is that
    /// of the client, as soon as it is known; the proxies' own connections are not counted. With this, a connection
    /// takes about 80 bytes more.
    pub fn connections_per_address(mut self, most: impl Into<Option<u32>>) -> Self {
        self.admission.per_address = most.into();
        self
    }

    /// How many bits of an address those have in common that are one for
    /// [`connections_per_address`](Builder::connections_per_address): 0 to 32 for IPv4, by default 32; 0 to 128 for
    /// IPv6, by default 64, as that is what a single home gets.
    pub fn address_prefixes(mut self, ipv4: u8, ipv6: u8) -> Self {
        self.admission.prefixes = (ipv4, ipv6);
        self
    }

    /// How fast connections may come, to all workers together; by default as fast as they can be accepted. More wait in
    /// the [backlog](Builder::backlog) until it is their turn, or, with [`Excess::Close`](crate::Excess::Close), are closed
    /// at once. Those that may not come in for another reason don't count.
    ///
    /// ```
    /// # use mario::Rate;
    /// # struct Gateway;
    /// # impl mario::Service for Gateway { type Session = (); type Worker = (); }
    /// # fn main() -> mario::Result<()> {
    /// let server = mario::Server::builder(Gateway, mario::commands![])
    ///     .bind("127.0.0.1:0")
    ///     .accept_rate(Rate::per_second(2_000).burst(5_000))
    ///     .connections_per_address(100)
    ///     .start()?;
    /// # server.shutdown()
    /// # }
    /// ```
    pub fn accept_rate(mut self, rate: impl Into<Option<Rate>>) -> Self {
        self.admission.accept_rate = rate.into();
        self
    }
}
