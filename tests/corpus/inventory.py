#!/usr/bin/env python3
"""Lists every image version that the YAML files of a folder state, without rakops.

    inventory.py FOLDER --oracle DIR [--left-out] > inventory.json

It stands on `oracle.Finder`: for every image named in a file the Finder's targets are taken, minus those that by the
specification are no sites (each with the name of the rule), plus the forms that the Finder leaves out. What the Finder sees
and no rule explains is listed under `unexplained`, so that a hole in these rules cannot hide.

Written from the list "Sites that are understood", not from the Rust code: the two are meant to disagree where one is wrong.
"""
from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

sys.setrecursionlimit(20_000)

HOST = r"(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*)(?::[0-9]+)?"
WORD = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
TAG = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
DIGEST = r"[A-Za-z][A-Za-z0-9]*(?:[+._-][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}"
NAME = re.compile(rf"(?:(?P<host>(?=[^/]*[.:A-Z]|localhost/){HOST})/)?{WORD}(?:/{WORD})*\Z")
REFERENCE = re.compile(rf"(?:(?:oci|docker|docker-pullable)://)?(?P<name>.+?)(?::(?P<tag>{TAG}))?(?:@(?P<digest>{DIGEST}))?\Z")
FILES = re.compile(r"\.(?:png|jpe?g|svg|gif|ico|webp|iso|img|qcow2|vmdk|tar|gz|xz|html|yaml)\Z")
CODE = {"github.com", "gitlab.com", "bitbucket.org", "codeberg.org"}
CONTAINERS = {"containers", "initContainers", "ephemeralContainers", "sidecars", "steps", "initcontainers"}
ONE_CONTAINER = {"container", "script", "stepTemplate", "mainContainer"}
COPIES = {"kubectl.kubernetes.io/last-applied-configuration", "pv.kubernetes.io/last-applied-configuration"}
KUSTOMIZATIONS = {"kustomization.yaml", "kustomization.yml", "Kustomization"}
REFLECTORS = ("image.toolkit.fluxcd.io/", "argocd-image-updater.argoproj.io/")


@dataclass
class Site:
    file: str
    line: int              # from 1; of the tag, else of the digest, else of the name
    image: str             # as it is pulled
    tag: str
    digest: str
    form: str
    also: str = ""         # the other name of a kustomize entry
    pointer: str = ""      # JSON pointer of the version's scalar, for `oracle.check(paths=…)`
    along: tuple = ()      # pointers of resources whose `?ref=` is the tag, and of keys that repeat it: they may move with it
    repeats: int = 0       # keys beside a reference that say tag or version and repeat its tag: they must move with it


@dataclass
class Reading:
    """A reference taken apart."""
    name: str
    host: str
    tag: str
    digest: str


def read(text: str) -> Reading | None:
    if not text or len(text) > 600 or text != text.strip():
        return None
    found = REFERENCE.match(text)
    named = NAME.match(found["name"]) if found else None
    if not named or len(found["name"]) > 255 or FILES.search(found["name"]):
        return None
    return Reading(found["name"], named["host"] or "", found["tag"] or "", found["digest"] or "")


def repository(text: str) -> str:
    """TEXT if it is a repository without a version, else nothing."""
    found = read(text)
    return found.name if found and not found.tag and not found.digest else ""


def says_image(key: str) -> bool:
    """`image`, `fooImage`, `foo_image`, `FOO_IMAGE`, `images`: the last word of KEY is `image`."""
    return bool(re.search(r"(?:^|[_.-])images?\Z", key, re.I) or re.search(r"[a-z0-9]Images?\Z", key))


def role(key: str) -> tuple[str, str, bool] | None:
    """(what KEY names, whose, whether it says `image`)."""
    for word in ("repository", "repo", "registry", "name", "image", "tag", "version", "digest", "sha"):
        found = re.fullmatch(rf"(?:(.*?)[_.-]|(.*[a-z0-9])(?=[A-Z])|())({word})", key, re.I)
        if found and (found[2] is None or found[4][0].isupper()):
            rest = found[1] or found[2] or ""
            inner = re.fullmatch(r"(?:(.*?)[_.-]|(.*[a-z0-9])(?=[A-Z])|())(image)", rest, re.I)
            what = {"repo": "repository", "sha": "digest"}.get(word, word)
            if inner and (inner[2] is None or inner[4][0].isupper()):
                return what, (inner[1] or inner[2] or "").lower(), True
            return what, rest.lower(), word == "image"
    return None


