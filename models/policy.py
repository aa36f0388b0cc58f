"""The rule that turns a score into a band and a route. Pure: whoever knows what it was told can decide again alike."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from leads.agreement import Agreement, Routing
from leads.fields import Value
from leads.lead import SCORED_AGAIN, Band, Cause, Route, RuledBy, Score
from leads.sections import BandBound, Decay, FieldValue

BOUNDED: tuple[BandBound, ...] = ("A", "B", "C")
BANDS: tuple[Band, ...] = (*BOUNDED, "D")
USUAL_MINUTES = 22.0
"""Of a lead whose field says nothing of its minutes, under an agreement that names none for that case."""
HYSTERESIS = 0.15
"""A re-scored lead changes sides only when its index is that much beyond the price."""
COOL_DOWN = timedelta(days=7)
"""For that long a lead keeps a route that a re-score gave it."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """A lead on the scales. `spread` is that of the log-odds, `p_nurture` as in `Score`; `value` is None where nobody
    said what the lead is worth, and then there is no `index`; `wait` is in minutes, since the person last showed
    interest. `whole` is what the index would be if the lead could convert by the call alone."""

    probability: float
    band: Band
    spread: float | None
    value: float | None
    minutes: float
    wait: float
    index: float | None
    whole: float | None
    p_nurture: float | None

    @property
    def benefit(self) -> float:
        return benefit(self.probability, self.p_nurture)


@dataclass(frozen=True, slots=True)
class Price:
    """What a sales minute must earn. `review_from` is the least value of a look that is worth one; None: no looks."""

    number: int
    value: float
    review_from: float | None


@dataclass(frozen=True, slots=True)
class Before:
    """What was chosen last for a lead that is scored again, before any lot: what a lot took must not become what the
    policy holds on to, or the propensities would be wrong. `changed_at` is when a re-score last changed the choice."""

    route: Route
    changed_at: datetime | None


class Verdict(NamedTuple):
    """`propensity` is the probability with which the lot lets this very route be taken; None where it had no say.
    `chosen` is the route without a lot; None where the policy was not asked."""

    route: Route
    propensity: float | None
    ruled_by: RuledBy
    chosen: Route | None = None


class Choice(NamedTuple):
    route: Route
    ruled_by: RuledBy


def band(probability: float, lower_bounds: Mapping[BandBound, float]) -> Band:
    """Bounds belong to the band above them; below C is D."""
    return next((name for name in BOUNDED if name in lower_bounds and probability >= lower_bounds[name]), "D")


def by_band(lead_band: Band, routing: Routing) -> Route:
    """Sales from the agreed band upwards, else nurture: the threshold while there is no price of a sales minute."""
    return "sales" if BANDS.index(lead_band) <= BANDS.index(routing.sales_from) else "nurture"


def remaining(wait: float, decay: Decay) -> float:
    """The share of a call's effect that is left after `wait` minutes: 1 at once, `floor` in the end."""
    quick = decay.quick * math.exp(-wait / decay.quick_minutes)
    slow = (1 - decay.floor - decay.quick) * math.exp(-wait / decay.slow_minutes)
    return decay.floor + quick + slow


def benefit(probability: float, p_nurture: float | None) -> float:
    """What a call adds to the chance of a conversion: all of it, until a model knows both routes. Nothing where the
    model sees the lead convert as well without one."""
    return probability if p_nurture is None else max(probability - p_nurture, 0.0)


def index(benefit: float, value: float, minutes: float, wait: float, decay: Decay) -> float:
    """Expected value of a sales minute spent on this lead now; a call that adds nothing is worth nothing."""
    return max(benefit, 0.0) * value * remaining(wait, decay) / minutes


