#!/bin/sh
# Plays servers that nobody has seen yet, beside the seeds that the tests play each time. The line that it prints plays
# the same ones again.
set -eu
cd "$(dirname "$0")/.."

MARIO_FIRST_SEED="${MARIO_FIRST_SEED:-$(date +%s)000}"
MARIO_SEEDS="${MARIO_SEEDS:-2000}"
export MARIO_FIRST_SEED MARIO_SEEDS
echo "MARIO_FIRST_SEED=$MARIO_FIRST_SEED MARIO_SEEDS=$MARIO_SEEDS ci/simulation.sh"
# The whole workspace, so that the tests' build serves.
cargo test --workspace --lib --locked each_seed_ends_as_it_must
