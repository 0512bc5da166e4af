#!/usr/bin/env bash
# Builds OpenTofu from its Go module, for the tests that run a real one. Prints the program.
#
#   tests/opentofu/build.sh            builds it, unless it is there already
#   tests/opentofu/build.sh --where    prints the program and builds nothing; status 1 if it is not there
#
# `go install` refuses a module whose go.mod has `replace` lines, so the module is copied and built where it stands; its
# own go.sum holds what it depends on, and the module itself is checked against the sum below.
# The result stays in ${RAKOPS_TEST_CACHE:-$HOME/.cache/rakops-tests}, so that the next run finds it. The first build takes
# minutes and about 2 GB of Go's own caches. Where something is missing, the last line on stderr says what, and the
# status is 1.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

version=1.12.6
sum='h1:0VT4P8pMmGcCUnQ9JDrJ+Qg2d35Vzm4FFd/9+H7oF98='
here=${RAKOPS_TEST_CACHE:-$HOME/.cache/rakops-tests}/opentofu-$version

fail() { echo "no OpenTofu: $*" >&2; exit 1; }

if [[ -x $here/tofu ]]; then echo "$here/tofu"; exit 0; fi
[[ ${1:-} != --where ]] || fail "$here is not there; tests/opentofu/build.sh makes it"

command -v go >/dev/null || fail "Go is not installed"
told=$(go mod download -json "github.com/opentofu/opentofu@v$version" 2>&1) \
    || fail "the module of version $version cannot be downloaded: $(tail -n 1 <<<"$told")"
source=$(sed -n 's/^\t"Dir": "\(.*\)",*$/\1/p' <<<"$told")
[[ -d $source ]] || fail "the module of version $version cannot be downloaded"
grep -qF "\"Sum\": \"$sum\"" <<<"$told" || fail "the module of version $version is not the one that was tried"

mkdir -p "${here%/*}"
work=$(mktemp -d "$here.XXXXXX")
trap 'rm -rf "$work"' EXIT
cp -R --no-preserve=mode "$source" "$work/source"
(cd "$work/source" && CGO_ENABLED=0 nice go build -trimpath -ldflags "-s -w" -o "$work/tofu" ./cmd/tofu) >&2 \
    || fail "version $version does not build with $(go version)"
rm -rf "$work/source"
chmod 755 "$work"
# Another build may have been quicker.
mv -T "$work" "$here" 2>/dev/null || [[ -x $here/tofu ]] || fail "$here cannot be written"
echo "$here/tofu"
