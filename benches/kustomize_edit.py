#!/usr/bin/env python3
"""Prints what `rakops overlay` and `kustomize edit` make of the same twenty edits of one kustomization.

usage: RAKOPS=target/release/rakops KUSTOMIZE=kustomize benches/kustomize_edit.py

Lines changed are those of a diff, added and removed; lost comments are those that stand in the file before and not afterwards,
and are not part of what was to be removed; the order is that of the lines that are there before and afterwards, wherever they are
indented; blank lines are counted. Where there is no kustomize, its half of the table says `skipped`.
"""

import difflib
import os
import shutil
import subprocess
import sys
import tempfile

BEFORE = """\
# The production overlay of the shop.
# Ask #team-shop before you touch it.

apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization

namespace: shop # created by the platform team
namePrefix: shop-

resources:
  # what all environments have
  - ../../base

  # only here
  - hpa.yaml # scales to 20
  - budget.yaml

images:
  # bumped by the pipeline
  - name: acme/web
    newName: registry.example.com/acme/web
    newTag: 1.4.1 # {"$imagepolicy": "flux-system:web"}
  - name: acme/api
    newTag: "1.10" # a string, not a number

commonAnnotations:
  owner: 'team-shop' # who is paged

replicas:
  - name: web
    count: 3 # two are too few at noon

configMapGenerator:
  - name: web
    # see the handbook
    literals:
      - LOG_LEVEL=info # debug is expensive
      - "FEATURE_CART=on"

patches:
  - path: memory.yaml # 2 GiB since the outage
    target:
      kind: Deployment
      name: web

labels:
  - pairs:
      tier: shop # for the dashboard
"""

