#!/bin/sh
# The same tests as ci/sanitizer.sh has, and those of workers and logs, under the thread sanitizer. It has to see what the
# standard library does too, so that is built with it. That needs its source and a nightly toolchain:
#     rustup toolchain install nightly --component rust-src
# It knows nothing of fences, which the wake of a worker is made of: those are loom's.
set -eu
cd "$(dirname "$0")/.."

export RUSTFLAGS="-Zsanitizer=thread ${RUSTFLAGS:-}"
export TSAN_OPTIONS="suppressions=$PWD/ci/threads.supp ${TSAN_OPTIONS:-}"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/threads"
host=$(rustc -vV | sed -n 's/^host: //p')
. ci/memory.sh
cargo +nightly test -Zbuild-std --locked --target "$host" -p mario-core --lib "$@" -- $memory connections:: log:: panics:: stats:: watchdog:: worker::
