//! The shape of a load: `100x16`.

use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use thiserror::Error;

/// How many connections, and how many requests on the way on each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) connections: NonZeroUsize,
    pub(crate) depth: NonZeroUsize,
}

/// Text that is no shape.
#[derive(Debug, Error)]
#[error("a shape is connections and depth, as 100x16")]
pub(crate) struct NoShape;

impl FromStr for Shape {
    type Err = NoShape;

    fn from_str(text: &str) -> Result<Self, NoShape> {
        let (connections, depth) = text.split_once('x').ok_or(NoShape)?;
        let number = |text: &str| text.parse().map_err(|_| NoShape);
        Ok(Shape { connections: number(connections)?, depth: number(depth)? })
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}x{}", self.connections, self.depth))
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
        assert_eq!("100x16".parse::<Shape>().unwrap().to_string(), "100x16");
        for wrong in ["", "100", "x1", "100x", "0x1", "1x0", "1x1x1"] {
            assert!(wrong.parse::<Shape>().is_err(), "{wrong:?}");
        }
    }
}