class File:
    """The sites of one file."""

    def __init__(self, oracle, name: str, text: str):
        self.oracle, self.name, self.text = oracle, name, text
        self.sites: list[Site] = []
        self.left_out: dict[tuple[int, str], str] = {}
        self.alone: list[tuple[str, str]] = []       # (path, pointer) of tags of images that stand alone: `image_tag: v1`
        self.names: set[str] = set()
        self.docs = oracle.parse(text)
        for i, doc in enumerate(self.docs):
            if doc is not None:
                Document(self, doc, self.name, 0, None, i).visit()

    def lines_with_template(self) -> set[int]:
        return {i for i, line in enumerate(re.split(r"\r\n|\n|\r", self.text), 1) if "{{" in line}


class Document:
    def __init__(self, file: File, root, file_name: str, line: int, block, number: int):
        self.file, self.root, self.file_name, self.line, self.block, self.number = file, root, file_name, line, block, number
        self.anchors: dict[str, object] = {}
        kv = self.scalars(root)
        self.api, self.kind = kv.get("apiVersion", ""), kv.get("kind", "")
        self.states_versions = not self.api.startswith(REFLECTORS)

    # ---- reading nodes
    def resolve(self, node):
        return self.anchors.get(node.value, node) if node is not None and node.kind == "alias" else node

    def value(self, node) -> str | None:
        """The text of a scalar on one line."""
        node = self.resolve(node)
        if node is None or node.kind != "scalar" or node.style == "|":
            return None
        return "" if not node.style and node.value in ("~", "null", "Null", "NULL") else node.value

    def pairs(self, node) -> dict:
        if node is None or node.kind != "map":
            return {}
        return {k.value: v for k, v in node.items if k.kind == "scalar" and v is not None}

    def scalars(self, node) -> dict:
        return {k: self.value(v) for k, v in self.pairs(node).items() if self.value(v) is not None}

    # ---- the walk
    def visit(self) -> None:
        self.is_kustomization = self.block is None and self.root.kind == "map" and (
            self.api.startswith("kustomize.config.k8s.io/") and self.kind in ("Kustomization", "Component")
            or not self.api and self.kind in ("", "Kustomization", "Component")
            and self.file_name.rsplit("/", 1)[-1] in KUSTOMIZATIONS)
        name = self.file_name.rsplit("/", 1)[-1]
        self.is_compose = self.block is None and not self.api and name.startswith(("compose", "docker-compose"))
        self.walk(self.root, ())

    def walk(self, node, path: tuple) -> None:
        """PATH holds keys (str) and positions (int) with their collections: ((collection, step), …)."""
        if node.anchor and node.kind != "alias":
            self.anchors[node.anchor] = node
        if node.kind == "seq":
            for i, item in enumerate(node.items):
                self.walk(item, path + ((node, i),))
        elif node.kind == "map":
            pairs = self.pairs(node)
            if self.scalars(node).get("kind") == "CustomResourceDefinition":
                return self.drop(node, "schema")
            # Anchors first: an entry may be read through an alias below.
            for _, value in node.items:
                if value is not None and value.anchor and value.kind == "scalar":
                    self.anchors[value.anchor] = value
            self.mapping(node, pairs, path)
            is_object = "apiVersion" in pairs and "kind" in pairs
            for key, value in node.items:
                if value is None:
                    continue
                step = path + ((node, key.value),)
                if is_object and key.value == "status":
                    self.drop(value, "status")
                elif value.kind == "scalar" and value.style == "|":
                    self.literal(value, key.value)
                elif value.kind == "seq":
                    for i, item in enumerate(value.items):
                        if item.kind == "scalar" and item.style == "|":
                            self.literal(item, "")
                    self.walk(value, step)
                else:
                    self.walk(value, step)

    def drop(self, node, why: str) -> None:
        """Everything below NODE states no version."""
        for n in every(node):
            if n.kind == "scalar":
                for line in range(n.line, n.line + n.value.count("\n") + 2):
                    self.file.left_out.setdefault((self.line + line + 1, ""), why)

    def literal(self, node, key: str) -> None:
        if self.block is not None:
            return self.drop(node, "block in a block")
        if key in COPIES:
            return self.drop(node, "copy of a server")
        if key.endswith(".md") or "{{" in node.value or node.value.startswith("#!"):
            return self.drop(node, "text in a block")
        try:
            docs = self.file.oracle.parse(node.value)
        except self.file.oracle.Unparseable:
            return self.drop(node, "text in a block")
        for i, doc in enumerate(docs):
            if doc is not None and doc.kind in ("map", "seq"):
                Document(self.file, doc, "", self.line + node.line + 1, node, i).visit()
            elif doc is not None:
                self.drop(node, "text in a block")

    # ---- the forms
    def add(self, form: str, at, image: str, tag: str, digest: str, path: tuple, also: str = "") -> None:
        line = self.line + at.line + 1
        pointer = "" if self.block else f"{self.number}:" + self.file.oracle.pointer(tuple(step for _, step in path))
        site = Site(self.file.name, line, image, tag, digest, form, also, pointer)
        if tag and path and form not in ("split", "kustomize", "oci", "argo"):
            repeated = self.repeated(at, tag, *path[-1])
            site.repeats = len(repeated)
            if not self.block:
                steps = tuple(step for _, step in path[:-1])
                site.along = tuple(f"{self.number}:" + self.file.oracle.pointer(steps + (k,)) for k in repeated)
        self.file.sites.append(site)

    def repeated(self, node, tag: str, mapping, key) -> list[str]:
        """The keys of MAPPING that repeat TAG of the reference NODE under KEY; none if another reference could be meant."""
        pairs = self.pairs(mapping)
        own = role(key) if isinstance(key, str) and pairs.get(key) is node else None
        if not own or own[0] not in ("image", "repository"):
            return []
        same = {k: v for k, v in pairs.items() if k != "apiVersion" and v.kind == "scalar" and v.style not in ("|", ">")
                and (role(k) or ("", ""))[1] == own[1] and role(k)}
        references = [k for k, v in same.items() if role(k)[0] in ("image", "repository") and (read(v.value) or Reading("", "", "", "")).tag == tag]
        return [k for k, v in same.items() if role(k)[0] in ("tag", "version") and v.value == tag] if len(references) == 1 else []

    def reference(self, form: str, node, path: tuple, versioned: bool = True) -> bool:
        found = read(self.value(node) or "")
        if not found or versioned and not found.tag and not found.digest:
            return False
        self.add(form, node, found.name, found.tag, found.digest, path)
        return True

    def mapping(self, node, pairs: dict, path: tuple) -> None:
        parent, step = path[-1] if path else (None, None)
        key = next((s for _, s in reversed(path) if isinstance(s, str)), "")
        own_key = step if isinstance(step, str) else ""
        done: set[int] = set()

        def take(form, value, versioned=True, where=""):
            if value is not None and id(value) not in done and self.reference(form, value, path + ((node, where),), versioned):
                done.add(id(value))

        if self.is_kustomization and not path:
            for list_key in ("images", "imageTags"):
                self.entries(pairs.get(list_key), path + ((node, list_key),), done)
            self.tie(pairs)
        if self.kind == "Kustomization" and self.api.startswith("kustomize.toolkit.fluxcd.io/") and own_key == "spec":
            self.entries(pairs.get("images"), path + ((node, "images"),), done)
        if own_key == "kustomize" and "images" in pairs:
            self.entries(pairs["images"], path + ((node, "images"),), done)
            self.override_texts(pairs["images"], path + ((node, "images"),), done)
        if path and isinstance(step, int) and isinstance(path[-2][1] if len(path) > 1 else None, str):
            if path[-2][1] in CONTAINERS and not (self.value(pairs.get("tag")) or self.value(pairs.get("version"))):
                take("container", pairs.get("image"), versioned=False, where="image")
        if own_key in ONE_CONTAINER:
            take("container", pairs.get("image"), versioned=False, where="image")
        if own_key == "image":
            take("image volume", pairs.get("reference"), versioned=False, where="reference")
        if self.is_compose and len(path) == 2 and path[0][1] == "services":
            take("compose", pairs.get("image"), versioned="build" in pairs, where="image")
        if self.value(pairs.get("kind")) == "DockerImage":
            take("openshift", pairs.get("name"), where="name")
        self.oci(node, pairs, path, done)
        if not self.states_versions:
            return
        self.split(node, [(k, v) for k, v in pairs.items()], path, key, done)
        for k, v in pairs.items():
            if v.kind == "seq":
                rows = [(self.value(p.get("name")), p["value"]) for p in map(self.pairs, v.items) if "value" in p and self.value(p.get("name"))]
                if k.endswith("arameters") and rows:
                    self.split(v, rows, path + ((node, k),), "", done)
        # whole values
        for k, v in pairs.items():
            is_argument = k in ("args", "command", "extraArgs", "additionalArguments")
            items = v.items if v.kind == "seq" else [v]
            for item in items:
                if item.kind not in ("scalar", "alias") or id(item) in done:
                    continue
                text = self.value(item) or ""
                clue = self.value(pairs.get("name")) or "" if k in ("value", "default") and v.kind != "seq" else k
                if own_key == "machine":
                    clue = ""
                flag = re.match(r"(-[^=]*)=(.*)\Z", text) if is_argument and v.kind == "seq" else None
                if flag:
                    clue, text = flag[1], flag[2]
                elif v.kind == "seq" and (setting := re.match(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)\Z", text)):
                    clue, text = setting[1], setting[2]
                elif is_argument and v.kind == "seq":
                    clue = ""
                if text.startswith("oci://"):
                    continue
                found = read(text)
                if not found or not (found.tag or found.digest):
                    continue
                if says_image(clue) or text.startswith("docker") and "://" in text or is_registry(found.host):
                    form = "address" if "://" in text else "reference"
                    self.add(form, item, found.name, found.tag, found.digest, path + ((node, k),))
                    done.add(id(item))

    def entries(self, list_node, path: tuple, done: set) -> None:
        """`images:` of kustomize and of Flux."""
        for i, item in enumerate(list_node.items if list_node is not None and list_node.kind == "seq" else []):
            pairs = self.pairs(item)
            name, new = self.value(pairs.get("name")) or "", self.value(pairs.get("newName")) or ""
            if not re.fullmatch(r"[A-Za-z0-9._/:-]+", name):
                continue
            if new and not re.fullmatch(r"[A-Za-z0-9._/:-]+", new):
                new = ""
            tag, digest = self.value(pairs.get("newTag")), self.value(pairs.get("digest", pairs.get("newDigest")))
            found = re.fullmatch(rf"({TAG})(?:@({DIGEST}))?", tag) if tag else None
            if tag and not found or digest and not re.fullmatch(DIGEST, digest):
                continue
            at = next((pairs[k] for k in ("newTag", "digest", "newDigest") if k in pairs), pairs["name"])
            where = next((k for k in ("newTag", "digest", "newDigest") if k in pairs), "name")
            for k in ("name", "newName", "newTag", "digest", "newDigest"):
                if k in pairs:
                    done.add(id(pairs[k]))
            self.add("kustomize", at, new or name, found[1] if found else "", found and found[2] or digest or "",
                     path + ((list_node, i), (item, where)), also=name)
            self.taken(item)

    def tie(self, pairs: dict) -> None:
        """Remembers resources at `?ref=TAG` with the entries of that tag."""
        for key in ("resources", "bases", "components"):
            items = pairs[key].items if key in pairs and pairs[key].kind == "seq" else []
            for i, item in enumerate(items):
                ref = re.search(r"[?&]ref=([^&]*)", self.value(item) or "")
                for site in self.file.sites:
                    if ref and site.form == "kustomize" and site.tag == ref[1]:
                        site.along += (f"{self.number}:" + self.file.oracle.pointer((key, i)),)

    def override_texts(self, list_node, path: tuple, done: set) -> None:
        """`[name=]repository:tag` of Argo CD."""
        for i, item in enumerate(list_node.items if list_node.kind == "seq" else []):
            text = self.value(item) or ""
            found = read(text.rpartition("=")[2])
            if found:
                self.add("argo", item, found.name, found.tag, found.digest, path + ((list_node, i),), also=text.partition("=")[0] if "=" in text else "")
                done.add(id(item))

    def oci(self, node, pairs: dict, path: tuple, done: set) -> None:
        url, ref = self.value(pairs.get("url")) or "", pairs.get("ref")
        if not url.startswith("oci://") or ref is None or ref.kind != "map":
            return
        inner, image = self.pairs(ref), repository(url.rstrip("/"))
        if not image or "semver" in inner:
            return
        tag, digest = self.value(inner.get("tag")) or "", self.value(inner.get("digest")) or ""
        at = inner.get("tag", inner.get("digest"))
        if at is not None and re.fullmatch(rf"(?:{TAG})?", tag):
            self.add("oci", at, image, tag, digest, path + ((node, "ref"), (ref, "tag" if "tag" in inner else "digest")))

    def taken(self, item) -> None:
        self.consumed = getattr(self, "consumed", set())
        self.consumed.add(id(item))

    def split(self, node, rows: list, path: tuple, key: str, done: set) -> None:
        """Repository and version in keys of their own: Helm values, parameters, pairs."""
        if id(node) in getattr(self, "consumed", set()):
            return
        groups: dict[str, dict] = {}
        for k, v in rows:
            read_key = role(k) if k != "apiVersion" else None
            if read_key:
                what, stem, says = read_key
                group = groups.setdefault(stem, {})
                if what not in group or not group[what][2]:
                    group[what] = (k, v, says)
        surely = says_image(key) or any(k in ("pullPolicy", "imagePullPolicy", "pullSecrets") for k, _ in rows)
        for group in groups.values():
            if not {"tag", "version", "digest"} & group.keys():
                continue
            text = lambda what: self.value(group[what][1]) or "" if what in group else ""
            registry = text("registry").rstrip("/")
            surely_here = surely or "registry" in group or group.get("tag", (0, 0, False))[2]
            base = ""
            if "repository" in group:
                base = text("repository").removeprefix("oci://")
                last, org = text("image"), bool(base) and "/" not in base
                if not last and registry and org:
                    last = text("name")
                if not last and org and group["repository"][0].lower().startswith("default"):
                    continue
                if base and last and "/" not in last and repository(last) and not base.endswith("/" + last) and base != last:
                    base = f"{base}/{last}"
                doubtful = group["repository"][0].lower() == "repo" and not (read(base) and read(base).host)
                if doubtful and not (surely_here or group["repository"][2]):
                    base = ""
            elif "image" in group:
                base = text("image")
            elif "name" in group:
                says = group["name"][2] or surely_here or bool(read(text("name")) and read(text("name")).host)
                base = text("name") if says else ""
            if base and registry and not base.startswith(registry + "/"):
                base = f"{registry}/{base}"
            image = repository(base)
            if not image:
                word = group.get("tag")
                if word and word[2] and self.block is None and re.fullmatch(TAG, self.value(word[1]) or ""):
                    steps = tuple(step for _, step in path) + (word[0],)
                    if all(isinstance(step, str) and re.fullmatch(r"[\w-]+", step) for step in steps):
                        self.file.alone.append((".".join(steps), f"{self.number}:" + self.file.oracle.pointer(steps)))
                continue
            word = group.get("tag")
            if word is None and "version" in group:
                version = group["version"]
                if version[2] or "image" in group and "/" in image or says_image(key):
                    word = version
            digest = text("digest")
            digest = digest if re.fullmatch(DIGEST, digest) else f"sha256:{digest}" if re.fullmatch("[0-9a-fA-F]{32,}", digest) else ""
            if word is not None:
                tag = self.value(word[1])
                found = re.fullmatch(rf"({TAG})(?:@({DIGEST}))?", tag or "")
                if tag is None or tag and not found:
                    continue
                digest = found and found[2] or digest
                self.add("split", word[1], image, found[1] if found else "", digest, path + ((node, word[0]),))
            elif digest:
                self.add("split", group["digest"][1], image, "", digest, path + ((node, group["digest"][0]),))


def is_registry(host: str) -> bool:
    name, _, port = host.partition(":")
    last = name.rsplit(".", 1)[-1]
    return name not in CODE and bool(port or "." in name and len(last) > 1 and last.isalpha())


def every(node):
    yield node
    for item in node.items:
        for n in item if isinstance(item, tuple) else (item,):
            if n is not None:
                yield from every(n)


def candidates(file: File) -> set[str]:
    """Names that the Finder is asked for: of the sites, and of everything else that looks like a name with a tag."""
    names = {site.image for site in file.sites} | {site.also for site in file.sites if site.also}
    for found in re.finditer(rf"(?<![\w./:@-])((?:[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::[0-9]+)?/)?[a-z0-9][a-z0-9._/-]*[a-z0-9]):{TAG}", file.text):
        if "/" in found[1] and NAME.match(found[1]):
            names.add(found[1])
    return names


def inventory_of(oracle, name: str, data: bytes) -> tuple[list[Site], Counter, list, list] | None:
    """Sites of one file, what was left out by rule, what no rule explains, tags that stand alone; nothing if it cannot be read."""
    try:
        text = data.decode("utf-8")
        if "\0" in text:
            return None
        file = File(oracle, name, text)
    except (UnicodeDecodeError, oracle.Unparseable):
        return None
    templated = file.lines_with_template()
    sites = [site for site in file.sites if site.line not in templated]
    known = {(site.line, oracle.canonical(n)) for site in file.sites for n in (site.image, site.also) if n}
    known_lines = {site.line for site in file.sites}
    left_out, unexplained = Counter(), []
    if not sites and not any(":" in text for text in [file.text]):
        return sites, left_out, unexplained, file.alone
    lines = re.split(r"\r\n|\n|\r", text)
    for image in sorted(candidates(file)):
        for target in oracle.Finder(image).find(text, file.docs):
            line = target.line + 1
            if target.kind == "ref":
                line = text.count("\n", 0, target.start) + 1
            if (line, oracle.canonical(image)) in known or (target.line + 1, oracle.canonical(image)) in known:
                continue
            why = file.left_out.get((line, "")) or ("template" if line in templated else "")
            if not why and target.kind == "ref":
                why = reason(file, target, lines[line - 1], image)
            if not why and line in known_lines:
                why = "another reading of the same site"
            if why:
                left_out[why] += 1
            else:
                unexplained.append((name, line, image, target.kind, lines[line - 1].strip()[:160]))
    return sites, left_out, unexplained, file.alone


def reason(file: File, target, line: str, image: str) -> str:
    """Why a reference that the Finder sees in a scalar is no site."""
    scalar = next((n for d in file.docs if d is not None for n in every(d) if n.kind == "scalar" and n.start <= target.start < n.end), None)
    text = scalar.value if scalar is not None else line
    if scalar is not None and scalar.style in ("|", ">"):
        return "text in a block"
    whole = read(text.removeprefix("docker://").removeprefix("oci://"))
    if whole is None:
        return "part of a longer text"
    if text.startswith("oci://"):
        return "address of a chart"
    if not is_registry(whole.host):
        return "no host, and no word that says image"
    return ""


def load_oracle(folder: str):
    sys.path.insert(0, folder)
    import oracle  # noqa: PLC0415  (the folder is an argument)
    return oracle


def inventory(folder: Path, oracle) -> dict:
    sites, unreadable, unexplained, left_out, alone = [], [], [], Counter(), []
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if f != ".git")
        for file in sorted(files):
            path = Path(root) / file
            if path.is_symlink() or not path.is_file():
                continue
            if "." in file.lstrip(".") and not file.lower().endswith((".yaml", ".yml", ".json")):
                continue
            name = path.relative_to(folder).as_posix()
            found = inventory_of(oracle, name, path.read_bytes())
            if found is None:
                unreadable.append(name)
                continue
            sites += found[0]
            left_out += found[1]
            unexplained += found[2]
            alone += [(name, *one) for one in found[3]]
    return {"sites": [asdict(s) for s in sites], "unreadable": unreadable, "left_out": dict(left_out), "unexplained": unexplained, "alone": alone}


def main() -> int:
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("folder", type=Path)
    ap.add_argument("--oracle", required=True)
    o = ap.parse_args()
    json.dump(inventory(o.folder, load_oracle(o.oracle)), sys.stdout, indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
