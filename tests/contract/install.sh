#!/usr/bin/env bash
# Installs what the checks against GitHub's published API need, and prints the directory of the modules.
#
#   tests/contract/install.sh                  unless they are there already
#   tests/contract/install.sh --where          prints the directory and installs nothing; status 1 if it is not there
#   tests/contract/install.sh --with-source    also the whole description, 480 MB, which only cut.mjs needs
#
# They stay in ${RAKOPS_TEST_CACHE:-$HOME/.cache/rakops-tests}. package-lock.json holds their versions.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

fail() { echo "no contract checks: $*" >&2; exit 1; }

command -v node >/dev/null && command -v npm >/dev/null || fail "node and npm are not installed"
without=(--omit=dev) kind=
[[ ${1:-} != --with-source ]] || { without=() kind=-source; }
here=${RAKOPS_TEST_CACHE:-$HOME/.cache/rakops-tests}/contract$kind-$(cksum <package-lock.json | cut -d' ' -f1)
if [[ -x $here/node_modules/.bin/prism ]]; then echo "$here/node_modules"; exit 0; fi
[[ ${1:-} != --where ]] || fail "$here is not there; tests/contract/install.sh makes it"

mkdir -p "${here%/*}"
work=$(mktemp -d "$here.XXXXXX")
trap 'rm -rf "$work"' EXIT
cp package.json package-lock.json "$work/"
(cd "$work" && npm ci "${without[@]}" --ignore-scripts --no-audit --no-fund --loglevel=error >&2) ||
    fail "npm cannot install them"
chmod 755 "$work"
mv -T "$work" "$here" 2>/dev/null || [[ -d $here ]] || fail "$here cannot be written"
echo "$here/node_modules"
