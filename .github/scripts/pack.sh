#!/usr/bin/env bash
# Packs a program into the archive of a release, with its checksum beside it.
#
#   .github/scripts/pack.sh PROGRAM VERSION TARGET DIRECTORY
#
# The names are what `action.yml` and `cargo binstall` ask for: rakops-VERSION-TARGET.tar.gz holds one directory
# rakops-VERSION-TARGET with the program, completions/, man/, the licences, README.md and CHANGELOG.md.
set -euo pipefail
[[ $# -eq 4 ]] || { echo "usage: pack.sh PROGRAM VERSION TARGET DIRECTORY" >&2; exit 2; }
program=$1 name=rakops-$2-$3 directory=$4
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

mkdir -p "$directory/$name"
cp "$program" "$directory/$name/"
cp -R "$source/completions" "$directory/$name/completions"
cp -R "$source/docs/man" "$directory/$name/man"
cp "$source"/LICENSE-* "$source/README.md" "$source/CHANGELOG.md" "$directory/$name/"
cd "$directory"
tar -czf "$name.tar.gz" "$name"
rm -r "$name"
if command -v sha256sum >/dev/null; then
    sha256sum "$name.tar.gz" >"$name.tar.gz.sha256"
else
    shasum -a 256 "$name.tar.gz" >"$name.tar.gz.sha256"
fi
cat "$name.tar.gz.sha256"
