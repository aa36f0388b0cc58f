"""Mutated and hostile bundles against the fence before serving: is any of them served with another score, does any run
code or end the process, and how long does a refusal take?"""

from __future__ import annotations

import json
import pickle
import random
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from models.bundle import BundleRefused, Files, digest, open_bundle, pack
from models.bundle_document import SUMS, with_sums
from models.scorer import Scorer
from models.verification import verified_files

TOLERANCE = 1e-12
LEADS: Sequence[dict[str, Any]] = [
    {"email": "ann@example.com", "country": country, "industry": industry, "budget": budget, "demo_requested": demo}
    for country in ("DE", "FR", "US", "JP")
    for industry in ("Steel", "Wood", None)
    for budget in (None, 0.0, 150.0, 400.0, 800.0, 1500.0, 1e6)
    for demo in (True, False)
]
Named = tuple[str, bytes]


def attack(count: int, seed: int, files: Files, hostile: int = 200) -> dict[str, Any]:
    """`count` mutations of a good bundle under a fresh hash, half of the bytes and half of a file, and `hostile`
    documents made to harm. `wrong` counts mutated bytes that were served with another score; a file that an author
    changed and packed anew is another model, not a wrong score, so those are counted apart."""
    original = open_bundle(files, None)
    mutants = [*mutated_bytes(pack(files), count - count // 2, seed), *mutated_files(files, count // 2, seed + 1)]
    tally: Counter[str] = Counter()
    seconds = []
    with tempfile.TemporaryDirectory() as folder:
        canary = Path(folder) / "canary"
        harmful = [one for _ in range(hostile) for one in hostile_documents(files, canary)][:hostile]
        for name, data in mutants + harmful:
            began = time.perf_counter()
            outcome = outcome_of(data, original)
            seconds.append(time.perf_counter() - began)
            tally[f"{name.split(':')[0]} {outcome}"] += 1
        ran = canary.exists()
    told = dict(sorted(tally.items()))
    wrong = sum(times for what, times in told.items() if what.startswith("bytes") and what.endswith("other"))
    slowest = round(max(seconds), 3)
    return {"seed": seed, "outcomes": told, "wrong": wrong, "code_ran": ran, "slowest_seconds": slowest}


def outcome_of(data: bytes, original: Scorer) -> str:
    """`refused`, or served with `equal` or `other` scores."""
    try:
        scorer = open_bundle(verified_files(data, digest(data)), None)
    except BundleRefused:
        return "refused"
    pairs = [(scorer.score(lead).log_odds, original.score(lead).log_odds) for lead in LEADS]
    return "equal" if all(abs(one - two) <= TOLERANCE for one, two in pairs) else "other"


def mutated_bytes(data: bytes, count: int, seed: int) -> Iterator[Named]:
    draw = random.Random(seed)
    for number in range(count):
        kind = ("flip", "cut", "zero", "swap", "repeat")[number % 5]
        yield f"bytes: {kind} {number}", _mutated(data, kind, draw)


def _mutated(data: bytes, kind: str, draw: random.Random) -> bytes:
    place = draw.randrange(len(data) - 64)
    if kind == "flip":
        return data[:place] + bytes([data[place] ^ (1 << draw.randrange(8))]) + data[place + 1 :]
    if kind == "cut":
        return data[:place]
    if kind == "zero":
        return data[:place] + bytes(64) + data[place + 64 :]
    other = draw.randrange(len(data) - 64)
    if kind == "swap":
        return data[:place] + data[other : other + 64] + data[place + 64 :]
    return data[:place] + data[place : place + 64] + data[place:]


def mutated_files(files: Files, count: int, seed: int) -> Iterator[Named]:
    """As an author would send them: the sums are right again."""
    draw = random.Random(seed)
    names = sorted(name for name in files if name != SUMS)
    for number in range(count):
        name = draw.choice(names)
        text = _mutated(files[name].encode(), ("flip", "cut", "zero", "swap")[number % 4], draw)
        yield f"files: {name} {number}", packed(files | {name: text.decode("latin-1")})


def packed(files: Files) -> bytes:
    return pack(with_sums({name: text for name, text in files.items() if name != SUMS}))


def hostile_documents(files: Files, canary: Path) -> Iterator[Named]:
    for name, change in _CHANGES.items():
        yield f"hostile: {name}", packed(files | change(files))
    for key, numbers in (("split_feature", "99"), ("left_child", "77"), ("right_child", "-99"), ("left_child", "0")):
        yield f"hostile: {key}={numbers}", packed(files | {"trees-1.txt": _first(files["trees-1.txt"], key, numbers)})
    for key, numbers in (("num_leaves", "4000000"), ("leaf_value", "nan"), ("leaf_value", "1e999"), ("num_cat", "9")):
        yield f"hostile: {key}={numbers}", packed(files | {"trees-1.txt": _first(files["trees-1.txt"], key, numbers)})
    yield "hostile: pickle", pickle.dumps(_Canary(canary))
    yield "hostile: zip", _zip(canary)
    yield "hostile: yaml", f"!!python/object/apply:pathlib.Path.touch [{canary}]\n".encode()
    yield "hostile: deep", b"[" * 100_000
    yield "hostile: key twice", pack(files).replace(b'{"files":', b'{"files":{},"files":', 1)
    yield "hostile: empty", b""
    yield "hostile: another key", pack(files)[:-1] + b',"code":"import os"}'


def _manifest(**changes: object) -> Callable[[Files], Files]:
    def change(files: Files) -> Files:
        return {"manifest.json": json.dumps(json.loads(files["manifest.json"]) | changes)}

    return change


_CHANGES: dict[str, Callable[[Files], Files]] = {
    "up the tree": lambda files: {"../../x": "x"},
    "long name": lambda files: {"x" * 10_000_000: ""},
    "code": lambda files: {"code.py": "import os; os._exit(0)"},
    "no golden leads": lambda files: {"golden.json": "[]"},
    "deep manifest": lambda files: {"manifest.json": "[" * 50_000},
    "no number": _manifest(shift=float("nan")),
    "huge shift": _manifest(shift=10**400),
    "many boosters": _manifest(boosters=10**9),
    "negative boosters": _manifest(boosters=-1),
    "true boosters": _manifest(boosters=True),
    "no columns": _manifest(columns=[]),
    "scorecard": _manifest(rung="scorecard"),
    "zone": _manifest(timezone="../../etc/passwd"),
    "format": _manifest(format=2),
    "another key": _manifest(loader_module="os"),
    "swapped": lambda files: {"logistic.json": files["golden.json"], "golden.json": files["logistic.json"]},
    "trees for logistic": lambda files: {"logistic.json": files["trees-1.txt"]},
    "empty trees": lambda files: {"trees-1.txt": ""},
    "huge log-odds": lambda files: {"golden.json": '[{"lead": {}, "log_odds": 1e308}]'},
    "file in parameters": lambda files: {
        "trees-1.txt": files["trees-1.txt"].replace("[forcedsplits_filename: ]", "[forcedsplits_filename: /etc/passwd]")
    },
}  # fmt: skip


def _first(text: str, key: str, number: str) -> str:
    """The first number of the first line of that name is another."""
    before, _, after = text.partition(f"\n{key}=")
    rest = after[len(after.split("\n")[0].split(" ")[0]) :]
    return f"{before}\n{key}={number}{rest}"


class _Canary:
    """Touches a file when it is unpickled."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Path]]:
        return Path.touch, (self.place,)


def _zip(canary: Path) -> bytes:
    held = BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr(str(canary), "x")
    return held.getvalue()
