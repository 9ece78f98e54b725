//! What has to hold for all bytes. The fuzz targets run it on theirs, and a plain test of mario-macros on the corpus.

mod checks;

pub use checks::{decode, framing, proxy};
