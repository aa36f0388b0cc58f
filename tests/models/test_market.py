from collections.abc import Sequence
from datetime import UTC, date, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leads.agreement import Agreement, parse_agreement
from leads.ledger import DayPrice
from models.market import FULL_FROM, Asked, Market, nudged, settle
from models.policy import Price, Weighed, look, on_scales, route

MINUTES = 20.0
DAY = date(2026, 11, 23)


def agreed(routing: str = "guard_slice = 0.0") -> Agreement:
    return parse_agreement(f"""
[goal]
within_days = 90
value = 1000
[routing]
{routing}
[form.fields.email]
kind = "email"
""")


def asked(index: float | None, agreement: Agreement, minutes: float = MINUTES, may_nurture: bool = True) -> Asked:
    """A lead of this index: half a chance of twice its minutes' worth."""
    value = None if index is None else 2 * minutes * index
    return Asked(on_scales(0.5, 0.2, value, minutes, 0, agreement), may_nurture)


def market(indices: Sequence[float], capacity: float, routing: str = "guard_slice = 0.0", nudge: float = 1.0) -> Market:
    agreement = agreed(routing)
    return Market([asked(index, agreement) for index in indices], 1.0, capacity, nudge, agreement)


def taken(of: Market, price: float, review_from: float | None = None) -> float:
    """Minutes a day that persons give to these leads at that price, the mean over all lots."""
    slice_ = of.agreement.routing.guard_slice
    outside = 0.0
    for one in of.asked:
        verdict = route(one.weighed, Price(1, price, review_from), of.agreement, 0.999, one.may_nurture)
        share = 1.0 if verdict.ruled_by == "consent" else 1 - slice_
        outside += share * one.weighed.minutes * (verdict.route != "nurture")
        outside += (verdict.ruled_by != "consent") * slice_ / 2 * one.weighed.minutes
    return of.each * outside


@given(st.lists(st.integers(2, 12).map(float), min_size=1, max_size=9), st.integers(1, 9), st.sampled_from([0.0, 0.1]))
@settings(max_examples=200)
def test_the_price_fills_the_day_as_well_as_any(indices: list[float], leads: int, guard_slice: float) -> None:
    """By trying every price; only where even the best alone are far too many, they are called all the same."""
    of = market(indices, leads * MINUTES, f"guard_slice = {guard_slice}")
    settled = settle(of)
    if settled.demand <= FULL_FROM * of.capacity:
        assert settled.value == of.agreement.sales.minute_cost
        return
    tried = {price: abs(taken(of, price) - of.capacity) for price in [1.0, *indices]}
    if abs(taken(of, 1e9) - of.capacity) < min(tried.values()):
        assert settled.value == pytest.approx(max(indices))
    else:
        assert abs(taken(of, settled.value) - of.capacity) == pytest.approx(min(tried.values()))


@pytest.mark.parametrize("load", [0.3, 0.79])
def test_below_four_fifths_everyone_worth_calling_is_called(load: float) -> None:
    indices = [*np.linspace(1.5, 40, 100), 0.4, 0.9]
    settled = settle(market(indices, 100 * MINUTES / load, nudge=2.5))
    assert (settled.value, settled.nudge) == (1.0, 1.0)
    assert settled.demand == pytest.approx(100 * MINUTES)


def test_at_a_full_day_all_are_called_and_at_four_times_as_many_the_best_quarter() -> None:
    indices = np.linspace(1.5, 41.5, 401)
    assert settle(market(list(indices), 401 * MINUTES)).value == 1.0
    price = settle(market(list(indices), 100 * MINUTES)).value
    assert (indices >= price).sum() == 100


def test_the_minutes_of_the_guard_slice_are_counted() -> None:
    indices = list(np.linspace(1.5, 41.5, 401))
    plain, sliced = (settle(market(indices, 100 * MINUTES, f"guard_slice = {share}")) for share in (0.0, 0.1))
    assert sliced.demand == pytest.approx(plain.demand * 0.95)
    of = market(indices, 100 * MINUTES, "guard_slice = 0.1")
    assert taken(of, sliced.value) == pytest.approx(100 * MINUTES, abs=MINUTES)
    assert sliced.value > plain.value


def test_who_may_not_be_nurtured_takes_minutes_whatever_the_price() -> None:
    agreement = agreed()
    leads = [asked(index, agreement, may_nurture=index > 5) for index in np.linspace(1.5, 41.5, 401)]
    of = Market(leads, 1.0, 100 * MINUTES, 1.0, agreement)
    assert taken(of, settle(of).value) == pytest.approx(100 * MINUTES, abs=MINUTES)


