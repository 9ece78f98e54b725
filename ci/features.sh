#!/bin/sh
# What is behind a feature of the library works too, and so do the book's listings of it.
set -eu
cd "$(dirname "$0")/.."
cargo test -p mario-core --features rotation --locked --test log_rotation
cargo test -p mario-core --features metrics --locked --test metrics_export
cargo check -p mario-core --features tokio --locked
cargo test -p mario-book --features rotation --locked --doc logging
cargo test -p mario-book --features metrics --locked --doc observing
