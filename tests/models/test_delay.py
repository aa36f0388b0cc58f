"""How conversions come in: Kaplan–Meier, and the chain ladder that foretells young months."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.stats import nbinom

from models.delay import delay_curve
from models.ladder import Ladder, Usual, chain_ladder, expected_final, usual_rate

HORIZON = 120.0
leads = st.lists(st.tuples(st.floats(0, 200), st.booleans()), min_size=1, max_size=60)


def test_the_curve_of_five_leads_is_that_of_the_textbook() -> None:
    """Of five, one converts on day 3, when another leaves; of the three left, two on day 5: S = 4/5, then 4/15."""
    curve = delay_curve([3, 3, 5, 5, 9], [True, False, True, True, False], HORIZON)
    assert_allclose(curve.days, [3, 5])
    assert_allclose(curve.at([0, 2.9, 3, 4.9, 5, 500]), [0, 0, 3 / 11, 3 / 11, 1, 1])
    assert curve.quartiles == (3, 5, 5)
    assert (curve.followed, curve.whole) == (9, False)


@settings(max_examples=200, deadline=None)
@given(leads)
def test_the_curve_never_falls_and_is_one_at_the_horizon(seen: list[tuple[float, bool]]) -> None:
    days, converted = zip(*seen, strict=True)
    shares = delay_curve(days, converted, HORIZON).at(np.linspace(0, HORIZON, 200))
    assert (np.diff(shares) >= 0).all()
    assert 0 <= shares[0] <= shares[-1] == 1


def test_a_conversion_after_the_horizon_is_none() -> None:
    early, never = [2.0, 4.0, 121.0], [2.0, 4.0, 130.0]
    with_late, without = delay_curve(early, [True] * 3, HORIZON), delay_curve(never, [True, True, False], HORIZON)
    assert_allclose(with_late.at([2, 3, 4]), without.at([2, 3, 4]))
    assert with_late.whole


@pytest.mark.parametrize(("days", "converted"), [([], []), ([5.0, 200.0], [False, False])], ids=["no lead", "none won"])
def test_without_a_conversion_they_are_spread_evenly(days: list[float], converted: list[bool]) -> None:
    curve = delay_curve(days, converted, HORIZON)
    assert_allclose(curve.at([0, 30, 120, 500]), [0, 0.25, 1, 1])
    assert curve.quartiles == (30, 60, 90)


def test_a_month_of_bad_leads_bends_kaplan_meier_and_not_the_ladder() -> None:
    """Two bad months after seven usual ones; the share of conversions that come within 15 days, mean of 40 seeds."""
    kaplan_meier, ladder, truth = np.array([_curves_at(15.0, seed) for seed in range(40)]).mean(axis=0)
    assert kaplan_meier < truth - 0.008
    assert abs(ladder - truth) < 0.006


def _curves_at(age: float, seed: int) -> tuple[float, float, float]:
    ages, delays, won = company(np.array([0.12] * 7 + [0.05] * 2), seed)
    seen = won & (delays <= ages)
    by_leads = delay_curve(np.where(seen, delays, ages), seen, HORIZON)
    by_conversions = chain_ladder(delays[seen], ages[seen], HORIZON).curve
    return float(by_leads.at(age)), float(by_conversions.at(age)), float((delays <= age).mean())


def company(rates: np.ndarray, seed: int, each: int = 400) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ages, delays (log-normal, median 14 days, within the horizon) and who converts; oldest month of 30 days first."""
    chance = np.random.default_rng(seed)
    begun = np.repeat(np.arange(len(rates))[::-1] * 30.0, each)
    drawn = np.exp(chance.normal(np.log(14), 0.9, (6, len(begun))))
    delays = drawn[np.argmax(drawn <= HORIZON, axis=0), np.arange(len(begun))]
    return begun + chance.uniform(0, 30, len(begun)), delays, chance.random(len(begun)) < np.repeat(rates, each)


@settings(max_examples=200, deadline=None)
@given(leads)
def test_the_ladder_never_falls_and_is_one_at_the_horizon(seen: list[tuple[float, bool]]) -> None:
    delays, ages = [day for day, _ in seen], [day + 20 * won for day, won in seen]
    shares = chain_ladder(delays, ages, HORIZON).curve.at(np.linspace(0, HORIZON, 200))
    assert (np.diff(shares) >= -1e-12).all()
    assert shares[0] >= 0
    assert shares[-1] == 1


