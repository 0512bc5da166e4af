#!/bin/sh
# Makes a large bare repository in seconds, without writing its files: a stream for `git fast-import`.
# usage: benches/make_large.sh INTO FILES leaves|wide
#
# An environment of 50 files in overlays/dev, and the others below apps/: with `leaves` each in a directory of its own, with
# `wide` in ten directories. Branch `other` differs from `main` in 200 files. Image acme/app-N stands in overlays/dev/app-N.yaml.
set -eu
into=$1 files=$2 shape=$3
rm -rf "$into"
git init --quiet --bare --initial-branch=main "$into"
awk -v files="$files" -v shape="$shape" '
function put(path, text) { printf "M 100644 inline %s\ndata %d\n%s\n", path, length(text), text }
function workload(n, version) {
    return "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app-" n "\nspec:\n  template:\n    spec:\n" \
        "      containers:\n      - name: main\n        image: acme/app-" n ":" version "   # set by a robot\n"
}
function path(n) {
    if (shape == "wide") return "apps/team-" (n % 10) "/app-" n ".yaml"
    return "apps/team-" int(n / 100) "/app-" n "/deployment.yaml"
}
function commit(branch, from, message) {
    printf "commit refs/heads/%s\nmark :%d\ncommitter Bench <bench@example.invalid> 1767225600 +0000\ndata %d\n%s\n", branch, ++marks, length(message), message
    if (from != "") printf "from %s\n", from
}
BEGIN {
    commit("main", "", "a large repository")
    list = "resources:\n"
    for (n = 1; n < 50; n++) {
        put("overlays/dev/app-" n ".yaml", workload(n, "1.0.0"))
        list = list "- app-" n ".yaml\n"
    }
    put("overlays/dev/kustomization.yaml", list)
    put("overlays/prd/kustomization.yaml", "resources: []\n")
    for (n = 50; n < files - 1; n++) put(path(n), workload(n, "1.0.0"))
    commit("other", ":1", "200 files differ")
    for (n = 0; n < 200; n++) {
        number = 50 + int(n * (files - 51) / 200)
        put(path(number), workload(number, "2.0.0"))
    }
    print "done"
}' | git -C "$into" fast-import --quiet --done
git -C "$into" repack -adq --depth=10
git -C "$into" config uploadpack.allowFilter true
git -C "$into" config uploadpack.allowAnySHA1InWant true
