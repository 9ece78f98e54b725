#!/bin/sh
# The tests of what threads share in Miri, which knows each rule of unsafe code: that of the queues and the map that lie
# below. It is not part of a stable toolchain, and is left out where it is not installed.
set -eu
cd "$(dirname "$0")/.."

if ! cargo +nightly miri --version >/dev/null 2>&1; then
    echo "no Miri here; it comes with: rustup toolchain install nightly --component miri"
    exit 0
fi
# It takes a thousand times as long. The clock, and the folder that proptest looks for, are the system's.
export PROPTEST_CASES="${PROPTEST_CASES:-1}"
export MIRIFLAGS="-Zmiri-disable-isolation ${MIRIFLAGS:-}"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/miri"
# Of many logins at once one stays: that takes Miri longer than anyone waits, and is tried by the other sanitizers.
cargo +nightly miri test --locked -p mario-core --lib "$@" -- doorbell:: mail:: mailbox:: users:: \
    --skip of_those_who_come_at_once_one_is_left
