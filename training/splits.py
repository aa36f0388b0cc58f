"""Which rows fit and which rows judge: forward in time where an order is known, else on blocks of the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.encoder import Array

Rows = NDArray[np.intp]

WINDOWS = 5
FIRST_JUDGED = 0.4
NEWEST = 0.1
# Below this the newest tenth says nothing about anything: every row helps to choose instead.
SMALLEST_WITH_NEWEST = 200
SEED = 20261122
LEADS_OF_A_PERSON = 10


@dataclass(frozen=True)
class Split:
    """Row numbers; no person stands in both."""

    fit: Rows
    judge: Rows


@dataclass(frozen=True)
class Protocol:
    """`newest` is reported once and never chooses; it is empty for small tables. `words` tell people what was done."""

    splits: tuple[Split, ...]
    newest: Rows
    forward: bool
    words: str

    @property
    def judged(self) -> Rows:
        return np.concatenate([split.judge for split in self.splits])

    @property
    def older(self) -> Rows:
        """Every row but the newest."""
        return np.sort(np.unique(np.concatenate([rows for split in self.splits for rows in (split.fit, split.judge)])))


def forward_protocol(y: Array, person: NDArray[np.int64] | None) -> Protocol | None:
    """Rows stand oldest first. Each window is judged by what was fitted on all rows before it; None when the older rows
    hold one class only."""
    older = _older(len(y))
    splits = [split for split in forward_splits(older, person) if _has_both(y[split.fit])]
    if not splits:
        return None
    words = f"{len(splits)} windows forward in time, each judged by what was fitted on the rows before it"
    return Protocol(tuple(splits), np.arange(older, len(y)), forward=True, words=words)


def forward_splits(rows: int, person: NDArray[np.int64] | None) -> list[Split]:
    """Of rows that stand oldest first: windows, each to be judged by what was fitted on the rows before it."""
    edges = np.linspace(FIRST_JUDGED * rows, rows, WINDOWS + 1).astype(int)
    whole = (Split(np.arange(start), np.arange(start, end)) for start, end in pairwise(edges) if end > start)
    return [_without_people_in_both(one, person) for one in whole]


def block_protocol(y: Array, person: NDArray[np.int64] | None) -> Protocol | None:
    """Contiguous blocks of the file, each left out in turn; rows are drawn by lot, with a fixed seed, where a block
    would hold one class only. None when there are fewer than two rows of a class."""
    if min(y.sum(), len(y) - y.sum()) < 2:
        return None
    rows, words = np.arange(len(y)), f"{WINDOWS} contiguous blocks of the file, each judged by the others"
    blocks = [*np.array_split(rows[: _older(len(y))], WINDOWS), rows[_older(len(y)) :]]
    if not all(_has_both(y[block]) for block in blocks if len(block)):
        blocks = _drawn_blocks(y)
        words = (
            f"{len(blocks) - 1} blocks drawn by lot, each judged by the others, since a block of the file would hold "
            "one class only (it looks sorted by its target, or one class is rare)"
        )
    *judged, newest = blocks
    older = np.sort(np.concatenate(judged))
    splits = [Split(np.setdiff1d(older, block), np.sort(block)) for block in judged]
    apart = [split for split in (_without_people_in_both(one, person) for one in splits) if _has_both(y[split.fit])]
    return Protocol(tuple(apart), newest, False, words) if apart else None


def _drawn_blocks(y: Array) -> list[Rows]:
    """Each class is dealt out in turn, so that every block has its share of both; the last block is the newest's."""
    drawn = np.random.default_rng(SEED).permutation(len(y))
    drawn = drawn[np.argsort(y[drawn], kind="stable")]
    count = int(min(WINDOWS, y.sum(), len(y) - y.sum()))
    newest = drawn[:: round(1 / NEWEST)] if len(y) >= SMALLEST_WITH_NEWEST else drawn[:0]
    rest = drawn[~np.isin(drawn, newest)]
    return [*(rest[place::count] for place in range(count)), newest]


def _older(rows: int) -> int:
    return rows - int(NEWEST * rows) if rows >= SMALLEST_WITH_NEWEST else rows


def _has_both(y: Array) -> bool:
    return bool(len(y)) and 0 < y.sum() < len(y)


def _without_people_in_both(split: Split, person: NDArray[np.int64] | None) -> Split:
    if person is None:
        return split
    judged = person[split.judge]
    return Split(split.fit[~np.isin(person[split.fit], judged[judged >= 0])], split.judge)


def people(addresses: Sequence[str | None]) -> NDArray[np.int64]:
    """A number for each person, -1 where none can be told: without an address, or with one that so many leads share
    that it is a mailbox, a placeholder or a colleague's."""
    codes = pd.factorize(np.array(addresses, dtype=object))[0].astype(np.int64)
    leads = np.bincount(codes[codes >= 0], minlength=1)
    return np.where((codes >= 0) & (leads[codes] <= LEADS_OF_A_PERSON), codes, -1)
