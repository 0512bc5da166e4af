#!/usr/bin/env bash
# Prints what CHANGELOG.md says of a version: the lines below `## VERSION`, up to the next heading of that level.
#
#   .github/scripts/notes.sh VERSION
set -euo pipefail
version=${1:?usage: notes.sh VERSION}
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
awk -v version="$version" '
    /^## / { inside = ($2 == version || $2 == "[" version "]"); next }
    inside { print; found = 1 }
    END { if (!found) { print "CHANGELOG.md has no section for " version > "/dev/stderr"; exit 1 } }
' "$source/CHANGELOG.md"
