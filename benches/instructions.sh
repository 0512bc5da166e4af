#!/usr/bin/env bash
# Counts the instructions of hot paths, which no other program of the machine disturbs, and compares them with benches/instructions.tsv.
#
#   benches/instructions.sh                     compares; ends with 1 where a path costs MARGIN % more than is written down
#   RAKOPS_UPDATE=1 benches/instructions.sh     writes the table anew
#
# Counted are those of rakops itself on one thread, by valgrind's callgrind, and not those of a git that it starts. The counts depend on the compiler:
# the table names the one it was taken with, and with another a difference is only said.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec </dev/null

readonly MARGIN=5 TABLE=benches/instructions.tsv

command -v valgrind >/dev/null || { echo "SKIPPED: instructions are not counted: no valgrind"; exit 0; }
command -v taskset >/dev/null || { echo "SKIPPED: instructions are not counted: no taskset to keep them on one thread"; exit 0; }

cargo build --locked --release --quiet
program=$PWD/target/release/rakops
compiler=$(rustc --version)
# Names of one length everywhere: a longer path costs instructions.
place=$(mktemp -d /tmp/rakops-instructions-XXXXXX)
trap 'rm -rf "$place"' EXIT

# An environment in which nothing differs from one machine to the next.
fixed() {
    env -i PATH=/usr/local/bin:/usr/bin:/bin HOME="$place" XDG_CACHE_HOME="$place/cache" LC_ALL=C RAKOPS_OFFLINE=1 \
        GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL="$place/gitconfig" \
        GIT_AUTHOR_DATE='1767225600 +0000' GIT_COMMITTER_DATE='1767225600 +0000' "$@"
}

# count NAME CODE DIRECTORY WORD…: prints the name and the instructions of one command, which ends with that code.
count() {
    local name=$1 code=$2 directory=$3 said status=0
    shift 3
    said=$(cd "$directory" && fixed taskset -c "$core" valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" "$@" 2>&1 >"$place/out") ||
        status=$?
    [[ $status -eq $code ]] || { echo "$name ends with $status: $said" >&2; return 1; }
    said=$(sed -n 's/.*Collected : \([0-9]*\).*/\1/p' <<<"$said")
    [[ -n $said ]] || { echo "$name: valgrind does not say how many instructions there were" >&2; return 1; }
    printf '%s\t%s\n' "$name" "$said"
}

# The first core that this process may use.
core=$(taskset -pc $$ | sed 's/.*: \([0-9]*\).*/\1/')

make() {
    printf '[user]\n\tname = Bench\n\temail = bench@example.invalid\n' >"$place/gitconfig"
    mkdir -p "$place/start" "$place/values"
    git -C "$place/start" init -q
    git -C "$place/values" init -q
    awk 'BEGIN { print "services:"; for (n = 0; n < 2000; n++)
        printf "  svc-%04d:\n    image:\n      repository: ghcr.io/acme/svc-%04d\n      tag: \"1.0.0\"  # by CI\n", n, n }' >"$place/values/values.yaml"
    benches/make_manifests.sh "$place/manifests" 400
    benches/make_large.sh "$place/large.git" 2000 leaves
    fixed git clone -q --local "$place/large.git" "$place/large" && fixed git -C "$place/large" branch -q other origin/other
    benches/make_promotion.sh "$place/trunk" trunk 50 100
    benches/make_promotion.sh "$place/branches" branches 300 100
    fixed git -C "$place/branches" switch -q main-merged
}

counts() {
    count start 0 "$place/start" --version
    count edit 0 "$place/values" yaml set values.yaml services.svc-1200.image.tag=2.0.0
    count images 0 "$place/manifests" images platform
    count bump 0 "$place/manifests" bump platform=9.0.0 --all -n
    count commit 0 "$place/large" yaml set overlays/dev/app-7.yaml 'spec.template.spec.containers[0].image=acme/app-7:2.0.0' --onto other --commit
    count promote 0 "$place/trunk" promote stg prd --local --commit -n
    count drift 1 "$place/branches" drift --local
}

make >/dev/null 2>"$place/log" || { cat "$place/log" >&2; exit 1; }
if [[ ${RAKOPS_UPDATE:-} == 1 ]]; then
    { printf '# instructions of hot paths; written by RAKOPS_UPDATE=1 benches/instructions.sh\ncompiler\t%s\n' "$compiler"; counts; } >"$place/table"
    cp "$place/table" "$TABLE"
    cat "$TABLE"
    exit 0
fi

counts >"$place/counts"
known=$(awk -F'\t' '$1 == "compiler" { print $2 }' "$TABLE")
worse=0
while IFS=$'\t' read -r name found; do
    before=$(awk -F'\t' -v name="$name" '$1 == name { print $2 }' "$TABLE")
    [[ -n $before ]] || { echo "instructions: $name: $found, and no line in $TABLE: RAKOPS_UPDATE=1 benches/instructions.sh"; worse=1; continue; }
    change=$(awk -v a="$found" -v b="$before" 'BEGIN { printf "%+.1f", (a - b) * 100 / b }')
    verdict=met
    if awk -v change="$change" -v margin="$MARGIN" 'BEGIN { exit !(change > margin) }'; then
        verdict=MISSED
        [[ $compiler != "$known" ]] || worse=1
    elif awk -v change="$change" -v margin="$MARGIN" 'BEGIN { exit !(change < -margin) }'; then
        verdict="less: write it down, RAKOPS_UPDATE=1 benches/instructions.sh"
    fi
    echo "instructions: $name: $found, $change % (bar +$MARGIN %, $verdict)"
done <"$place/counts"
[[ $compiler == "$known" ]] || echo "instructions: the table was taken with $known, this is $compiler: differences are only said"
exit "$worse"
