#!/usr/bin/env python3
"""Judges `rakops images` and `rakops bump` on a folder of real manifests, with an oracle that knows nothing of rakops.

    RAKOPS_CORPUS=DIR RAKOPS_ORACLE=DIR judge.py [--rakops PROGRAM] [--jobs N] [--list]

The folder is copied; nothing in it is changed. Then
  sites   `rakops images -o json` is compared with inventory.py, which finds sites without rakops: recall and precision;
  edits   in every file, every image gets a new version (with a digest where a site of it has one), one image at a time, and
          the oracle compares the bytes and the meaning before and after. Then every site of the file must have the new version.
Exit status: 0 all bars are met, or there is no corpus here; 1 a bar is missed.
"""
from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from inventory import inventory, inventory_of, load_oracle

TAG, DIGEST = "999.9.9", "sha256:" + "d" * 64
RECALL = PRECISION = 0.99
REFUSED = 0.01


@dataclass
class Result:
    edits: int = 0                # sites whose bytes changed
    exact: int = 0                # of these, those in files where nothing else changed
    elsewhere: int = 0            # edits after which another value reads differently
    left: list = field(default_factory=list)         # sites that kept their old version, though nothing was said
    refused: Counter = field(default_factory=Counter)
    said: list = field(default_factory=list)

    def add(self, other: "Result") -> None:
        self.edits += other.edits
        self.exact += other.exact
        self.elsewhere += other.elsewhere
        self.left += other.left
        self.refused += other.refused
        self.said += other.said


def copy_of(corpus: Path, scratch: Path) -> Path:
    target = scratch / "corpus"
    shutil.copytree(corpus, target, ignore=shutil.ignore_patterns(".git"))
    for root, folders, files in os.walk(target):
        for name in folders + files:
            path = Path(root) / name
            path.chmod(path.stat().st_mode | stat.S_IWUSR)
    return target