DEPRECATED = """\
# The overlay of an older time.
bases:
  # the base
  - ../../base # keep

patchesStrategicMerge:
  # more memory
  - memory.yaml # 2 GiB

commonLabels:
  tier: shop # for the dashboard
"""

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: acme/web}
"""

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\n"

FILES = {
    "rakops.yaml": "strategy: trunk\nenvironments:\n- {name: prd, path: overlays/prd}\n",
    "base/kustomization.yaml": "resources: [web.yaml]\n",
    "base/web.yaml": DEPLOYMENT,
    "overlays/prd/hpa.yaml": CONFIG % "hpa",
    "overlays/prd/budget.yaml": CONFIG % "budget",
    "overlays/prd/ingress.yaml": CONFIG % "ingress",
    "overlays/prd/logo.txt": "logo\n",
    "overlays/prd/memory.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {minReadySeconds: 5}\n",
    "part/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n",
}

DIGEST = "sha256:" + "24a0c4b4a4c0eb97a1aabb8e29f18e917d05abfe1b7a7c07857230879ce7d3d3"

EDITS = [
    ["set", "image", "acme/web=registry.example.com/acme/web:1.4.2"],
    ["set", "image", "acme/api:1.11"],
    ["set", "image", "acme/cart:0.1.0"],
    ["set", "image", "acme/api@" + DIGEST],
    ["set", "replicas", "web=5"],
    ["set", "namespace", "shop-eu"],
    ["set", "nameprefix", "eu-"],
    ["set", "namesuffix", "--", "-eu"],
    ["set", "annotation", "owner:team-cart"],
    ["set", "configmap", "web", "--from-literal=LOG_LEVEL=warn"],
    ["add", "resource", "ingress.yaml"],
    ["add", "component", "../../part"],
    ["add", "patch", "--path=hpa.yaml", "--kind=Deployment"],
    ["add", "annotation", "cost:42"],
    ["add", "label", "region:eu", "--without-selector"],
    ["add", "configmap", "web", "--from-literal=CURRENCY=EUR"],
    ["add", "configmap", "logo", "--from-file=logo.txt"],
    ["remove", "resource", "hpa.yaml"],
    ["remove", "annotation", "owner"],
    ["fix"],
]


# how many comments belong to what an edit removes
OWN_COMMENTS = {"remove resource hpa.yaml": 2, "remove annotation owner": 1}


def write(root, kustomization):
    for path, text in {**FILES, "overlays/prd/kustomization.yaml": kustomization}.items():
        path = os.path.join(root, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text)


def edited(tool, words, before):
    """Returns the kustomization after an edit; none where the tool refused it."""
    with tempfile.TemporaryDirectory() as root:
        write(root, before)
        here = os.path.join(root, "overlays/prd")
        if tool[0] == "rakops":
            command = [tool[1], "overlay", words[0], "prd", *words[1:]]
            here = root
        else:
            command = [tool[1], "edit", *words]
        home = {**os.environ, "HOME": root, "NO_COLOR": "1"}
        done = subprocess.run(command, cwd=here, env=home, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            return None, done.stderr.strip().split("\n")[0]
        with open(os.path.join(root, "overlays/prd/kustomization.yaml"), encoding="utf-8", newline="") as file:
            return file.read(), ""


def comments(text):
    # every comment of the two kustomizations stands behind `# `
    return [line.split("# ", 1)[1] for line in text.splitlines() if "# " in line]


def values(text):
    """The lines without comments, dashes and quotes; those that stand twice say nothing about the order."""
    bare = [line.split("#")[0].strip(" -").replace("'", "").replace('"', "") for line in text.splitlines()]
    return [line for line in bare if line and bare.count(line) == 1]


def measure(words, before, after):
    changed = sum(
        1
        for line in difflib.unified_diff(before.splitlines(True), after.splitlines(True), n=0)
        if line[0] in "+-" and line[:3] not in ("+++", "---")
    )
    kept = comments(after)
    lost = sum(1 for comment in comments(before) if comment not in kept)
    lost -= OWN_COMMENTS.get(" ".join(words), 0)
    names = [line for line in values(before) if line in values(after)]
    moved = names != [line for line in values(after) if line in names]
    blank = sum(1 for line in before.splitlines() if not line) - sum(1 for line in after.splitlines() if not line)
    return changed, max(lost, 0), moved, max(blank, 0)


def found(variable, usual):
    return shutil.which(os.environ.get(variable, usual))


def main():
    rakops, kustomize = found("RAKOPS", "rakops"), found("KUSTOMIZE", "kustomize")
    if rakops is None:
        sys.exit("no rakops here: say where it is by RAKOPS")
    tools = [("rakops", os.path.abspath(rakops)), ("kustomize", kustomize and os.path.abspath(kustomize))]
    columns = ["lines", "comments lost", "order", "blank lost"]
    print(f"{'':58}" + "".join(f"| {name:41}" for name, _ in tools))
    print(f"{'edit':58}" + ("| " + "  ".join(f"{it:>8}" for it in columns) + " ") * 2)
    sums = {name: [0, 0, 0, 0] for name, _ in tools}
    for words in EDITS:
        before = DEPRECATED if words == ["fix"] else BEFORE
        row = f"{' '.join(words)[:57]:58}"
        for tool in tools:
            if tool[1] is None:
                row += f"| {'skipped':41}"
                continue
            after, why = edited(tool, words, before)
            if after is None:
                row += f"| {('refused: ' + why)[:40]:41}"
                continue
            figures = measure(words, before, after)
            sums[tool[0]] = [a + int(b) for a, b in zip(sums[tool[0]], figures)]
            changed, lost, moved, blank = figures
            row += f"| {changed:>8}  {lost:>13}  {'changed' if moved else 'kept':>8}  {blank:>6} "
        print(row.rstrip())
    row = f"{'sum':58}"
    for name, path in tools:
        changed, lost, moved, blank = sums[name]
        row += f"| {'skipped':41}" if path is None else f"| {changed:>8}  {lost:>13}  {moved:>8}  {blank:>6} "
    print(row.rstrip())


if __name__ == "__main__":
    main()
