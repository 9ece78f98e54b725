//! Connections that log in and are silent, and what the server weighs with so many of them.
//!
//! The first part pays for what a server lays out once. From there on memory is read again and again: the slope of the
//! line through those points is the price of a connection.

use std::io::{ErrorKind, Read};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::Context;
use serde::Serialize;

use crate::load::dial::Dialer;
use crate::load::failure::{Failure, Failures};
use crate::system::stop::Stop;
use crate::system::{limits, process};

/// How many connections are opened before the slope begins, at most.
const FIRST: usize = 1_000;

/// How often memory is read after that.
const STEPS: usize = 6;

/// A load.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IdleLoad {
    pub(crate) server: SocketAddr,
    /// The server's process, if it is known.
    pub(crate) pid: Option<i32>,
    pub(crate) connections: usize,
    /// How long each step of opening a connection may take.
    pub(crate) timeout: Duration,
}

/// What came of it.
pub(crate) struct Outcome {
    /// With no connection, with the first, and with more and more of them.
    pub(crate) weights: Vec<Weight>,
    pub(crate) failures: Failures,
}

/// Bytes in use at one moment.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Weight {
    pub(crate) connections: usize,
    /// Resident memory of the server.
    pub(crate) server: Option<u64>,
    /// Small objects of the kernel, both ends of each connection among them.
    pub(crate) kernel: u64,
}

impl IdleLoad {
    /// Opens the connections, or as many as it can until it is stopped, weighs, and looks whether all are still open;
    /// `watch` is told how many are.
    ///
    /// # Errors
    /// So many never could be, or the server can't be weighed.
    pub(crate) fn run(self, stop: &Stop, watch: impl Fn(usize)) -> anyhow::Result<Outcome> {
        let dialer = Dialer::new(self.server, self.timeout);
        limits::need_connections(self.connections, self.server, dialer.sources(self.connections))?;
        let mut streams = Vec::with_capacity(self.connections);
        let mut weights = vec![self.weigh(0)?];
        let mut failures = Failures::default();
        for count in moments(self.connections) {
            while streams.len() < count && failures.is_empty() && !stop.is_asked() {
                match dialer.log_in(streams.len()) {
                    Ok(stream) => streams.push(stream),
                    Err(failure) => failures.add(failure),
                }
                watch(streams.len());
            }
            weights.push(self.weigh(streams.len())?);
            if streams.len() < count {
                break;
            }
        }
        for stream in &streams {
            if let Err(failure) = is_silent(stream) {
                failures.add(failure);
            }
        }
        Ok(Outcome { weights, failures })
    }

    fn weigh(&self, connections: usize) -> anyhow::Result<Weight> {
        let server = self.pid.map(process::resident).transpose().context("weighing the server")?;
        Ok(Weight { connections, server, kernel: process::kernel_objects()? })
    }
}

impl Outcome {
    /// Connections that were opened.
    pub(crate) fn opened(&self) -> usize {
        self.weights.last().map_or(0, |weight| weight.connections)
    }

    /// Bytes of the server for each connection.
    pub(crate) fn of_server(&self) -> Option<f64> {
        self.slope(|weight| Some(weight.server? as f64))
    }

    /// Bytes of the kernel for each connection.
    pub(crate) fn of_kernel(&self) -> Option<f64> {
        self.slope(|weight| Some(weight.kernel as f64))
    }

    /// Of the line through all points from the first connections on that has the least squares of errors.
    fn slope(&self, bytes: impl Fn(&Weight) -> Option<f64>) -> Option<f64> {
        let point = |weight: &Weight| Some((weight.connections as f64, bytes(weight)?));
        let points: Vec<(f64, f64)> = self.weights.iter().skip(1).map(point).collect::<Option<_>>()?;
        let count = points.len() as f64;
        let sum = points.iter().fold((0.0, 0.0), |sum, point| (sum.0 + point.0, sum.1 + point.1));
        let middle = (sum.0 / count, sum.1 / count);
        let (mut across, mut along) = (0.0, 0.0);
        for (x, y) in points {
            across += (x - middle.0) * (y - middle.1);
            along += (x - middle.0).powi(2);
        }
        (along > 0.0).then(|| across / along)
    }
}

/// With how many connections memory is read.
fn moments(connections: usize) -> Vec<usize> {
    let first = FIRST.min(connections / 2);
    let mut all: Vec<_> = (0..=STEPS).map(|step| first + (connections - first) * step / STEPS).collect();
    all.dedup();
    all
}

/// Whether a connection is open and has nothing to be read.
fn is_silent(mut stream: &TcpStream) -> Result<(), Failure> {
    stream.set_nonblocking(true)?;
    match stream.read(&mut [0]) {
        Ok(0) => Err(Failure::Closed),
        Ok(_) => Err(Failure::Unasked),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(weights: &[(usize, Option<u64>)]) -> Outcome {
        let weight = |&(connections, server)| Weight { connections, server, kernel: 0 };
        Outcome { weights: weights.iter().map(weight).collect(), failures: Failures::default() }
    }

    #[test]
    fn memory_is_read_from_the_first_thousand_on() {
        assert_eq!(moments(19_000), [1_000, 4_000, 7_000, 10_000, 13_000, 16_000, 19_000]);
        assert_eq!(moments(2), [1, 2]);
        assert_eq!(moments(1), [0, 1]);
    }

    #[test]
    fn what_is_laid_out_once_is_not_in_the_slope() {
        let line = [(0, Some(1_000)), (10, Some(9_000)), (20, Some(9_100)), (40, Some(9_300))];
        assert_eq!(outcome(&line).of_server(), Some(10.0));
        let bent = [(0, Some(0)), (10, Some(0)), (20, Some(200)), (30, Some(100))];
        assert_eq!(outcome(&bent).of_server(), Some(5.0));
    }

    #[test]
    fn there_is_no_slope_of_a_point_or_of_a_server_that_is_not_weighed() {
        assert_eq!(outcome(&[(0, Some(1)), (5, Some(7))]).of_server(), None);
        assert_eq!(outcome(&[(0, None), (5, None), (10, None)]).of_server(), None);
        assert_eq!(outcome(&[(0, None), (5, None), (10, None)]).of_kernel(), Some(0.0));
    }
}
