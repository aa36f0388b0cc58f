"""G4: would the challenger fill sales' days, no more and no less?"""

from __future__ import annotations

import math

from models.market import Market, settle
from models.policy import Price, route
from training.gates.gate import Gate

TOLERANCE = 0.05
NO_LOT = 1.0
"""A lot that is in no guard slice."""


def capacity(challenger: Market, champion: Market) -> Gate:
    """The same leads, as either model weighs them: each is routed at the price that its own scores settle. Where scores
    have few values, no price fills the day to the minute; then it is enough to be no farther off than the champion."""
    mine, theirs = minutes_routed(challenger), minutes_routed(champion)
    aim, champion_aim = aimed_at(challenger), aimed_at(champion)
    off, champion_off = _off(mine, aim), _off(theirs, champion_aim)
    numbers = {"minutes": mine, "aimed_at": aim, "off": off, "champion_minutes": theirs, "champion_off": champion_off}
    passed = abs(off) <= max(TOLERANCE, abs(champion_off))
    return Gate("capacity", passed, _sentence(numbers, challenger.capacity), numbers, judged=bool(challenger.asked))


def minutes_routed(market: Market) -> float:
    """A day, at the market's own price."""
    settled = settle(market)
    return minutes_at(market, settled.value, settled.review_from)


def aimed_at(market: Market) -> float:
    """The team's minutes a day; fewer where fewer are asked for, more where people must look at more in any case."""
    least, most = minutes_at(market, math.inf), minutes_at(market, market.agreement.sales.minute_cost)
    return min(max(market.capacity, least), most)


def minutes_at(market: Market, price: float, review_from: float | None = None) -> float:
    """Minutes a day that people give to these leads at that price, the mean over all lots."""
    slice_, total = market.agreement.routing.guard_slice, 0.0
    for one in market.asked:
        verdict = route(one.weighed, Price(0, price, review_from), market.agreement, NO_LOT, one.may_nurture)
        to_people = verdict.route != "nurture"
        share = to_people * (1 - slice_) + slice_ / 2 if one.may_nurture else float(to_people)
        total += share * one.weighed.minutes
    return market.each * total


def _off(minutes: float, aim: float) -> float:
    return minutes / aim - 1 if aim else 0.0


def _sentence(of: dict[str, float], capacity: float) -> str:
    if not of["aimed_at"]:
        return "The leads to judge by ask for no minutes of sales."
    whole = "all that sales has" if of["aimed_at"] == capacity else "what these leads ask for"
    return (
        f"With the challenger, sales would get {of['minutes']:,.0f} minutes of calls a day, {abs(of['off']):.0%} "
        f"{'more' if of['off'] > 0 else 'less'} than {of['aimed_at']:,.0f}, {whole}; with the champion they are off by "
        f"{abs(of['champion_off']):.0%}. {TOLERANCE:.0%} is tolerated, or as much as with the champion."
    )
