"""G0: can anything be judged by these leads? Also whether a score is too good to be true, or no score at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from models.encoder import Array
from training.gates.gate import Gate
from training.gates.persons import People
from training.gates.window import Window, unusable
from training.off_policy import RANGE

LEAST_LEADS, LEAST_CONVERSIONS = 400, 20
USED = 0.05
"""A column that so many leads gave when the recipe learned is one that it may lean on."""
MOST_UNKNOWN = 0.5
SURELY_LEAKED = 0.5
"""No honest recipe takes more than half of the champion's log loss away."""
FAR = 5.0
"""Standard errors."""

Moments = NDArray[np.datetime64]


@dataclass(frozen=True, slots=True)
class Column:
    """Of a field: the share of leads that gave it when the recipe learned and in the window, and the share of the
    window's leads with a level that it never saw."""

    label: str
    given_before: float
    given: float
    unknown: float = 0.0


@dataclass(frozen=True)
class Origin:
    """Where the window's leads come from, in UTC. `known_at`: when the newest thing was known that the score uses.
    `learned_until`, `learned_from`: the newest decision and the people from whom the recipe learned. `propensity` of
    the taken route; NaN where no lot could change it, 1 where there is no guard slice."""

    decided_at: Moments
    known_at: Moments
    learned_until: datetime
    learned_from: People
    columns: Sequence[Column]
    propensity: Array


def data(window: Window, origin: Origin) -> Gate:
    wrong = unusable(window)
    found = [wrong] if wrong else [*_too_few(window), *_no_score(window), *_too_good(window)]
    found += [*_too_late(origin), *_known_already(window, origin), *_columns(origin), *_lots(origin.propensity)]
    numbers = {"leads": float(window.leads), "conversions": float(window.conversions), "faults": float(len(found))}
    fine = (
        f"There are {window.leads:,} leads to judge by, {window.conversions:,} of them converted; the challenger has "
        "learned from none of these people, and nothing it was told came after the decision."
    )
    return Gate("data", not found, " ".join(found) or fine, numbers)


def _too_few(window: Window) -> list[str]:
    conversions, others = window.conversions, window.leads - window.conversions
    if window.leads >= LEAST_LEADS and min(conversions, others) >= LEAST_CONVERSIONS:
        return []
    return [
        f"{window.leads:,} leads with {conversions:,} conversions are too few to judge by: it takes "
        f"{LEAST_LEADS} leads, {LEAST_CONVERSIONS} of them converted and {LEAST_CONVERSIONS} not."
    ]


def _no_score(window: Window) -> list[str]:
    constant = np.ptp(window.challenger) < 1e-9
    return ["The challenger gives every lead the same probability."] if constant else []


def _too_good(window: Window) -> list[str]:
    champion, challenger = (float(window.loss(scores).mean()) for scores in (window.champion, window.challenger))
    if challenger >= (1 - SURELY_LEAKED) * champion:
        return []
    return [
        f"The challenger's error (log loss) is {challenger:.4f}, less than half of the champion's {champion:.4f}. That "
        "is too good to be true: look for a field that is filled in once the outcome is known, and leave it out."
    ]


def _too_late(origin: Origin) -> list[str]:
    told = int((origin.known_at > origin.decided_at).sum())
    return [f"Of {told:,} leads the challenger was told something that came after their decision."] if told else []


def _known_already(window: Window, origin: Origin) -> list[str]:
    older = int((origin.decided_at <= np.datetime64(origin.learned_until.astimezone(UTC).replace(tzinfo=None))).sum())
    found = [f"{older:,} leads to judge by were decided before the challenger stopped learning."] if older else []
    shared = np.isin(window.person, origin.learned_from[origin.learned_from >= 0])
    if people := len(np.unique(window.person[shared])):
        found.append(f"The challenger has learned from {people:,} of the people by whom it is judged.")
    return found


def _columns(origin: Origin) -> list[str]:
    gone = [one for one in origin.columns if one.given_before >= USED and one.given == 0]
    flooded = [one for one in origin.columns if one.unknown > MOST_UNKNOWN]
    return [
        f"“{one.label}” was given by {one.given_before:.0%} of the leads from which the challenger learned and by none "
        "since: mend the form, or take the field out of the agreement."
        for one in gone
    ] + [
        f"{one.unknown:.0%} of the leads say something for “{one.label}” that is new to the challenger."
        for one in flooded
    ]


def _lots(propensity: Array) -> list[str]:
    drawn = propensity[~np.isnan(propensity) & (propensity != 1)]
    low, high = RANGE
    outside = int(((drawn < low) | (drawn > high)).sum())
    if outside:
        return [
            f"{outside:,} decisions have a propensity outside {low:g} to {high:g}, too near to certain to learn from: "
            f"the guard slice should be {2 * low:.0%} or more."
        ]
    if len(drawn) and abs(z := _balance(drawn)) > FAR:
        rarer = "more" if z > 0 else "fewer"
        return [f"The lot took the rarer route far {rarer} times than the recorded propensities say ({z:+.1f} se)."]
    return []


def _balance(propensity: Array) -> float:
    """The mean of 1/e over taken routes must be the number of routes, two: by how many standard errors it is not."""
    variance = 1 / propensity + 1 / (1 - propensity) - 4
    spread = float(np.sqrt(variance.sum()))
    return float((1 / propensity - 2).sum()) / spread if spread > 1e-6 else 0.0