def run(rakops: str, *words: str) -> subprocess.CompletedProcess:
    return subprocess.run([rakops, *words], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


# ---------------------------------------------------------------- which sites
def compare(oracle, rakops: str, folder: Path, known: dict) -> tuple[float, float, list[str]]:
    answer = run(rakops, "images", "-C", str(folder), "-o", "json")
    if answer.returncode:
        sys.exit(f"rakops images: {answer.stderr}")
    unreadable = set(known["unreadable"])

    def key(site):
        return site["file"], site["line"], oracle.canonical(site["image"]), site["tag"] or "", site["digest"] or ""

    wanted = Counter(map(key, known["sites"]))
    found = Counter(key(s) for s in json.loads(answer.stdout)["sites"] if s["file"] not in unreadable)
    both = sum((wanted & found).values())
    lines = [f"missed: {k}" for k in (wanted - found)] + [f"not a site: {k}" for k in (found - wanted)]
    return both / max(1, sum(wanted.values())), both / max(1, sum(found.values())), lines


# ---------------------------------------------------------------- the edits of one file
def judge_file(oracle, rakops: str, folder: Path, name: str, untagged: bool) -> Result:
    result, path = Result(), folder / name
    sites = inventory_of(oracle, name, path.read_bytes())[0]
    if not untagged:
        sites = [s for s in sites if s.tag or s.digest]
    images = {}
    for site in sites:
        images.setdefault(oracle.canonical(site.image), []).append(site)
    for image, of_image in images.items():
        judge_image(oracle, rakops, folder, (name, image, of_image, untagged), result)
    return result


def judge_image(oracle, rakops: str, folder: Path, what: tuple, result: Result) -> None:
    name, image, sites, untagged = what
    path = folder / name
    digest = DIGEST if any(s.digest for s in sites) else None
    version = f"{TAG}@{digest}" if digest else TAG
    # The oracle writes every name without a dot as one of Docker Hub; a registry in capitals is none.
    asked = sites[0].image if sites[0].image.lower() != sites[0].image else image
    before = path.read_bytes()
    words = ["bump", "-C", str(folder), "--all", "--path", name, "--allow", "owned,downgrade", "--no-input", f"{asked}={version}"]
    answer = run(rakops, *words, *(["--untagged"] if untagged else []))
    if answer.returncode:
        code = re.search(r"error\[([a-z0-9-]+)\]", answer.stderr)
        result.refused[code[1] if code else f"exit {answer.returncode}"] += len(sites)
        result.said.append(f"refused: {name} {image}: {answer.stderr.strip()}")
        if path.read_bytes() != before:
            result.elsewhere += 1
            result.said.append(f"refused and yet changed: {name} {image}")
        return
    after = path.read_bytes()
    result.edits += len(sites)
    # What the oracle cannot see by itself: a version in a key of its own, a digest without a tag, a reference behind
    # `docker://`, and what moves along: a `?ref=`, a key that repeats the tag of a reference.
    unseen = [s for s in sites if s.form in ("split", "address") or s.form == "kustomize" and s.digest and not s.tag]
    pointers = tuple(s.pointer for s in unseen if s.pointer) + tuple(p for s in sites for p in s.along)
    verdict = oracle.check(before, after, image, TAG, digest, pointers, untagged)
    problems = [p for p in verdict["problems"] if not expected(p, version)]
    if verdict["verdict"] == "no_target" and pointers == () and before == after:
        problems.append("nothing changed")
    structural = not verdict["confined"] and only_adds(before, after)
    if (verdict["confined"] and verdict["equal"] or structural) and (structural or not problems):
        result.exact += len(sites)
    else:
        result.elsewhere += 1
        result.said.append(f"not exact: {name} {image}: {verdict['verdict']} {problems}")
    now = inventory_of(oracle, name, after)
    new = [] if now is None else [s for s in now[0] if oracle.canonical(s.image) == image]
    if sum(s.repeats for s in new) < sum(s.repeats for s in sites):
        result.left.append(f"left: {name} {image}: a key that repeated the tag")
    for site in new:
        is_new = site.tag == TAG and (not site.digest or site.digest == DIGEST) or not site.tag and site.digest == DIGEST
        if not is_new and (untagged or site.tag or site.digest):
            result.left.append(f"left: {name}:{site.line} {image} {site.tag}")


def expected(problem: str, version: str) -> bool:
    """The oracle wants the bare tag; a scalar that carried a digest rightly carries the new one, and an address its name."""
    found = re.search(r"tag is '([^']*)', not", problem)
    return bool(found) and (found[1] in (version, DIGEST) or found[1].endswith(f":{version}") or f"ref={TAG}" in found[1])


def only_adds(before: bytes, after: bytes) -> bool:
    """The lines are the old ones, but for lines that got the new version, and for new lines that hold one key of it alone."""
    new_key = re.compile(rb"\s*(?:newTag|digest): \S+\s*\Z")
    old, at, added = before.splitlines(keepends=True), 0, 0
    for line in after.splitlines(keepends=True):
        here = old[at] if at < len(old) else b""
        if line == here:
            at += 1
        elif new_key.match(line) and not new_key.match(here):
            added += 1
        elif TAG.encode() in line or DIGEST.encode() in line:
            at += 1
        else:
            return False
    return at == len(old) and added > 0


def judge_alone(oracle, rakops: str, folder: Path, what: tuple) -> Result:
    """A tag with no repository beside it is reached by its place."""
    name, place, pointer = what
    result, path = Result(), folder / name
    before = path.read_bytes()
    answer = run(rakops, "bump", "-C", str(folder), "--at", f"{name}:{place}", "--allow", "owned,downgrade", "--no-input", f"image={TAG}")
    if answer.returncode:
        code = re.search(r"error\[([a-z0-9-]+)\]", answer.stderr)
        result.refused[code[1] if code else f"exit {answer.returncode}"] += 1
        result.said.append(f"refused: {name}:{place}: {answer.stderr.strip()}")
        return result
    verdict = oracle.check(before, path.read_bytes(), "image", TAG, None, (pointer,))
    result.edits = 1
    result.exact = int(verdict["verdict"] == "ok")
    if not result.exact:
        result.elsewhere = 1
        result.said.append(f"not exact: {name}:{place}: {verdict['verdict']} {verdict['problems']}")
    return result


def edits(oracle, rakops: str, folder: Path, names: list[str], jobs: int, untagged: bool) -> Result:
    total = Result()
    with ThreadPoolExecutor(jobs) as pool:
        for result in pool.map(lambda n: judge_file(oracle, rakops, folder, n, untagged), names):
            total.add(result)
    return total


def report(title: str, total: Result, sites: int) -> bool:
    refused = sum(total.refused.values())
    exact = total.exact / max(1, total.edits)
    print(f"{title}: {total.edits} edits, {exact:.2%} byte-exact apart from the targets, "
          f"{total.elsewhere} with values changed elsewhere, {len(total.left)} left as they were")
    print(f"  refused: {refused} of {sites} sites ({refused / max(1, sites):.2%})"
          + "".join(f", {why} {count}" for why, count in total.refused.most_common()))
    return total.exact == total.edits and not total.elsewhere and not total.left and refused <= REFUSED * sites


def main() -> int:
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--rakops", default=str(Path(__file__).parents[2] / "target/release/rakops"))
    ap.add_argument("--jobs", type=int, default=os.cpu_count() or 2)
    ap.add_argument("--list", action="store_true", help="name every miss, refusal and difference")
    o = ap.parse_args()
    corpus, judge = os.environ.get("RAKOPS_CORPUS"), os.environ.get("RAKOPS_ORACLE")
    if not corpus or not judge or not Path(corpus).is_dir() or not (Path(judge) / "oracle.py").is_file():
        print("skipped: RAKOPS_CORPUS and RAKOPS_ORACLE name no folder of manifests and no oracle")
        return 0
    oracle = load_oracle(judge)
    with tempfile.TemporaryDirectory() as scratch:
        folder = copy_of(Path(corpus), Path(scratch))
        known = inventory(folder, oracle)
        recall, precision, lines = compare(oracle, o.rakops, folder, known)
        of_file = defaultdict(list)
        for site in known["sites"]:
            of_file[site["file"]].append(site)
        versioned = [s for s in known["sites"] if s["tag"] or s["digest"]]
        print(f"sites: {len(known['sites'])} in {len(of_file)} files, {len(known['sites']) - len(versioned)} of them without a version; "
              f"recall {recall:.2%}, precision {precision:.2%}; {len(known['unreadable'])} files that cannot be parsed")
        for why, count in sorted(known["left_out"].items()):
            print(f"  no sites by rule: {count} ({why})")
        for hole in known["unexplained"]:
            print(f"  seen by the oracle, explained by no rule: {hole}")
        total = edits(oracle, o.rakops, folder, sorted({s["file"] for s in versioned}), o.jobs, False)
        fine = report("versions", total, len(versioned))
        names = sorted(f for f, sites in of_file.items() if any(not s["tag"] and not s["digest"] for s in sites))
        bare = edits(oracle, o.rakops, folder, names, o.jobs, True)
        fine &= report("with --untagged", bare, sum(len(of_file[n]) for n in names))
        alone = Result()
        for one in known["alone"]:
            alone.add(judge_alone(oracle, o.rakops, folder, one))
        fine &= report("tags that stand alone, with --at", alone, len(known["alone"]))
        lines += alone.said
        lines += total.said + total.left + bare.said + bare.left
    for line in lines if o.list else lines[:20]:
        print(" ", line)
    fine &= recall >= RECALL and precision >= PRECISION and not known["unexplained"]
    print("all bars met" if fine else "a bar is missed")
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
