#!/usr/bin/env bash
# Installs the linters of workflows, and prints their directory: actionlint by Go; zizmor, shellcheck and check-jsonschema,
# which brings the published schemas, by pip.
#
#   tests/workflows/install.sh            unless they are there already
#   tests/workflows/install.sh --where    prints the directory and installs nothing; status 1 if it is not there
#
# They stay in ${RAKOPS_TEST_CACHE:-$HOME/.cache/rakops-tests}.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

fail() { echo "workflows are not linted: $*" >&2; exit 1; }

here=${RAKOPS_TEST_CACHE:-$HOME/.cache/rakops-tests}/workflows-$(cat install.sh requirements.txt | cksum | cut -d' ' -f1)
if [[ -x $here/bin/actionlint && -x $here/bin/zizmor ]]; then echo "$here"; exit 0; fi
[[ ${1:-} != --where ]] || fail "$here is not there; tests/workflows/install.sh makes it"

command -v go >/dev/null || fail "go is not installed"
command -v python3 >/dev/null || fail "python3 is not installed"
# Programs of a virtual environment name its path, so it is made where it stays; actionlint comes last and says that all is there.
mkdir -p "$here"
python3 -m venv --clear "$here" || fail "python3 cannot make a virtual environment"
"$here/bin/pip" install --quiet --disable-pip-version-check -r requirements.txt >&2 || fail "pip cannot install them"
GOBIN=$here/bin go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.12 >&2 || fail "go cannot install actionlint"
echo "$here"
