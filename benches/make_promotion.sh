#!/bin/sh
# Makes a repository to promote in, with a work tree, from a stream for `git fast-import`.
# usage: benches/make_promotion.sh INTO trunk LANDINGS [APPS]
#        benches/make_promotion.sh INTO branches COMMITS [FEATURES]
#
# trunk: 1,000 apps, or as many as are asked for, with a base and overlays for dev, stg and prd, in 20 directories of teams; LANDINGS on `main`, each a bump.
#
# branches: COMMITS on 250 apps of 8 files each, and then pairs of branches, `staging-X` and `main-X`, that both begin there; with
# 1,000 features, or a multiple of 100 that is asked for:
#   picks    1,000 commits on each, 990 of which are on both, in another order
#   merged   1,000 branches merged into staging, 900 of which were merged into main by themselves
#   silent   1,000 commits on each, 500 of which are on both; the others of main touch the files that those of staging touch,
#            so that no sign but the effect tells whether they are there
#   some     1,000 branches merged into staging, 800 of which were merged into main by themselves
#   chain    2,000 commits on staging that main lacks
# One commit in ten bumps an image. The work tree is that of `main`.
set -eu
into=$1 shape=$2 count=$3 size=${4:-1000}
rm -rf "$into"
git init --quiet --initial-branch=main "$into"
awk -v shape="$shape" -v count="$count" -v size="$size" '
function put(path, text) { printf "M 100644 inline %s\ndata %d\n%s\n", path, length(text), text }
function commit(branch, message, from, merged) {
    clock += 60
    printf "commit refs/heads/%s\nmark :%d\nauthor Dev %d <dev-%d@example.invalid> %d +0000\n", branch, ++marks, marks % 40, marks % 40, clock
    printf "committer Bench <bench@example.invalid> %d +0000\ndata %d\n%s\n", clock, length(message), message
    if (from != "") printf "from %s\n", from
    if (merged != "") printf "merge :%d\n", merged
    return marks
}

# trunk
function directory(n) { return sprintf("apps/team-%02d/app-%04d", n % 20, n) }
function overlay(n, environment, version) {
    put(directory(n) "/overlays/" environment "/kustomization.yaml", "resources:\n- ../../base\nimages:\n- name: ghcr.io/acme/app-" n "\n  newTag: " version "\n")
}
function trunk(n, k) {
    commit("main", "a repository of apps")
    put("rakops.yaml", "strategy: trunk\nenvironments:\n- {name: dev, path: \"apps/*/*/overlays/dev\"}\n" \
        "- {name: stg, path: \"apps/*/*/overlays/stg\"}\n- {name: prd, path: \"apps/*/*/overlays/prd\", protected: false}\n")
    for (n = 0; n < size; n++) {
        put(directory(n) "/base/kustomization.yaml", "resources:\n- deployment.yaml\n")
        put(directory(n) "/base/deployment.yaml", deployment(n, "1.0.0"))
        overlay(n, "dev", "1.2.0"); overlay(n, "stg", "1.1.0"); overlay(n, "prd", "1.0.0")
    }
    for (k = 1; k < count; k++) {
        n = (k * 37) % size
        commit("main", "bump app-" n " to 1.2." k)
        overlay(n, k % 2 ? "dev" : "stg", (k % 2 ? "1.3." : "1.1.") k)
    }
}