def waited(interest_at: datetime, now: datetime) -> int:
    """Whole minutes since the person last showed interest."""
    return max(0, int((now - interest_at).total_seconds() // 60))


def weigh(score: Score, values: Mapping[str, Value], agreement: Agreement, wait: float) -> Weighed:
    value, minutes = value_of(values, agreement), minutes_of(values, agreement)
    return on_scales(score.probability, score.spread, value, minutes, wait, agreement, score.p_nurture)


def on_scales(
    probability: float,
    spread: float | None,
    value: float | None,
    minutes: float,
    wait: float,
    agreement: Agreement,
    p_nurture: float | None = None,
) -> Weighed:
    lead_band, decay = band(probability, agreement.routing.bands), agreement.sales.decay
    if value is None:
        return Weighed(probability, lead_band, spread, None, minutes, wait, None, None, p_nurture)
    earned = index(benefit(probability, p_nurture), value, minutes, wait, decay)
    whole = index(probability, value, minutes, wait, decay)
    return Weighed(probability, lead_band, spread, value, minutes, wait, earned, whole, p_nurture)


def value_of(values: Mapping[str, Value], agreement: Agreement) -> float | None:
    return _said(agreement.goal.value, values)


def minutes_of(values: Mapping[str, Value], agreement: Agreement) -> float:
    return _said(agreement.sales.minutes_per_lead, values) or USUAL_MINUTES


def _said(worth: float | FieldValue, values: Mapping[str, Value]) -> float | None:
    if not isinstance(worth, FieldValue):
        return worth
    said = values.get(worth.field)
    number = float(said) if isinstance(said, int | float) else 0.0
    return number if 0 < number < math.inf else worth.otherwise


def deviation(weighed: Weighed, price: float) -> float:
    """Standard deviation of the index: over the fold models, by the delta method from that of the log-odds, with a
    floor in proportion to what is at stake, since that five models agree does not make any of them right. Where both
    routes are known it is that of the chance with a call: half as much again as what the fold models differ by in what
    a call adds, on average, as errors that both chances share cancel there."""
    over_models = (1 - weighed.probability) * (weighed.spread or 0.0) * (weighed.whole or 0.0)
    return math.hypot(over_models, 0.6 * (weighed.index or 0.0) + 0.05 * price)


def value_of_a_look(weighed_index: float, price: float, deviation: float) -> float:
    """Expected value of perfect information: what it would be worth, a minute, to know whether the index is really on
    the other side of the price."""
    if deviation <= 0:
        return 0.0
    z = abs(weighed_index - price) / deviation
    density, beyond = math.exp(-z * z / 2) / math.sqrt(2 * math.pi), math.erfc(z / math.sqrt(2)) / 2
    return max(0.0, deviation * (density - z * beyond))


def look(weighed: Weighed, price: float) -> float:
    """What a human look at this lead is worth; nothing where its index is unknown."""
    if weighed.index is None or weighed.whole is None:
        return 0.0
    expected = weighed.index
    if weighed.p_nurture is not None and weighed.p_nurture > weighed.probability > 0:
        expected = weighed.whole * (1 - weighed.p_nurture / weighed.probability)  # a call seems to do harm
    return value_of_a_look(expected, price, deviation(weighed, price))


def worth_a_look(weighed: Weighed, price: Price | None) -> bool:
    return price is not None and price.review_from is not None and look(weighed, price.value) >= price.review_from


def cut(pairs: Iterable[tuple[float, float]], amount: float) -> float | None:
    """Of (key, weight) pairs the key from which upwards the weights come closest to `amount`: equal keys are taken or
    left together. Infinite where none is closest; None where all of them are not more than `amount`."""
    filled, above = 0.0, None
    for key, weight in _heaps(pairs):
        if filled + weight > amount:
            if filled + weight - amount <= amount - filled:
                return key
            return math.inf if above is None else above
        filled, above = filled + weight, key
    return None


def _heaps(pairs: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Highest key first, equal keys as one."""
    heaps: dict[float, float] = {}
    for key, weight in pairs:
        heaps[key] = heaps.get(key, 0.0) + weight
    return sorted(heaps.items(), reverse=True)


def lot(salt: bytes, submission: str) -> float:
    """Uniform on [0, 1), fixed for a submission, unknown to whoever lacks the salt."""
    drawn = hashlib.sha256(salt + b"lot" + submission.encode()).digest()
    return int.from_bytes(drawn[:6]) / 256**6


def route(
    weighed: Weighed,
    price: Price | None,
    agreement: Agreement,
    lot: float,
    may_nurture: bool,
    before: Before | None = None,
    now: datetime | None = None,
) -> Verdict:
    """`before` and `now` only where a lead is scored again: a new form is always decided anew. A lead that may not be
    nurtured and does not earn its call is looked at by a person, and no lot is drawn for it; but whoever only ends the
    mail makes no work for sales by that, and stays with marketing."""
    routing = agreement.routing
    chosen = _by_index(weighed, price, agreement, before, now)
    if not may_nurture:
        otherwise: Route = "nurture" if before is not None and before.route == "nurture" else "review"
        only = "sales" if chosen.route == "sales" else otherwise
        return Verdict(only, None, "consent", only)
    if chosen.ruled_by != "held" and worth_a_look(weighed, price):
        chosen = Choice("review", "look")
    if lot < routing.guard_slice:
        return _by_lot(chosen.route, lot, routing.guard_slice)
    propensity = None if chosen.route == "review" else 1 - routing.guard_slice / 2
    return Verdict(chosen.route, propensity, chosen.ruled_by, chosen.route)


def _by_lot(chosen: Route, lot: float, guard_slice: float) -> Verdict:
    """Inside the guard slice a fair coin picks sales or nurture, whatever was chosen."""
    taken: Route = "sales" if lot < guard_slice / 2 else "nurture"
    return Verdict(taken, 1 - guard_slice / 2 if taken == chosen else guard_slice / 2, "lot", chosen)


def _by_index(
    weighed: Weighed, price: Price | None, agreement: Agreement, before: Before | None, now: datetime | None
) -> Choice:
    if price is None or weighed.index is None:
        anew, clearly = Choice(by_band(weighed.band, agreement.routing), "band"), True
    else:
        least = agreement.sales.minute_cost
        anew = Choice("sales" if worth_it(weighed.index, price.value, least) else "nurture", "price")
        clearly = _clearly_other(weighed.index, price.value, least, anew.route)
    if before is None or before.route == "quarantine" or before.route == anew.route:
        return anew
    cooling = before.changed_at is not None and now is not None and now - before.changed_at < COOL_DOWN
    held = cooling or (before.route != "review" and not clearly)
    return Choice(before.route, "held") if held else anew


def before(cause: Cause, route: Route | None, chosen: Route | None, changed_at: datetime | None) -> Before | None:
    """None where a lead is decided anew. What sales has is not scored again for what the person does or by night, so a
    lead of sales is then one that sales has done with, and comes from marketing."""
    if cause not in SCORED_AGAIN or chosen is None:
        return None
    done_with = cause != "rescore" and route == "sales"
    return Before("nurture" if done_with else chosen, changed_at)


def worth_it(weighed_index: float, price: float, least: float) -> bool:
    """A minute earns its price, and more than it costs."""
    return weighed_index >= price and weighed_index > least


def _clearly_other(weighed_index: float, price: float, least: float, other: Route) -> bool:
    """Whether the index is on the side of `other` even when the price is moved towards it."""
    moved = 1 + HYSTERESIS if other == "sales" else 1 - HYSTERESIS
    return worth_it(weighed_index, moved * price, moved * least) == (other == "sales")
