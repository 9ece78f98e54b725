#!/bin/sh
# The codec's tests under the address sanitizer, and those of the memory that is laid out at the start: they read arbitrary
# bytes and take arbitrary steps, and the dependencies have unsafe code.
set -eu
cd "$(dirname "$0")/.."

# The sanitizer comes with every toolchain, but its flag is one of those that are not stable yet.
export RUSTC_BOOTSTRAP=1
export RUSTFLAGS="-Zsanitizer=address ${RUSTFLAGS:-}"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/sanitizer"

# Named, so that the flags are not those of macros and build scripts too.
host=$(rustc -vV | sed -n 's/^host: //p')
cargo test --locked --target "$host" -p mario-macros --test packet --test packet_corpus "$@"
. ci/memory.sh
cargo test --locked --target "$host" -p mario-core --lib "$@" -- $memory
