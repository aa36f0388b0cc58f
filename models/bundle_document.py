"""The document of a bundle: a few named texts and their SHA-256 sums. Nothing but Python's JSON reader reads it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

LARGEST = 64 * 1024 * 1024
SUMS = "SHA256SUMS"
"""As `sha256sum -c` reads it: damage to any file between training and the ledger is seen, also where no invented lead
would notice. Against an author who means harm the other checks stand."""
MOST_BOOSTERS = 50

Files = dict[str, str]


class BundleRefused(Exception):
    """The bytes are not a bundle that this Accord may serve; the message says why."""


def with_sums(files: Files) -> Files:
    return files | {SUMS: _sums(files)}


def pack(files: Files) -> bytes:
    return json.dumps({"files": files}, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def check_bytes(data: bytes, sha256: str) -> None:
    if len(data) > LARGEST:
        raise BundleRefused(f"it is larger than {LARGEST} bytes")
    if digest(data) != sha256:
        raise BundleRefused("its bytes are not the ones that were saved (SHA-256 differs)")


def unpack(data: bytes, sha256: str) -> Files:
    """The files of a bundle whose bytes are the ones that were saved."""
    check_bytes(data, sha256)
    try:
        document = read_json(data.decode())
    except (ValueError, RecursionError):
        raise BundleRefused("it is not a bundle document") from None
    files = document["files"] if isinstance(document, dict) and set(document) == {"files"} else None
    if not isinstance(files, dict) or not all(isinstance(text, str) for text in files.values()):
        raise BundleRefused("its files are not texts")
    _check_names(files)
    if files[SUMS] != _sums({name: text for name, text in files.items() if name != SUMS}):
        raise BundleRefused(f"a file is not the one that was trained (see {SUMS})")
    return files


def read_json(text: str) -> Any:
    """Strictly: a key that is given twice and a number that is none are ValueErrors."""
    return json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)


def trees_file(place: int) -> str:
    return f"trees-{place + 1}.txt"


def _check_names(files: Files) -> None:
    needed = {"manifest.json", "golden.json", SUMS}
    allowed = needed | {"logistic.json", *(trees_file(place) for place in range(MOST_BOOSTERS))}
    if extra := sorted(set(files) - allowed):
        raise BundleRefused(f"it holds a file that no bundle has: {extra[0][:60]}")
    if missing := needed - set(files):
        raise BundleRefused(f"it lacks {sorted(missing)[0]}")


def _sums(files: Files) -> str:
    return "".join(f"{digest(text.encode('utf-8', 'replace'))}  {name}\n" for name, text in sorted(files.items()))


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) < len(pairs):
        raise ValueError("a key is given twice")
    return document


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number")
