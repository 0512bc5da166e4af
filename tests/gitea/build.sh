#!/usr/bin/env bash
# Builds a Gitea without its front end, for the tests that ask a real one. Prints the directory that holds it.
#
#   tests/gitea/build.sh            builds it, unless it is there already
#   tests/gitea/build.sh --where    prints the directory and builds nothing; status 1 if it is not there
#
# It is a Go module of our own beside this script, with Gitea's as its dependency; go.mod and go.sum hold the version.
# The result stays in ${RAKOPS_TEST_CACHE:-$HOME/.cache/rakops-tests}, so that the next run finds it: the program, and the
# templates and options that it reads when it runs. The first build takes minutes and about 2 GB of Go's own caches.
# Where something is missing, the last line on stderr says what, and the status is 1.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

version=$(sed -n 's,^.*code\.gitea\.io/gitea v\([0-9.]*\)$,\1,p' go.mod | head -n 1)
here=${RAKOPS_TEST_CACHE:-$HOME/.cache/rakops-tests}/gitea-$version

fail() { echo "no Gitea: $*" >&2; exit 1; }

if [[ -x $here/gitea ]]; then echo "$here"; exit 0; fi
[[ ${1:-} != --where ]] || fail "$here is not there; tests/gitea/build.sh makes it"

command -v go >/dev/null || fail "Go is not installed"
command -v cc >/dev/null || fail "a C compiler is not installed, and SQLite wants one"
go list -m >/dev/null 2>&1 || fail "$(go list -m 2>&1 | tail -n 1)"
source=$(go mod download -json code.gitea.io/gitea 2>/dev/null | sed -n 's/^\t"Dir": "\(.*\)",*$/\1/p') || true
[[ -d $source ]] || fail "the module of version $version cannot be downloaded"

mkdir -p "${here%/*}"
work=$(mktemp -d "$here.XXXXXX")
trap 'rm -rf "$work"' EXIT
# The flags are those of a package; without the tag `bindata`, templates and options are read from disk.
CGO_ENABLED=1 nice go build -trimpath -tags "sqlite sqlite_unlock_notify" -ldflags "-s -w -X main.version=$version" \
    -o "$work/gitea" . >&2 || fail "version $version does not build with $(go version)"
for folder in templates options public; do
    cp -R --no-preserve=mode "$source/$folder" "$work/"
done
chmod 755 "$work"
# Another build may have been quicker.
mv -T "$work" "$here" 2>/dev/null || [[ -x $here/gitea ]] || fail "$here cannot be written"
echo "$here"