def test_a_ladder_of_ripe_conversions_is_their_share() -> None:
    delays = np.linspace(0.5, 99.5, 1000)
    curve = chain_ladder(delays, np.full(1000, 300.0), HORIZON).curve
    assert_allclose(curve.at([25.0, 50.0, 75.0]), [0.25, 0.5, 0.75], atol=0.005)
    assert curve.whole


def test_the_first_week_of_a_company_does_not_pass_for_the_whole_of_it() -> None:
    """Nothing was followed for longer than a week; that nothing comes after it, nobody has seen."""
    ladder = chain_ladder([1.0, 2.0, 5.0], [6.0, 7.0, 7.0], HORIZON)
    assert ladder.curve.at(7.0) < 0.6
    assert not ladder.curve.whole
    month = expected_final([5.0] * 50, [True] * 3 + [False] * 47, ladder, usual_rate([3], [15]))
    assert month.high > 2 * month.conversions > 12


@pytest.fixture(scope="module")
def ladder() -> Ladder:
    chance = np.random.default_rng(3)
    return chain_ladder(np.minimum(np.exp(chance.normal(np.log(14), 0.9, 500)), 119), np.full(500, 200.0), HORIZON)


def test_what_is_ripe_is_what_came(ladder: Ladder) -> None:
    found = expected_final([120.0, 130.0, 500.0], [True, False, False], ladder, Usual(0.5, 0.3))
    assert (found.conversions, found.low, found.high, found.seen, found.share) == (1, 1, 1, 1, 1)


def test_no_lead_brings_nothing(ladder: Ladder) -> None:
    found = expected_final([], [], ladder, usual_rate([], []))
    assert (found.leads, found.conversions, found.low, found.high) == (0, 0, 0, 0)


def test_a_month_that_nobody_has_seen_anything_of_is_taken_for_a_usual_one(ladder: Ladder) -> None:
    found = expected_final([0.0] * 500, [False] * 500, ladder, Usual(0.1, 0.3))
    assert found.conversions == pytest.approx(50, rel=0.05)
    assert found.low < 30 < 70 < found.high


def test_what_was_seen_counts_the_more_the_older_a_month_is(ladder: Ladder) -> None:
    """Three times the usual rate so far: after two days hardly to be told, after sixty what it will be."""
    young, old = (
        expected_final([age] * 400, [True] * 40 + [False] * 360, ladder, Usual(0.03, 0.5)) for age in (2.0, 60.0)
    )
    assert old.conversions == pytest.approx(40 / float(ladder.curve.at(60.0)), rel=0.02)
    assert young.high - young.low > 2 * (old.high - old.low)


def test_the_interval_holds_what_is_not_known_of_the_rate_and_the_luck_to_come() -> None:
    """With a curve that ten thousand conversions settled, and a usual rate that says little, what comes after the 40 of
    the first half is negative binomial."""
    settled = chain_ladder(np.linspace(0.1, 119.9, 10_000), np.full(10_000, 200.0), HORIZON)
    found = expected_final([60.0] * 80_000, [True] * 40 + [False] * 79_960, settled, Usual(0.001, 3.0))
    assert found.share == pytest.approx(0.5, abs=0.01)
    assert (found.low - 40, found.high - 40) == pytest.approx(tuple(nbinom.ppf((0.025, 0.975), 40, 0.5)), abs=2)


def test_the_same_seed_foretells_the_same(ladder: Ladder) -> None:
    ages, won = [20.0] * 100, [True] * 5 + [False] * 95
    again = (expected_final(ages, won, ladder, Usual(0.1, 0.3), seed=7) for _ in range(2))
    assert next(again) == next(again)


def test_usual_rates_wander_as_those_of_the_months_did() -> None:
    calm, wild = usual_rate([100] * 20, [1000] * 20), usual_rate([20, 180] * 10, [1000] * 20)
    assert calm.rate == wild.rate == pytest.approx(0.1)
    assert calm.variation == pytest.approx(0.5 * np.sqrt(3 / 23), rel=0.01)
    assert wild.variation == pytest.approx(0.8, rel=0.06)
    assert usual_rate([0, 0], [50, 50]).rate > 0
