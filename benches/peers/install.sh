#!/usr/bin/env bash
# Installs what benchmarks are compared with, and prints the directory: kustomize and mikefarah's yq by Go, ruamel.yaml by pip,
# yaml by npm. What cannot be had is said on stderr and left out; benchmarks then say so in their rows.
#
#   benches/peers/install.sh            unless they are there already
#   benches/peers/install.sh --where    prints the directory and installs nothing
#
# They stay in ${RAKOPS_TEST_CACHE:-$HOME/.cache/rakops-tests}. ripgrep, sed and git are those of the machine.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
exec </dev/null

readonly KUSTOMIZE=v5.8.2 YQ=v4.54.2 RUAMEL=0.19.1 YAML=2.9.1

here=${RAKOPS_TEST_CACHE:-$HOME/.cache/rakops-tests}/peers-$(cksum <install.sh | cut -d' ' -f1)
echo "$here"
[[ ${1:-} != --where ]] || exit 0
mkdir -p "$here/bin"

without() { echo "SKIPPED: $1 is no peer of benchmarks: $2" >&2; }
has() { command -v "$1" >/dev/null 2>&1; }
log=$here/log

if [[ ! -x $here/bin/kustomize ]]; then
    { has go && GOBIN=$here/bin go install "sigs.k8s.io/kustomize/kustomize/v5@$KUSTOMIZE" >"$log" 2>&1; } ||
        without kustomize "Go cannot install it"
fi
if [[ ! -x $here/bin/yq ]]; then
    { has go && GOBIN=$here/bin go install "github.com/mikefarah/yq/v4@$YQ" >"$log" 2>&1; } ||
        without yq "Go cannot install it"
fi
if ! "$here/venv/bin/python" -c 'import ruamel.yaml' 2>"$log"; then
    { has python3 && python3 -m venv --clear "$here/venv" >"$log" 2>&1 &&
        "$here/venv/bin/pip" install --quiet --disable-pip-version-check "ruamel.yaml==$RUAMEL" >"$log" 2>&1; } ||
        without ruamel.yaml "pip cannot install it"
fi
if [[ ! -d $here/node_modules/yaml ]]; then
    { has npm && npm install --silent --no-audit --no-fund --prefix "$here" "yaml@$YAML" >"$log" 2>&1; } ||
        without "npm yaml" "npm cannot install it"
fi
has rg || without ripgrep "rg is not on the path"
