"""The company whose model learns from its own choices: what it is told, what it pays, and the figure of its year."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.learning.company import HORIZON, columns_of
from benchmarks.learning.figure import draw
from benchmarks.learning.funnel import Funnel, funnel
from benchmarks.learning.loop import as_negatives, plain_negatives, that_wait, with_the_route
from benchmarks.learning.routing import MINUTES, Chances, agreed, price_of, routed
from models.boosting import Rows
from training.company.outcomes import oracle_routing
from training.company.world import World
from training.retraining.history import known_at

WEEKS, LEADS = 26, 200


@pytest.fixture(scope="module")
def company() -> Funnel:
    place = funnel(World(), WEEKS, LEADS, seed=5)
    place.people_choose(place.between(0, np.inf), seed=5)
    return place


def test_nothing_is_known_that_came_later(company: Funnel) -> None:
    early = company.history(50.0)
    assert (early.decided_at < 50).all()
    assert 0 < (early.decided_at + early.known_after <= 50).sum() < np.isfinite(early.known_after).sum()


def test_only_the_rule_that_is_sold_teaches_young_leads_as_negatives(company: Funnel) -> None:
    history, encoder = company.history(7.0 * WEEKS), columns_of(World())
    X = encoder.table(company.leads.iloc[: len(history)])
    assert that_wait(history, X, encoder).plain == 0
    assert as_negatives(history, X, encoder).plain > 1_000
    lesson = with_the_route(history, X, encoder)
    assert (lesson.action, lesson.plain) == (True, 0)


def test_the_best_choice_loses_nothing_and_chance_much(company: Funnel) -> None:
    rows = company.between(0, np.inf)
    place = funnel(World(), WEEKS, LEADS, seed=5)
    place.send(rows, oracle_routing(place.leads, 0.2), np.ones(len(rows)), np.zeros(len(rows)))
    assert place.share_of_the_best(rows) == pytest.approx(1)
    place.send(rows, place.luck.lot < 0.2, np.ones(len(rows)), np.zeros(len(rows)))
    assert 0.1 < place.share_of_the_best(rows) < 0.5


def test_the_price_fills_the_capacity_guard_slice_included(company: Funnel) -> None:
    agreement, leads = agreed(0.1), company.leads
    chances = Chances(leads["_p1"].to_numpy(), leads["_p0"].to_numpy(), leads["_ev"].to_numpy())
    window, next_ones = (
        Chances(*(None if each is None else each[rows] for each in chances))  # type: ignore[arg-type]
        for rows in (company.between(0, 28), company.between(28, np.inf))
    )
    price = price_of(window, agreement, company.calls_a_day * MINUTES)
    sent = routed(next_ones, price, agreement, company.luck.lot[company.between(28, np.inf)])
    assert sent.called.mean() == pytest.approx(0.2, abs=0.03)
    assert set(np.round(sent.propensity, 6)) == {0.05, 0.95}


def test_the_figure_of_the_year_is_small_and_always_the_same(tmp_path: Path) -> None:
    months = [
        {"month": at, "rung": "blend" if at > 1 else "scorecard", "with_action": at > 5, "said": 90.0 + at}
        | {"converted": 100, "low": 81.4, "high": 121.6, "regret": 0.2}
        for at in range(1, 14)
    ]
    retrainings = [{"week": 4 * at, "promoted": at % 2 == 1} for at in range(1, 13)]
    for name in ("first.svg", "second.svg"):
        draw([{"months": months, "retrainings": retrainings}], tmp_path / name)
    drawn = (tmp_path / "first.svg").read_bytes()
    assert drawn == (tmp_path / "second.svg").read_bytes()
    assert b"said beforehand" in drawn
    assert len(drawn) <= 150_000


def test_leads_that_are_old_enough_are_no_young_ones(company: Funnel) -> None:
    history = company.history(7.0 * WEEKS)
    old = np.flatnonzero(history.until - history.decided_at >= HORIZON)
    assert len(old) > 0
    taught = Rows(np.empty((len(old), 0)), known_at(history, history.until).y[old])
    assert plain_negatives(history, old, taught) == (0, 0)
