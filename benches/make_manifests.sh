#!/bin/sh
# Makes a repository of manifests for benchmarks that have no real ones: apps of ten YAML files each, about 5 kB a file.
# usage: benches/make_manifests.sh INTO FILES
#
# Image acme/ledger stands in one file of 400, acme/platform in four of ten: a deployment, and the entries of three overlays.
set -eu
into=$1 files=$2
rm -rf "$into"
mkdir -p "$into"
awk -v files="$files" -v into="$into" 'BEGIN {
    for (n = 0; n < files / 10; n++) {
        printf "%s/apps/team-%02d/app-%05d/base\n", into, n % 40, n
        for (k = 1; k <= 3; k++) printf "%s/apps/team-%02d/app-%05d/overlays/env-%d\n", into, n % 40, n, k
    }
}' | xargs mkdir -p
awk -v files="$files" -v into="$into" '
function put(path, text) { path = into "/" directory "/" path; printf "%s", text >path; close(path) }
function head(api, kind) {
    return "# " kind " of app-" n ", owned by team-" n % 40 "\napiVersion: " api "\nkind: " kind "\nmetadata:\n  name: app-" n \
        "\n  labels: {app.kubernetes.io/name: app-" n ", tier: backend}\n  annotations:\n    acme.example/owner: \"team-" n % 40 "\"\n"
}
function deployment(text, k) {
    text = head("apps/v1", "Deployment") "spec:\n  replicas: 2\n  selector:\n    matchLabels: {app: app-" n "}\n  template:\n    metadata:\n" \
        "      labels: {app: app-" n "}\n    spec:\n      containers:\n      - name: main\n        image: " \
        (n % 40 == 7 ? "registry.example.com/acme/ledger" : "registry.example.com/acme/app-" n) ":1.4.2 # bumped by CI\n        env:\n"
    for (k = 0; k < 25; k++) text = text "        - name: SETTING_" k "\n          value: \"" n * k "\"\n"
    return text "        resources:\n          requests: {cpu: 100m, memory: 128Mi}\n      initContainers:\n      - name: prepare\n" \
        "        image: registry.example.com/acme/platform:2.0.1\n"
}
function config(text, k) {
    text = head("v1", "ConfigMap") "data:\n  start.sh: |\n    #!/bin/sh\n    set -eu\n"
    for (k = 0; k < 40; k++) text = text "    echo \"step " k " of app-" n "\"\n"
    for (k = 0; k < 60; k++) text = text "  key." k ": \"value " k " of app-" n ", which somebody chose with care\"\n"
    return text
}
function crd(text, k) {
    text = head("apiextensions.example/v1", "Definition") "spec:\n  properties:\n"
    for (k = 0; k < 60; k++) text = text "    field" k ":\n      type: string\n      description: >-\n        What field " k \
        " is for,\n        in two lines.\n"
    return text
}
BEGIN {
    for (n = 0; n < files / 10; n++) {
        directory = sprintf("apps/team-%02d/app-%05d", n % 40, n)
        put("base/kustomization.yaml", "resources:\n- deployment.yaml\n- service.yaml\n- config.yaml\n- definition.yaml\n- scaling.yaml\n")
        put("base/deployment.yaml", deployment())
        put("base/service.yaml", head("v1", "Service") "spec:\n  selector: {app: app-" n "}\n  ports:\n  - {name: http, port: 80}\n")
        put("base/config.yaml", config())
        put("base/definition.yaml", crd())
        put("base/scaling.yaml", head("autoscaling/v2", "HorizontalPodAutoscaler") "spec:\n  minReplicas: 2\n  maxReplicas: 9\n")
        for (k = 1; k <= 3; k++)
            put("overlays/env-" k "/kustomization.yaml", "resources:\n- ../../base\nimages:\n- name: registry.example.com/acme/platform\n  newTag: 2.0." k \
                "\n- name: registry.example.com/acme/app-" n "\n  newTag: 1.4." k "\n")
        put("values.yaml", "# of a chart\nimage:\n  repository: registry.example.com/acme/chart-" n "\n  tag: \"1.0." n % 50 "\"\nreplicas: 2\n")
    }
}'
git -C "$into" init -q
git -C "$into" add -A
