"""Whether past leads can tell what a call adds, and which of them a model learns from. Pure.

Who follows up can be one of a model's inputs once enough leads went either way and leads of one kind went both ways:
drawn by lot, or because people and prices decide differently over time. Where all leads of a kind went one way a model
would only guess what the other would have brought."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.encoder import Array

LEADS = 3000
"""Below that, ranking by the chance under follow-up by sales loses nothing to ranking by what a call adds."""
OF_A_ROUTE = 300
BOTH_WAYS = 300
CONVERSIONS = 100
BANDS_OF_SCORE = 20

Mask = NDArray[np.bool_]


class Lessons(NamedTuple):
    """`rows` are those to learn from, `action` whether who follows up is an input; else what is learned is the chance
    under follow-up by sales. `sentence` tells people why."""

    rows: Mask
    sentence: str
    action: bool


class Found(NamedTuple):
    """In leads: `both_ways` is how many could as well have gone the other way."""

    leads: float
    sales: float
    nurture: float
    both_ways: float
    conversions: float


def rows_to_learn_from(
    action: Array, propensity: Array, y: Array, log_odds: Array | None = None, weight: Array | None = None
) -> Lessons:
    """One element a row. `action` is 1 where sales was to follow up, 0 where the lead was nurtured, NaN where nobody
    knows, as of imported leads; `propensity` that of the route taken, NaN without a lot; `y` whether it has converted;
    `log_odds` the score that the route was chosen by, where there was one; `weight` makes a lead's rows one."""
    found = overlap(action, propensity, y, log_odds, weight)
    if missing := _missing(found):
        sentence = f"The model stays with the chance under follow-up by sales: {'; '.join(missing)}."
        return Lessons(action != 0, sentence, False)
    sentence = (
        f"Who follows up is an input of the model: of {found.leads:,.0f} leads with a known route sales had "
        f"{found.sales:,.0f}, {found.conversions:,.0f} converted, and {found.both_ways:,.0f} could as well have gone "
        "the other way."
    )
    return Lessons(np.ones(len(action), dtype=bool), sentence, True)


def overlap(
    action: Array, propensity: Array, y: Array, log_odds: Array | None = None, weight: Array | None = None
) -> Found:
    known = ~np.isnan(action)
    each = np.where(known, 1.0 if weight is None else weight, 0.0)
    sales, nurture = each * (action == 1), each * (action == 0)
    both_ways = max(_by_lot(propensity, each), 0.0 if log_odds is None else _alike(log_odds, sales, nurture))
    sums = (each.sum(), sales.sum(), nurture.sum(), both_ways, (each * y).sum())
    return Found(*(round(float(one), 6) for one in sums))  # a lead's rows weigh one, but for their last digits


def _by_lot(propensity: Array, each: Array) -> float:
    """How many the lot sends against the rule, on average."""
    other = np.minimum(propensity, 1 - propensity)
    return float((each * np.nan_to_num(other)).sum())


def _alike(log_odds: Array, sales: Array, nurture: Array) -> float:
    """Pairs of a lead of either route with about the same score. The band with most of them does not count: a rule
    that the score alone decides has such pairs in the band around its threshold, and only there."""
    scored = ~np.isnan(log_odds) & (sales + nurture > 0)
    if not scored.any():
        return 0.0
    bounds = np.quantile(log_odds[scored], np.linspace(0, 1, BANDS_OF_SCORE + 1)[1:-1])
    place = np.searchsorted(bounds, log_odds[scored], side="right")
    of_sales, of_nurture = (np.bincount(place, route[scored], BANDS_OF_SCORE) for route in (sales, nurture))
    pairs = np.minimum(of_sales, of_nurture)
    return float(pairs.sum() - pairs.max())


def _missing(found: Found) -> list[str]:
    needed = (
        (found.leads, LEADS, "leads with a known route"),
        (found.sales, OF_A_ROUTE, "leads that sales was to follow up"),
        (found.nurture, OF_A_ROUTE, "leads that were nurtured"),
        (found.both_ways, BOTH_WAYS, "leads that could as well have gone the other way"),
        (found.conversions, CONVERSIONS, "conversions among them"),
    )
    return [f"{int(there):,} of {least:,} {what}" for there, least, what in needed if there < least]
