//! The shape of a load: `100x16`, or `cps:100`.

use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use thiserror::Error;

/// A load that servers are compared under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// So many connections, and so many requests on the way on each.
    Requests { connections: NonZeroUsize, depth: NonZeroUsize },
    /// Connect, log in, close: so many connections at once.
    Connections { at_once: NonZeroUsize },
}

impl Shape {
    /// Connections at the same time.
    pub(crate) fn connections(self) -> usize {
        match self {
            Shape::Requests { connections, .. } => connections.get(),
            Shape::Connections { at_once } => at_once.get(),
        }
    }
}

/// Text that is no shape.
#[derive(Debug, Error)]
#[error("a shape is connections and depth, as 100x16, or connections at once that come and go, as cps:100")]
pub(crate) struct NoShape;

impl FromStr for Shape {
    type Err = NoShape;

    fn from_str(text: &str) -> Result<Self, NoShape> {
        let number = |text: &str| text.parse().map_err(|_| NoShape);
        if let Some(at_once) = text.strip_prefix("cps:") {
            return Ok(Shape::Connections { at_once: number(at_once)? });
        }
        let (connections, depth) = text.split_once('x').ok_or(NoShape)?;
        Ok(Shape::Requests { connections: number(connections)?, depth: number(depth)? })
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&match self {
            Shape::Requests { connections, depth } => format!("{connections}x{depth}"),
            Shape::Connections { at_once } => format!("cps:{at_once}"),
        })
    }
}

impl Serialize for Shape {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_read_and_written() {
        for shape in ["100x16", "cps:100"] {
            assert_eq!(shape.parse::<Shape>().unwrap().to_string(), shape);
        }
        for wrong in ["", "100", "x1", "100x", "0x1", "1x0", "1x1x1", "cps", "cps:", "cps:0", "cps:1x1"] {
            assert!(wrong.parse::<Shape>().is_err(), "{wrong:?}");
        }
    }
}
