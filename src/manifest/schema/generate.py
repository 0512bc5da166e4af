#!/usr/bin/env python3
"""Writes kubernetes.txt: the fields of the objects that Kubernetes itself knows, and their types.

Source: k8s.io/client-go v0.32.4 (Apache-2.0), applyconfigurations/internal/internal.go, which holds the schema of
structured merge for every built-in type. Run it where `go` is:

    python3 src/manifest/schema/generate.py > src/manifest/schema/kubernetes.txt
"""
import json
import subprocess
import tempfile

import yaml

MODULE = "k8s.io/client-go@v0.32.4"
GROUPS = {
    "admissionregistration.v1", "apps.v1", "autoscaling.v1", "autoscaling.v2", "batch.v1", "certificates.v1",
    "coordination.v1", "core.v1", "discovery.v1", "flowcontrol.v1", "networking.v1", "node.v1", "policy.v1", "rbac.v1",
    "scheduling.v1", "storage.v1",
}
QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"
EITHER = "io.k8s.apimachinery.pkg.util.intstr.IntOrString"
TIMES = {"io.k8s.apimachinery.pkg.apis.meta.v1.Time", "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime"}


def schema():
    with tempfile.TemporaryDirectory() as place:
        subprocess.run(["go", "mod", "init", "x"], cwd=place, check=True, capture_output=True)
        told = subprocess.run(["go", "mod", "download", "-json", MODULE], cwd=place, check=True, capture_output=True)
    text = open(json.loads(told.stdout)["Dir"] + "/applyconfigurations/internal/internal.go").read()
    start = text.index("typed.YAMLObject(`") + len("typed.YAMLObject(`")
    return {one["name"]: one for one in yaml.safe_load(text[start:text.index("`)", start)])["types"]}


def short(name):
    for head in ("io.k8s.api.", "io.k8s.apimachinery.pkg.apis."):
        name = name.removeprefix(head)
    return name


def shape(of, found):
    """s text, n number, b boolean, q quantity, e number or text, a anything, *X list, %X mapping, =NAME a type."""
    if "scalar" in of:
        return {"string": "s", "numeric": "n", "boolean": "b", "untyped": "a"}[of["scalar"]]
    if "list" in of:
        return "*" + shape(of["list"]["elementType"], found)
    if "map" in of:
        inner = of["map"]
        return "%" + shape(inner["elementType"], found) if "elementType" in inner and "fields" not in inner else "a"
    name = of.get("namedType", "")
    if name == QUANTITY:
        return "q"
    if name == EITHER:
        return "e"
    if name in TIMES:
        return "s"
    if name.startswith("io.k8s.apimachinery.pkg.runtime.") or name.startswith("__") or name.endswith("FieldsV1"):
        return "a"
    found.append(name)
    return "=" + short(name)


def main():
    types = schema()
    is_top = lambda one: {"kind", "metadata"} <= {it["name"] for it in one.get("map", {}).get("fields", [])}
    of_group = lambda name: name.startswith("io.k8s.api.") and short(name).rsplit(".", 1)[0] in GROUPS
    open_names = sorted(name for name, one in types.items() if of_group(name) and is_top(one))
    done = set()
    lines = []
    while open_names:
        name = open_names.pop(0)
        if name in done or name not in types:
            continue
        done.add(name)
        found = []
        fields = types[name].get("map", {}).get("fields", [])
        row = [f"{it['name']}:{shape(it['type'], found)}" for it in fields if it["name"] != "status"]
        lines.append(f"{short(name)} {' '.join(row)}")
        open_names.extend(found)
    print("\n".join(sorted(lines)))


main()
