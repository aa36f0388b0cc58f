import numpy as np
import pytest

from models.delay import DelayCurve, delay_curve
from models.drift import Past, drift_intercept, recent_intercept
from models.scorer import sigmoids

HORIZON = 60.0


def company(steps: dict[float, float], seed: int = 3, leads: int = 12_000) -> tuple[Past, DelayCurve]:
    """Leads of 240 days; the log-odds of those that arrived less than so many days ago lie that much above what the
    model says."""
    numbers = np.random.default_rng(seed)
    age = np.sort(numbers.uniform(0, 240, leads))[::-1]
    said = numbers.normal(-2, 0.8, leads)
    true = said + sum(step * (age < since) for since, step in steps.items())
    won = numbers.random(leads) < sigmoids(true)
    delay = np.where(won, np.minimum(np.exp(numbers.normal(2.4, 0.8, leads)), HORIZON), np.nan)
    delay = np.where(delay <= age, delay, np.nan)
    return Past(said, age, delay), delay_curve(np.fmin(delay, age), ~np.isnan(delay), HORIZON)


def mean_intercept(steps: dict[float, float]) -> float:
    return float(np.mean([recent_intercept(*company(steps, seed)) for seed in range(5)]))


@pytest.mark.parametrize("step", [-0.4, 0.4])
def test_it_finds_how_much_more_often_recent_leads_convert(step: float) -> None:
    assert mean_intercept({42: step}) == pytest.approx(step, abs=0.1)


def test_young_leads_that_have_not_converted_yet_do_not_lower_it() -> None:
    assert mean_intercept({}) == pytest.approx(0, abs=0.06)


def test_few_leads_hardly_move_it() -> None:
    past, curve = company({42: 1.5})
    few = past.where(np.arange(len(past.age)) % 400 == 0)
    assert 0 <= recent_intercept(few, curve) < recent_intercept(past, curve) - 0.5
    nobody = past.where(past.age > 100)
    assert recent_intercept(nobody, curve) == pytest.approx(0, abs=1e-3)


def test_what_was_known_some_days_ago_is_all_that_was_known_then() -> None:
    past = Past(np.zeros(4), np.array([50.0, 50, 20, 5]), np.array([5.0, 45, np.nan, 1]))
    then = past.days_ago(10)
    assert then.age.tolist() == [40, 40, 10]
    assert np.nan_to_num(then.delay, nan=-1).tolist() == [5, -1, -1]


def test_it_is_kept_where_it_would_have_helped_last_month() -> None:
    kept = drift_intercept(*company({72: 0.5}))
    assert kept.gain > 0
    assert kept.judged > 1000
    assert kept.shift == kept.found == pytest.approx(0.5, abs=0.15)
    assert kept.earlier > 0.3


def test_it_is_dropped_where_it_would_have_hurt() -> None:
    """The rate rose for six weeks only, just before the month that judges."""
    dropped = drift_intercept(*company({72: 1.0, 30: -2.0}))
    assert dropped.earlier > 0.6
    assert dropped.gain < 0
    assert dropped.found != 0
    assert dropped.shift == 0


def test_without_leads_of_the_last_month_it_is_not_used() -> None:
    past, curve = company({60: 0.8})
    old = drift_intercept(past.where(past.age > 30), curve)
    assert old.found > 0.3
    assert (old.judged, old.shift) == (0, 0)
