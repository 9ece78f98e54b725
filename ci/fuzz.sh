#!/bin/sh
# The fuzz targets compile, and so does what only they see of the library. Fuzzing itself needs cargo-fuzz, a nightly
# toolchain and a C++ compiler; this needs none of them.
set -eu
cd "$(dirname "$0")/.."

# Other flags are other builds of every crate: they get a folder of their own.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/fuzz"
export RUSTFLAGS="--cfg fuzzing ${RUSTFLAGS:-}"
# Nothing is linked, so the fuzzer's own library need not be there, nor what would compile it.
export CUSTOM_LIBFUZZER_PATH=/nowhere/libfuzzer.a
cargo check --manifest-path fuzz/Cargo.toml --locked --all-targets
