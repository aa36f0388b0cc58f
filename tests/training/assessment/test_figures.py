"""The figures of an evaluation, worked out a second time from the leads that were written."""

import math
from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from leads.ledger import Ledger
from models.policy import band
from models.scorecard import scorecard_scorer
from tests.training.assessment.company import AGREEMENT, UNTIL, WITHIN, Lead, leads
from tests.training.assessment.conftest import make_champion
from training.assessment.drift import stability
from training.assessment.evaluation import Evaluation
from training.assessment.judged import Rate
from training.assessment.read import read_evaluation

Opened = Callable[[list[Lead]], Ledger]


def by_hand(made: list[Lead]) -> pd.DataFrame:
    """Leads that were scored when they came, and may teach."""
    zone = ZoneInfo("Europe/Berlin")
    rows = [
        {
            "month": f"{(UNTIL - timedelta(days=lead.day)).astimezone(zone):%Y-%m}",
            "band": band(lead.promised, AGREEMENT.routing.bands),
            "route": lead.route,
            "promised": lead.promised,
            "seen": lead.after is not None and lead.after <= lead.day,
            "young": lead.day < WITHIN,
            "day": lead.day,
            **lead.said,
        }
        for lead in made
        if lead.cause != "imported" and not (lead.left_out and lead.after is not None and lead.after <= lead.day)
    ]
    return pd.DataFrame(rows)


def same(rate: Rate, group: pd.DataFrame) -> None:
    """Of mature leads: plain shares with Wilson's interval."""
    assert rate.leads == len(group)
    assert rate.seen == group["seen"].sum()
    assert rate.young == group["young"].sum()
    if rate.young == 0:
        interval = stats.binomtest(rate.seen, rate.leads).proportion_ci(0.95, "wilson")
        assert rate.promised == pytest.approx(group["promised"].mean())
        assert rate.rate == pytest.approx(group["seen"].mean())
        assert (rate.low, rate.high) == pytest.approx((interval.low, interval.high))
        assert rate.off is (not interval.low <= rate.promised <= interval.high if rate.leads >= 10 else None)
    else:
        assert rate.shown < rate.leads
        assert rate.rate == pytest.approx(min(1.0, group["seen"].sum() / rate.shown)) if rate.shown else True
        assert rate.rate > group["seen"].mean() or rate.seen == 0 or rate.shown == 0


@pytest.fixture
def judged(opened: Opened, mixture: list[Lead]) -> Evaluation:
    return read_evaluation(opened(mixture), AGREEMENT, UNTIL)


def test_the_backtest_is_what_leads_were_promised_then_against_what_came(
    judged: Evaluation, mixture: list[Lead]
) -> None:
    table = by_hand(mixture)
    found = judged.backtest
    assert found is not None
    same(found.all, table)
    assert [name for name, _ in found.months] == sorted(table["month"].unique())
    for name, rate in found.months:
        same(rate, table[table["month"] == name])
    for name, rate in found.bands:
        same(rate, table[table["band"] == name])
        for month, of_both in found.bands_by_month[name]:
            same(of_both, table[(table["band"] == name) & (table["month"] == month)])
    routes = dict(found.routes)
    same(routes["For sales"], table[table["route"] == "sales"])
    same(routes["Nurtured"], table[table["route"] == "nurture"])
    assert found.scored_by == {"conversion/1": len(table)}


def test_kinds_of_leads_are_held_against_their_promises(judged: Evaluation, mixture: list[Lead]) -> None:
    table = by_hand(mixture)
    kinds = {(one.field, one.level): one for one in judged.segments}
    columns = {"Source": "source", "Size": "size"}
    for (field, level), one in kinds.items():
        if field in columns:
            same(one.rate, table[table[columns[field]] == level])
    assert ("Country", "DE") in {(field.split(":")[0], level) for field, level in kinds}
    assert kinds["Size", "more"].wrong
    assert (kinds["Size", "more"].rate.misses or 0) > 0.5
    assert not kinds["Size", "1-10"].wrong
    assert sum(rate.leads for rate in (one.rate for key, one in kinds.items() if key[0] == "Size")) == len(table)


