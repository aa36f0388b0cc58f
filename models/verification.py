"""Lets a bundle near the service only after a throw-away child process has opened it and scored its golden leads.

LightGBM's reader of model texts ends the process on many damaged files, so the first reading must not happen in a
process that answers forms.
"""

from __future__ import annotations

import json
import math
import resource
import subprocess
import sys

from models.bundle import BundleRefused, Files, digest, golden_leads, open_bundle, unpack

SECONDS = 60
MEMORY = 4 * 1024**3
TOLERANCE = 1e-9

_verified: set[str] = set()


def verified_files(data: bytes, sha256: str) -> Files:
    """The bundle's files once they have passed, checked in a child once for each hash and process; BundleRefused says
    why they did not."""
    files = unpack(data, sha256)
    if sha256 not in _verified:
        _verify_in_child(data)
        _verified.add(sha256)
    return files


def _verify_in_child(data: bytes) -> None:
    try:
        child = subprocess.run(
            [sys.executable, "-m", "models.verification"], input=data, capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise BundleRefused(f"opening it took more than {SECONDS} seconds") from None
    if child.returncode != 0:
        told = child.stderr.decode(errors="replace").strip().splitlines()
        known = told[-1].removeprefix("refused: ") if told and told[-1].startswith("refused: ") else ""
        raise BundleRefused(known or f"opening it ended the checking process ({child.returncode})")


def _check_golden(files: Files) -> None:
    scorer = open_bundle(files, None)
    for place, (lead, expected) in enumerate(golden_leads(files), start=1):
        found = scorer.score(lead).log_odds
        if not math.isfinite(found) or abs(found - expected) > TOLERANCE:
            raise BundleRefused(f"invented lead {place} does not get the score it was saved with")


def _check_trees(files: Files) -> None:
    """What can be seen of a model text without LightGBM: every tree has as many numbers as it needs, in range."""
    columns = len(json.loads(files["manifest.json"])["columns"])
    for name, text in files.items():
        if name.startswith("trees-"):
            if not all(mark in text for mark in ("\nend of trees\n", "\nend of parameters\n")):
                raise BundleRefused(f"{name} is cut off")
            for tree in text.split("\nTree=")[1:]:
                _check_tree(name, dict(line.split("=", 1) for line in tree.splitlines() if "=" in line), columns)


def _check_tree(name: str, tree: dict[str, str], columns: int) -> None:
    leaves = int(tree["num_leaves"])
    splits = {key: [int(number) for number in tree.get(key, "").split()] for key in _SPLITS}
    right = all(len(numbers) == max(leaves - 1, 0) for numbers in splits.values()) and leaves > 0
    right = right and all(0 <= column < columns for column in splits["split_feature"])
    children = splits["left_child"] + splits["right_child"]
    right = right and all(-leaves <= child < leaves - 1 for child in children)
    right = right and len(set(children)) == len(children)  # no node has two parents, so no walk can go in a circle
    if not right:
        raise BundleRefused(f"{name} has a tree that is not one")


_SPLITS = ("split_feature", "left_child", "right_child")


def _main() -> int:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    data = sys.stdin.buffer.read()
    try:
        files = unpack(data, digest(data))
        _check_trees(files)
        _check_golden(files)
    except BundleRefused as refused:
        print(f"refused: {refused}", file=sys.stderr)
        return 1
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        print(f"refused: it cannot be read ({type(error).__name__})", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main())
