#!/bin/sh
# The book builds; that its listings compile is part of the tests. Installs mdbook below target/ if there is none.
set -eu
cd "$(dirname "$0")/.."
tools="${CARGO_TARGET_DIR:-target}/tools"
PATH="$tools/bin:$PATH"
command -v mdbook >/dev/null || cargo install mdbook --locked --version '^0.5' --root "$tools"
mdbook build book
