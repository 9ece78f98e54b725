//! The clients: they connect, ask, and compare every reply with what it should be.
//!
//! | file | what it is |
//! | --- | --- |
//! | `echo` | connections that are asked again and again, in a closed loop or at a fixed rate |
//! | `fleet` | connections that log in, by the thousand, opened without waiting: `cps` and `hold` drive them |
//! | `mischief` | what faults are made of |
//! | `talk` | connections that last as long as their server lets them, and come again |
//! | `crowd` | connections that do nothing but read: `push` and `broadcast` have a gateway send to them |
//! | `idle` | connections that log in and are silent, and what the server weighs with them |
//! | `kick` | users who log in again and again |
//! | `operator` | who gives a gateway its orders |
//! | `dial` | connections opened one by one |
//! | `crew` | the threads of a load, and the one that watches them |
//! | `counters`, `timeline`, `latencies`, `failure` | what is counted |
//! | `pace`, `sources`, `replies` | when something is due; from which address; whether a reply is right |

pub(crate) mod broadcast;
pub(crate) mod counters;
pub(crate) mod cps;
mod crew;
pub(crate) mod crowd;
pub(crate) mod dial;
pub(crate) mod echo;
pub(crate) mod failure;
pub(crate) mod fleet;
pub(crate) mod hold;
pub(crate) mod idle;
pub(crate) mod kick;
pub(crate) mod latencies;
pub(crate) mod mischief;
pub(crate) mod operator;
mod pace;
pub(crate) mod push;
mod replies;
pub(crate) mod sources;
pub(crate) mod talk;
pub(crate) mod timeline;
