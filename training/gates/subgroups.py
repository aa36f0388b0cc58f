"""G3: is there a kind of lead for which the challenger is worse, though better in all?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from models.encoder import Array
from training.gates.gate import Gate
from training.gates.persons import per_person
from training.gates.window import Window, refused, unusable

LEAST_LEADS = 300
LEAST_CONVERSIONS = 20
ALPHA = 0.05
"""The chance that any group at all is called worse by chance; shared out among the groups (Bonferroni)."""
FARTHEST_OFF = 0.5

Levels = NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Subgroup:
    """`harm`: how much worse the challenger's log loss is at least, in nats a lead; below 0: it may be better. `off`,
    `champion_off`: promised conversions by those seen, less one; NaN where too few were seen."""

    name: str
    leads: int
    harm: float
    off: float
    champion_off: float

    @property
    def harmed(self) -> bool:
        return self.harm > 0

    @property
    def misled(self) -> bool:
        """Far off, and not because the champion already is."""
        return abs(self.off) > FARTHEST_OFF and abs(self.off) > abs(self.champion_off)


def subgroups(window: Window, fields: Mapping[str, Levels]) -> Gate:
    """`fields`: by the label of each (source, country, size), the level of every lead."""
    if why := unusable(window):
        return refused("subgroups", why, window)
    found = judged(window, fields)
    against = [one for one in found if one.harmed or one.misled]
    numbers = {"groups": float(len(found)), "against": float(len(against))}
    numbers |= {f"harm, {one.name}": one.harm for one in found} | {f"off, {one.name}": one.off for one in found}
    return Gate("subgroups", not against, _sentence(found, against), numbers, judged=bool(found))


def judged(window: Window, fields: Mapping[str, Levels]) -> list[Subgroup]:
    groups = list(_large_enough(fields))
    certain = NormalDist().inv_cdf(1 - ALPHA / max(1, len(groups)))
    gains = window.gains
    return [_subgroup(name, window, gains, inside, certain) for name, inside in groups]


def _large_enough(fields: Mapping[str, Levels]) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    for field, levels in fields.items():
        names = np.array(["" if level is None else str(level) for level in levels], dtype=object)
        for level in sorted(set(names)):
            inside = names == level
            if inside.sum() >= LEAST_LEADS:
                yield f"{field}: {level or 'not given'}", inside


def _subgroup(name: str, window: Window, gains: Array, inside: NDArray[np.bool_], certain: float) -> Subgroup:
    harm = per_person(-gains[inside], window.person[inside])
    seen = float(window.converted[inside].sum())
    off, champion_off = (
        float(window.seen_by_now(scores)[inside].sum()) / seen - 1 if seen >= LEAST_CONVERSIONS else math.nan
        for scores in (window.challenger, window.champion)
    )
    return Subgroup(name, int(inside.sum()), harm.mean - certain * harm.standard_error, off, champion_off)


def _sentence(found: Sequence[Subgroup], against: Sequence[Subgroup]) -> str:
    if not found:
        return f"No kind of lead has {LEAST_LEADS} leads to judge by, so none was judged."
    if not against:
        return (
            f"Of {len(found)} kinds of leads with {LEAST_LEADS} leads or more, the challenger is certainly worse for "
            f"none, and promises none of them conversions that are off by more than {FARTHEST_OFF:.0%}."
        )
    return " ".join(_told(one) for one in against)


def _told(one: Subgroup) -> str:
    of = f"For {one.name} ({one.leads:,} leads)"
    if one.harmed:
        return f"{of} the challenger is certainly worse than the champion, by {one.harm:.4f} of log loss at least."
    way = "more" if one.off > 0 else "fewer"
    return f"{of} the challenger expected {abs(one.off):.0%} {way} conversions than came, the champion was nearer."
