//! What has to hold for all bytes. The fuzz targets run it on theirs, and plain tests on the corpus: of mario-macros, and for
//! `connection` of mario-core, where its check is a part of the simulation.

mod checks;

pub use checks::{PACKETS, decode, framing, proxy};
