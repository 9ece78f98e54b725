#!/bin/sh
# What is behind a feature of the library works too.
set -eu
cd "$(dirname "$0")/.."
cargo test -p mario-core --features rotation --locked --test log_rotation