def test_the_curves_are_those_of_the_mature_leads(judged: Evaluation, mixture: list[Lead]) -> None:
    table = by_hand(mixture)
    mature = table[~table["young"]].sort_values("promised", ascending=False)
    found = judged.curves
    assert found is not None
    assert found.leads == len(mature)
    assert found.base_rate == pytest.approx(mature["seen"].mean())
    tenth = mature["seen"].head(len(mature) // 10).sum() / mature["seen"].sum()
    assert found.tenth == pytest.approx(tenth, abs=0.01)
    promised = sum(dot.promised for dot in found.dots) / len(found.dots)
    assert promised == pytest.approx(mature["promised"].mean(), rel=0.05)
    assert all(dot.low <= dot.happened <= dot.high for dot in found.dots)


def test_the_forward_test_is_of_leads_that_came_after_the_model_learned(opened: Opened, mixture: list[Lead]) -> None:
    ledger = opened(mixture)
    number = make_champion(ledger, days_ago=200)
    judged = read_evaluation(ledger, AGREEMENT, UNTIL)
    test = judged.forward
    assert test is not None
    assert test.winner == f"model {number}"
    table = by_hand(mixture)
    new = table[(table["day"] < 200) & ~table["young"]]
    assert (test.leads, test.converted) == (len(new), new["seen"].sum())
    assert {one.name for one in test.candidates} == {f"model {number}", "scorecard", "base rate"}
    scorecard = next(one for one in test.candidates if one.name == "scorecard")
    y = new["seen"].to_numpy(dtype=float)
    p = np.array(
        [scorecard_scorer(AGREEMENT).score({"demo_requested": one}).probability for one in new["demo_requested"]]
    )
    assert scorecard.log_loss == pytest.approx(log_loss(y, p))
    assert scorecard.roc_auc == pytest.approx(roc_auc_score(y, p))
    assert scorecard.pr_auc == pytest.approx(average_precision_score(y, p))
    assert scorecard.brier == pytest.approx(brier_score_loss(y, p))
    base = next(one for one in test.candidates if one.name == "base rate")
    assert base.roc_auc is None
    assert base.worse == pytest.approx(base.log_loss - test.best.log_loss)
    assert base.worse_low < base.worse < base.worse_high
    assert test.candidates[0].log_loss == min(one.log_loss for one in test.candidates)
    assert judged.by == f"model {number}"


def test_reasons_are_the_mean_strength_and_add_up_by_answer(opened: Opened, mixture: list[Lead]) -> None:
    judged = read_evaluation(opened(mixture), AGREEMENT, UNTIL)
    asked = np.array([bool(lead.said["demo_requested"]) for lead in mixture])
    assert judged.influence.fields[0][1] == pytest.approx(math.log(2) * asked.mean(), rel=0.05)
    answers = {one.answer: one.effect for one in judged.influence.strongest[0].answers}
    assert answers == pytest.approx({"yes": math.log(2), "no": 0.0})


def test_the_card_tells_who_was_left_out_and_what_the_next_step_needs(opened: Opened, mixture: list[Lead]) -> None:
    ledger = opened(mixture)
    card = {one.title: " ".join(one.sentences) for one in read_evaluation(ledger, AGREEMENT, UNTIL).card}
    told = sum(lead.left_out and lead.after is not None and lead.after <= lead.day for lead in mixture)
    assert f"{told} leads: told by a key that told too many conversions" in card["Who was left out"]
    assert "From nothing" in card["What it learned from"]
    assert "3,000 leads" in card["What the next step needs"]
    make_champion(ledger, days_ago=200)
    card = {one.title: " ".join(one.sentences) for one in read_evaluation(ledger, AGREEMENT, UNTIL).card}
    assert "It is better by 0.0123." in card["How it was judged"]
    assert "2026-05-04" in card["What it learned from"]


def test_intervals_hold_the_truth_of_young_months_too(opened: Opened) -> None:
    """Every month of ten ledgers: the true mean probability lies in the 95 % interval."""
    held, asked = 0, 0
    for seed in range(10):
        made = leads(900, 240, 100 + seed)
        found = read_evaluation(opened(made), AGREEMENT, UNTIL).backtest
        assert found is not None
        for _, rate in found.months:
            if rate.off is not None:
                asked += 1
                held += not rate.off
    assert asked > 70
    assert held / asked >= 0.92


def test_the_stability_index_is_that_of_the_textbook() -> None:
    before, since = np.array([880, 120]), np.array([690, 310])
    by_hand_ = (0.31 - 0.12) * math.log(0.31 / 0.12) + (0.69 - 0.88) * math.log(0.69 / 0.88)
    assert stability(before, since) == pytest.approx(by_hand_, rel=0.02)
