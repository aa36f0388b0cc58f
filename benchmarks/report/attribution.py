"""Quarters with one planted month of bad leads and one of slow sales: whom the report names for each month."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from benchmarks.report.months import (
    CALM,
    DAYS,
    FEW,
    LEADS,
    POOR_HIDDEN,
    POOR_MIX,
    SLOW,
    Kind,
    Month,
    month,
    needed_rate,
)
from benchmarks.report.seen import Seen
from benchmarks.report.target import Target
from serving.report.shortfall import Shortfall, held, shortfall
from serving.report.verdict import Verdict, verdict

BEFORE = 4
"""Calm months before the quarter, by which the scores are known to hold."""
DATES = (EARLY, RIPE) = (45.0, 120.0)
"""Days after the quarter's end at which the report is drawn."""
RIGHT: dict[str, tuple[str, ...]] = {
    POOR_MIX.name: ("quality",),
    POOR_HIDDEN.name: ("quality",),
    SLOW.name: ("follow-up",),
    FEW.name: ("volume",),
}
LEAST, LEAST_CALM = 0.95, 0.9
QUARTERS: tuple[tuple[Kind, ...], ...] = ((CALM, POOR_MIX, SLOW), (FEW, POOR_HIDDEN, SLOW))


class Judged(NamedTuple):
    month: Month
    split: Shortfall
    verdict: Verdict

    @property
    def right(self) -> bool:
        return self.verdict.parts == RIGHT.get(self.month.kind.name, ())


def quarters(seed: int, effects_known: bool) -> Iterable[list[Month]]:
    """Each after its calm months, the planted ones in an order drawn by lot."""
    for number, kinds in enumerate(QUARTERS):
        order = np.random.default_rng((seed, number)).permutation(len(kinds))
        played = [CALM] * BEFORE + [kinds[place] for place in order]
        of_quarter = 10_000 * seed + 100 * number
        yield [month(kind, k * DAYS, of_quarter + k, effects_known) for k, kind in enumerate(played)]


def judged_quarter(months: Sequence[Month], now: float) -> Iterable[Judged]:
    seen = Seen([one.lives for one in months], now)
    mature = [one for one in months[:BEFORE] if one.lives.arrived.max() <= now - seen.horizon]
    scores = held(sum(one.lives.final for one in mature), sum(one.handled.as_handled.sum() for one in mature))
    for one in months[BEFORE:]:
        split = shortfall(LEADS * needed_rate(), LEADS, one.handled, seen.expected(one.lives), scores)
        yield Judged(one, split, verdict(split))


def judged(
    seeds: Iterable[int], effects_known: bool = True, dates: Sequence[float] = DATES
) -> dict[float, list[Judged]]:
    """All months of the quarters, by the days after the quarter's end at which the report is drawn."""
    found: dict[float, list[Judged]] = {after: [] for after in dates}
    for seed in seeds:
        for months in quarters(seed, effects_known):
            for after, judgements in found.items():
                judgements.extend(judged_quarter(months, len(months) * DAYS + after))
    return found


def by_kind(found: Iterable[Judged]) -> dict[str, list[Judged]]:
    kinds: dict[str, list[Judged]] = defaultdict(list)
    for one in found:
        kinds[one.month.kind.name].append(one)
    return kinds


def summed_up(found: Sequence[Judged]) -> dict[str, Any]:
    parts = ("volume", "foreseen", "unforeseen", "quality", "follow_up", "whole")
    means = {part: round(float(np.mean([getattr(one.split, part).conversions for one in found])), 2) for part in parts}
    lost = round(float(np.mean([one.month.lost for one in found])), 2)
    sides = {side: sum(one.verdict.side == side for one in found) for side in ("nobody", "marketing", "sales", "both")}
    return {
        "months": len(found),
        "right": sum(one.right for one in found),
        "sides": sides,
        "lost": lost,
        "means": means,
    }


def played(seeds: int, first: int, effects_known: bool = True) -> tuple[dict[str, Any], list[Target]]:
    found = judged(range(first, first + seeds), effects_known)
    dates = {f"{after:g}": by_kind(judgements) for after, judgements in found.items()}
    figures = {after: {kind: summed_up(ones) for kind, ones in kinds.items()} for after, kinds in dates.items()}
    return {"after": figures}, [one for after, kinds in dates.items() for one in targets(after, kinds)]


def played_by_probability(seeds: int, first: int) -> tuple[dict[str, Any], list[Target]]:
    """By scores that do not know what a call adds: all of a called lead's probability is taken for it."""
    return played(seeds, first, effects_known=False)


def targets(after: str, kinds: dict[str, list[Judged]]) -> Iterable[Target]:
    for kind, found in kinds.items():
        named = " and ".join(RIGHT.get(kind, ())) or "nobody"
        least = LEAST if kind in RIGHT else LEAST_CALM
        what = f"{kind}, {after} days after the quarter: {named} named, nothing else"
        yield Target(what, sum(one.right for one in found), len(found), least)
