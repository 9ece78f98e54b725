//! The parts that a worker lays out at its start, each by itself.

pub(crate) mod buffers;
pub(crate) mod deadlines;
pub(crate) mod groups;
pub(crate) mod lists;
pub(crate) mod name;
pub(crate) mod rate;
pub(crate) mod slots;
