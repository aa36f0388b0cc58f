"""Short forms of the two parts of the policy benchmark; the seeds are pinned."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.policy import order, rules, utilisation
from benchmarks.policy.__main__ import Part, main
from benchmarks.policy.callers import Caller
from benchmarks.policy.calls import calls
from benchmarks.policy.interval import Interval, interval
from benchmarks.policy.order import BUSY, CROWDED, Cell, Shares
from benchmarks.policy.target import Target
from leads.sections import Decay

SEEDS = 16


@pytest.fixture(scope="module")
def found() -> dict[Cell, Shares]:
    return {cell: order.shares(cell, SEEDS) for cell in (BUSY, CROWDED)}


def test_the_order_by_index_reaches_its_targets(found: dict[Cell, Shares]) -> None:
    assert [target.facts for target in order.targets(found) if not target.met] == []


@pytest.mark.parametrize("rule", rules.ABLATIONS)
def test_value_minutes_and_decay_each_earn_their_place_in_the_index(found: dict[Cell, Shares], rule: str) -> None:
    assert order.more(found[CROWDED], rules.BY_BENEFIT, rule).low > 0.005


def test_nothing_earns_more_than_the_bound(found: dict[Cell, Shares]) -> None:
    assert all(share < 1 for shares in found.values() for one in shares.values() for share in one)


@pytest.mark.parametrize("alike", [False, True])
def test_the_price_fills_sales_days_before_and_after_a_shock(alike: bool) -> None:
    weeks = [week.utilisation for week in utilisation.weeks(utilisation.Case(1.5, alike), seed=0)]
    assert 0.95 < np.mean(weeks[: utilisation.STEADY_WEEKS]) < 1.05
    assert 0.95 < np.mean(weeks[utilisation.SETTLED :]) < 1.05
    assert min(weeks) > 0.8
    assert max(weeks[1:]) < 1.3


def test_at_least_four_hundred_leads_a_week_are_routed() -> None:
    assert utilisation.fewest([utilisation.weeks(utilisation.Case(1.2), seed=0)]) >= 400


def caller(number: int, arrived: float, takes: float, value: float = 1.0) -> Caller:
    return Caller(number, arrived, 0.5, 0.5, 0.5, value, takes, value, takes, Decay())


def test_calls_are_made_one_after_the_other_and_ties_go_by_arrival() -> None:
    queue = [caller(0, 0.0, 10.0), caller(1, 1.0, 10.0, 5.0), caller(2, 2.0, 10.0, 5.0), caller(3, 3.0, 10.0, 9.0)]
    made = [(one.number, wait) for one, wait in calls(queue, lambda one, wait: one.value, people=1, end=39.0)]
    assert made == [(0, 0.0), (3, 7.0), (1, 19.0)]


def test_an_idle_person_waits_for_the_next_lead() -> None:
    queue = [caller(0, 5.0, 10.0), caller(1, 6.0, 10.0), caller(2, 50.0, 1.0)]
    made = [(one.number, wait) for one, wait in calls(queue, lambda one, wait: 0.0, people=2, end=60.0)]
    assert made == [(0, 0.0), (1, 0.0), (2, 0.0)]


def test_a_target_is_missed_by_what_its_interval_lacks() -> None:
    target = Target("share", Interval(0.85, 0.83, 0.87), above=0.85)
    assert not target.met
    assert target.missed_by == pytest.approx(0.02)
    assert Target("share", Interval(0.0, 0.0, 0.0), above=0.0).met is False
    assert Target("share", interval([0.99, 1.0, 1.01]), above=0.95, below=1.05).met


def test_results_and_page_are_kept_and_the_page_is_written_again_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmarks.policy.__main__.PARTS", (Part("order", order.played, short=2, long=2),))
    out, page = tmp_path / "policy.json", tmp_path / "policy.md"
    main(["--seed", "3", "--out", str(out), "--page", str(page)])
    written = page.read_text(encoding="utf-8")
    assert "| index by probability |" in written
    page.unlink()
    main(["--page-only", "--out", str(out), "--page", str(page)])
    assert page.read_text(encoding="utf-8") == written
