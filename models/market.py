"""Who asks for the team's minutes, and the price at which the calls that earn it fill them. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from leads.agreement import Agreement
from leads.ledger.price import DayPrice
from models.policy import Weighed, by_band, cut, look

FULL_FROM = 0.8
"""Below this load everyone worth calling is called: the order hardly matters there."""
NUDGE, QUEUE_TARGET, FARTHEST = 0.3, 1.25, 3.0
"""A day's minutes too much in the queue leave room for a quarter fewer calls. With a day and a quarter the queue tides
over nights and weekends; aiming at a shorter one leaves people idle. Each day's nudge is made anew, since the queue
itself adds up what was too much: a nudge that added up as well would swing without end."""


class Asked(NamedTuple):
    """A lead of the window. One that may not be nurtured takes a person's minutes whatever it is worth."""

    weighed: Weighed
    may_nurture: bool


@dataclass(frozen=True, slots=True)
class Market:
    """Who asks for minutes, and what there is: `each` is how many leads a day one of them stands for, `capacity` the
    team's minutes a day, `nudge` what the queue divides them by."""

    asked: Sequence[Asked]
    each: float
    capacity: float
    nudge: float
    agreement: Agreement


@dataclass(frozen=True, slots=True)
class Settled:
    value: float
    review_from: float | None
    demand: float
    nudge: float


def nudged(before: DayPrice | None, day: date, queue: float) -> float:
    """The factor of today, once a day; `queue` is in days of the team's work."""
    if before is None or before.day == day:
        return before.nudge if before else 1.0
    return min(FARTHEST, max(1 / FARTHEST, math.exp(NUDGE * (queue - QUEUE_TARGET))))


def settle(market: Market) -> Settled:
    """Looks take minutes as well, and where they are worth most depends on the price: so it is made twice."""
    demand = market.each * (
        sum(map(_anyway(market), market.asked)) + sum(weight for _, weight in _worth_calling(market))
    )
    full = demand > FULL_FROM * market.capacity
    value = _price(market, 0.0) if full else market.agreement.sales.minute_cost
    review_from = least_look(market, value)
    if full and review_from is not None:
        value = _price(market, sum(_looked_at(market, value, review_from)))
        review_from = least_look(market, value)
    return Settled(value, review_from, demand, market.nudge if full else 1.0)


def least_look(market: Market, price: float) -> float | None:
    """What a look must be worth so that the agreed share of the leads is looked at; None where none shall be."""
    share = market.agreement.routing.review_share
    if not share or not market.asked:
        return None
    looks = [(just_below(look(one.weighed, price)), 1.0) for one in market.asked if _by_price(one)]
    least = cut(looks, share * len(market.asked))
    return 0.0 if least is None else least if least < math.inf else None


def _price(market: Market, looked: float) -> float:
    """The index from which upwards the leads fill what the queue leaves of the capacity. So moved, the price passes
    from one group of equal leads to the next, however far apart they are. The best are called even where they alone are
    too many, unless too much waits already."""
    left = market.capacity / market.nudge / market.each - sum(map(_anyway(market), market.asked)) - looked
    least, worth_calling = market.agreement.sales.minute_cost, _worth_calling(market)
    highest = max((index for index, _ in worth_calling), default=least)
    dearest = highest * max(1.0, market.nudge)
    return max(least, min(dearest, cut(worth_calling, left) or least))


def _by_price(one: Asked) -> bool:
    return one.may_nurture and one.weighed.index is not None


def _worth_calling(market: Market) -> list[tuple[float, float]]:
    """The index and the minutes, as far as no lot takes them away, of each lead that the price decides on."""
    least, outside = market.agreement.sales.minute_cost, 1 - market.agreement.routing.guard_slice
    found = [one.weighed for one in market.asked if _by_price(one)]
    return [
        (just_below(lead.index), outside * lead.minutes)
        for lead in found
        if lead.index is not None and lead.index > least
    ]


def just_below(key: float) -> float:
    """In nine digits. The same lead's score may differ in its last digits when it is worked out alone and in a table,
    and a price must not come between the two."""
    return float(f"{key * (1 - 1e-8):.9g}")


def _anyway(market: Market) -> Callable[[Asked], float]:
    """The minutes that a lead takes whatever the price: half of the guard slice goes to sales, and all that may not be
    nurtured is looked at by a person."""
    routing = market.agreement.routing

    def minutes(one: Asked) -> float:
        if not one.may_nurture:
            return one.weighed.minutes
        by_threshold = one.weighed.index is None and by_band(one.weighed.band, routing) == "sales"
        return one.weighed.minutes * (1 - routing.guard_slice / 2 if by_threshold else routing.guard_slice / 2)

    return minutes


def _looked_at(market: Market, price: float, review_from: float) -> Iterator[float]:
    """The minutes of looks at leads that would not have been called."""
    outside = 1 - market.agreement.routing.guard_slice
    for one in filter(_by_price, market.asked):
        below = one.weighed.index is not None and one.weighed.index < price
        if below and look(one.weighed, price) >= review_from:
            yield outside * one.weighed.minutes