# branches
function deployment(n, version) {
    return "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app-" n "\nspec:\n  replicas: 2\n  template:\n    spec:\n" \
        "      containers:\n      - name: main\n        image: ghcr.io/acme/app-" n ":" version "\n        envFrom:\n        - configMapRef:\n            name: app-" n "\n"
}
function put_deployment(branch, n) { put(directory(n) "/deployment.yaml", deployment(n, "1." version[branch, n] ".0")) }
function put_config(branch, n, text, key) {
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: app-" n "\ndata:\n"
    for (key = 0; key < 30; key++) text = text "  KEY_" key ": \"" value[branch, n, key] "\"\n"
    put(directory(n) "/config.yaml", text)
}
function plain(n, kind, text, line) {
    text = "apiVersion: example.invalid/v1\nkind: " kind "\nmetadata:\n  name: app-" n "\nspec:\n"
    for (line = 0; line < 12; line++) text = text "  field" line ": " n + line "\n"
    put(directory(n) "/" tolower(kind) ".yaml", text)
}
# One change of an app: the k-th feature is a bump, or a value. Values of one file stand seven lines apart.
function feature(branch, k, n) {
    n = k % 250
    if (k % 10 == 3) { version[branch, n] = 100 + k; put_deployment(branch, n) }
    else { value[branch, n, 7 * int(k / 250) + 1] = "feature-" k; put_config(branch, n) }
}
# An edit that stands between those of features.
function own_edit(branch, k, n) {
    n = k % 250
    value[branch, n, 7 * int(k / 250) + 4] = "own-" k
    put_config(branch, n)
}
function pair(name, strategy, fork, branch, n, key) {
    commit("main-" name, "configure", ":" fork)
    put("rakops.yaml", "strategy: " strategy "\nenvironments:\n- {name: stg, branch: staging-" name ", path: apps}\n- {name: prd, branch: main-" name ", path: apps, protected: false}\n")
    printf "reset refs/heads/staging-%s\nfrom :%d\n\n", name, marks
    for (branch = 0; branch < 2; branch++) for (n = 0; n < 250; n++) {
        version[(branch ? "staging-" : "main-") name, n] = version["main", n]
        for (key = 0; key < 30; key++) value[(branch ? "staging-" : "main-") name, n, key] = value["main", n, key]
    }
    return marks
}
function fork_of(name, n, key) {
    for (n = 0; n < 250; n++) {
        version["feature-" name, n] = version["main", n]
        for (key = 0; key < 30; key++) value["feature-" name, n, key] = value["main", n, key]
    }
}
function on(branch, k) { commit(branch, "feature " k ": a value for app-" k % 250); feature(branch, k) }
function merges(name, from, k, n, at, key) {
    n = k % 250; key = 7 * int(k / 250) + 1
    at = commit("feature-" name "-" k, "feature " k, ":" from)
    feature("feature-" name, k)
    # The next branch begins where this one did.
    version["feature-" name, n] = version["main", n]; value["feature-" name, n, key] = value["main", n, key]
    return at
}
function merge(branch, k, end) {
    commit(branch, "Merge pull request #" k + 1 " from acme/feature-" k "\n\nfeature " k, "", end)
    feature(branch, k)
}
function many(name, present, fork, k, end) {
    fork = pair(name, "fan-out", base); fork_of(name)
    for (k = 0; k < size; k++) {
        end = merges(name, fork, k)
        merge("staging-" name, k, end)
        if (k % 10 < present) merge("main-" name, k, end)
    }
}
function branches(n, k, at) {
    for (n = 0; n < 250; n++) { version["main", n] = 0; for (at = 0; at < 30; at++) value["main", n, at] = at }
    base = commit("main", "a repository of apps")
    put("README.md", "Manifests.\n")
    for (n = 0; n < 250; n++) {
        put_deployment("main", n); put_config("main", n)
        put(directory(n) "/kustomization.yaml", "resources:\n- deployment.yaml\n- config.yaml\n- service.yaml\n- ingress.yaml\n- alerts.yaml\n- access.yaml\n- scaling.yaml\n")
        plain(n, "Service"); plain(n, "Ingress"); plain(n, "Alerts"); plain(n, "Access"); plain(n, "Scaling")
    }
    for (k = 1; k < count; k++) {
        n = (k * 37) % 250
        base = commit("main", "change " k)
        if (k % 10 == 3) { version["main", n]++; put_deployment("main", n) }
        else { value["main", n, k % 30] = "v" k; put_config("main", n) }
    }
    pair("picks", "fan-out", base)
    for (k = 0; k < size; k++) {
        on("staging-picks", k)
        at = (k * 7) % size
        if (at % 100 != 99) on("main-picks", at)
        else { commit("main-picks", "a hotfix " k); own_edit("main-picks", k) }
    }
    many("merged", 9)
    pair("silent", "fan-out", base)
    for (k = 0; k < size; k++) {
        on("staging-silent", k)
        if (k >= size / 2) on("main-silent", k)
        else { commit("main-silent", "a hotfix " k); own_edit("main-silent", k) }
    }
    many("some", 8)
    pair("chain", "chain", base)
    for (k = 0; k < 2 * size; k++) { commit("staging-chain", "step " k); feature("staging-chain", k % size) }
}
BEGIN {
    clock = 1767225600
    if (shape == "trunk") trunk()
    else branches()
    print "done"
}' | git -C "$into" fast-import --quiet --done
git -C "$into" for-each-ref --format='delete %(refname)' 'refs/heads/feature-*' | git -C "$into" update-ref --stdin
git -C "$into" reset --quiet --hard
