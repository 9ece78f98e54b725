#!/bin/sh
# Tries every order of effects in what threads share without a lock.
set -eu
cd "$(dirname "$0")/.."

# Other flags are other builds of every crate: they get a folder of their own.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/loom"
# A flag of our own: tokio knows `loom` as well, and does not compile with it.
export RUSTFLAGS="--cfg mario_loom ${RUSTFLAGS:-}"

cargo test --release -p mario-core --lib loom -- "$@"
