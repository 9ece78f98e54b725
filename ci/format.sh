#!/bin/sh
# The layout of the code is rustfmt's.
set -eu
cd "$(dirname "$0")/.."
cargo fmt --all --check
