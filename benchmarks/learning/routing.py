"""A week's leads by the policy: each on its own, at the price of the four weeks before."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from leads.sections import Agreement, Goal, Routing
from models.encoder import Array
from models.market import Asked, Market, settle
from models.policy import Price, Weighed, on_scales, route

WINDOW_DAYS = 28
MINUTES = 22.0
USUAL_VALUE = 3000.0
"""Of a lead under a rule that does not look at its value."""


class Chances(NamedTuple):
    """Of some leads: the probability under follow-up by sales (or as leads were handled), that without it (None: the
    model does not know), and what each would be worth."""

    probability: Array
    p_nurture: Array | None
    value: Array


class Routed(NamedTuple):
    called: NDArray[np.bool_]
    propensity: Array


def agreed(guard_slice: float) -> Agreement:
    routing = Routing(guard_slice=guard_slice, review_share=0.0)
    return Agreement(goal=Goal(within_days=120, value=USUAL_VALUE), routing=routing)


def price_of(window: Chances, agreement: Agreement, capacity: float) -> Price:
    """At which calls fill `capacity` minutes a day, the guard slice's among them."""
    asked = [Asked(weighed, True) for weighed in _weighed(window, agreement)]
    return Price(0, settle(Market(asked, 1 / WINDOW_DAYS, capacity, 1.0, agreement)).value, None)


def routed(leads: Chances, price: Price, agreement: Agreement, lots: Array) -> Routed:
    verdicts = [
        route(weighed, price, agreement, lot, True)
        for weighed, lot in zip(_weighed(leads, agreement), lots.tolist(), strict=True)
    ]
    called = np.array([one.route == "sales" for one in verdicts])
    return Routed(called, np.array([one.propensity for one in verdicts], dtype=float))


def _weighed(leads: Chances, agreement: Agreement) -> list[Weighed]:
    nurtured = [None] * len(leads.value) if leads.p_nurture is None else leads.p_nurture.tolist()
    return [
        on_scales(probability, None, value, MINUTES, 0.0, agreement, without)
        for probability, value, without in zip(leads.probability.tolist(), leads.value.tolist(), nurtured, strict=True)
    ]