def test_leads_of_unknown_worth_take_minutes_by_their_band() -> None:
    agreement = agreed("guard_slice = 0.0")
    known = [asked(index, agreement) for index in np.linspace(1.5, 41.5, 401)]
    of = Market([*known, *[asked(None, agreement)] * 40], 1.0, 100 * MINUTES, 1.0, agreement)
    assert sum(one.weighed.index is not None and one.weighed.index >= settle(of).value for one in known) == 60


def test_an_agreed_share_of_the_leads_is_looked_at_and_their_minutes_are_counted() -> None:
    of = market(list(np.random.default_rng(1).lognormal(1.5, 1, 1000)), 200 * MINUTES, "review_share = 0.05")
    settled = settle(of)
    assert settled.review_from is not None
    looked = [one.weighed for one in of.asked if look(one.weighed, settled.value) >= settled.review_from]
    assert len(looked) == 50
    assert taken(of, settled.value, settled.review_from) == pytest.approx(200 * MINUTES, rel=0.02)
    assert settle(market([3.0, 4.0], 20.0)).review_from is None


def test_leads_that_are_all_alike_are_called_rather_than_nobody() -> None:
    assert settle(market([7.0] * 100, 10 * MINUTES)).value == pytest.approx(7.0)


def test_an_empty_window_costs_what_a_minute_costs() -> None:
    assert settle(market([], 100.0)).value == 1.0


def priced(nudge: float, day: date) -> DayPrice:
    return DayPrice(day, datetime(2026, 11, 22, tzinfo=UTC), "daily", 1, 1, 20.0, None, 10, 10.0, 10.0, 0.0, nudge)


def test_the_queue_moves_the_price_once_a_day() -> None:
    yesterday = date(2026, 11, 22)
    assert nudged(None, DAY, 5.0) == 1.0
    assert nudged(priced(1.3, DAY), DAY, 5.0) == 1.3
    assert nudged(priced(1.0, yesterday), DAY, 1.25) == 1.0
    assert nudged(priced(1.0, yesterday), DAY, 2.25) == pytest.approx(np.exp(0.3))
    assert nudged(priced(1.0, yesterday), DAY, 0.0) < 1.0
    assert nudged(priced(1.0, yesterday), DAY, 100.0) == 3.0
    assert nudged(priced(2.0, yesterday), DAY, 1.25) == 1.0


class Weeks:
    """Simulated weeks of one day's price after the other; who is not called by Friday evening waits for Monday."""

    def __init__(self, load: float, seed: int, shock_from: int | None = None) -> None:
        self.draw = np.random.default_rng(seed)
        self.agreement = agreed("guard_slice = 0.02")
        self.capacity = 130 * MINUTES / load
        self.shock_from = shock_from
        self.past: list[list[Weighed]] = []
        self.minutes: list[float] = []
        self.waiting = 0.0
        self.before: DayPrice | None = None

    def run(self, weeks: int) -> list[float]:
        """The minutes that came to sales a day, by the team's, in each week after the first four."""
        for day in range(28 + 7 * weeks):
            arrived = self._arrived(day)
            if day >= 28:
                self._live(day, arrived)
            self.past.append(arrived)
        return (np.array(self.minutes).reshape(weeks, 7).mean(axis=1) / self.capacity).tolist()

    def _arrived(self, day: int) -> list[Weighed]:
        rate = 130 * (1.2 if day % 7 < 5 else 0.5)
        if self.shock_from is not None and day >= 28 + 7 * self.shock_from:
            rate *= 1.5
        indices = self.draw.lognormal(1.8, 1, self.draw.poisson(rate))
        return [asked(float(index), self.agreement).weighed for index in indices]

    def _live(self, day: int, arrived: list[Weighed]) -> None:
        window = [Asked(lead, True) for one in self.past[-28:] for lead in one]
        each = sum(map(len, self.past[-7:])) / 7 / len(window)
        date_ = date.fromordinal(DAY.toordinal() + day)
        nudge = nudged(self.before, date_, self.waiting / self.capacity)
        settled = settle(Market(window, each, self.capacity, nudge, self.agreement))
        self.before = priced(settled.nudge, date_)
        price = Price(1, settled.value, None)
        to_sales = [route(lead, price, self.agreement, self.draw.random(), True).route == "sales" for lead in arrived]
        self.minutes.append(MINUTES * sum(to_sales))
        self.waiting = max(0.0, self.waiting + self.minutes[-1] - (self.capacity * 7 / 5 if day % 7 < 5 else 0))


@pytest.mark.parametrize("load", [1.1, 1.5])
def test_over_weeks_the_minutes_of_sales_are_filled(load: float) -> None:
    assert 0.95 <= np.mean(Weeks(load, seed=1).run(8)) <= 1.05


def test_half_as_many_leads_again_are_taken_in_within_two_weeks() -> None:
    weeks = Weeks(1.5, seed=2, shock_from=3).run(9)
    assert max(weeks) < 1.3
    assert 0.95 <= np.mean(weeks[5:]) <= 1.05
