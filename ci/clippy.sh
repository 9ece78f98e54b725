#!/bin/sh
# No lint of the compiler or of clippy is left standing.
set -eu
cd "$(dirname "$0")/.."
cargo clippy --workspace --all-targets --all-features --locked -- -D warnings
