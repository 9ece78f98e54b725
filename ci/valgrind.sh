#!/bin/sh
# The tests of what is laid out in memory under valgrind's memcheck, which sees reads of what nobody has written. Needs
# valgrind, and minutes.
set -eu
cd "$(dirname "$0")/.."

# Each step takes fifty times as long.
export PROPTEST_CASES="${PROPTEST_CASES:-16}"
host=$(rustc -vV | sed -n 's/^host: //p')
runner="target.$host.runner='valgrind --quiet --error-exitcode=1 --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite'"
. ci/memory.sh
cargo test --locked --config "$runner" -p mario-macros --test packet "$@" -- properties::
cargo test --locked --config "$runner" -p mario-core --lib "$@" -- $memory
