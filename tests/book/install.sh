#!/usr/bin/env bash
# Builds mdBook, which makes a book of docs/, and prints its program.
#
#   tests/book/install.sh            unless it is there already; less than two minutes on two cores
#   tests/book/install.sh --where    prints the program and installs nothing; status 1 if it is not there
#
# It stays in ${RAKOPS_TEST_CACHE:-$HOME/.cache/rakops-tests}.
set -euo pipefail
readonly VERSION=0.5.4

fail() { echo "the book is not built: $*" >&2; exit 1; }

here=${RAKOPS_TEST_CACHE:-$HOME/.cache/rakops-tests}/mdbook-$VERSION
if [[ -x $here/bin/mdbook ]]; then echo "$here/bin/mdbook"; exit 0; fi
[[ ${1:-} != --where ]] || fail "$here is not there; tests/book/install.sh makes it"
mkdir -p "$here"
cargo install --quiet --locked --no-default-features --features search --version "=$VERSION" --root "$here" mdbook >&2 ||
    fail "cargo cannot install mdbook $VERSION"
echo "$here/bin/mdbook"
