"""What the gates are told of a study: leads of one route, of both, and of models that know unlike things."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from leads.agreement import Agreement
from leads.ledger import Ledger, open_ledger
from leads.ledger.retraining import Look, begin_retraining, looked_before, write_look
from models.encoder import Array
from models.scorer import sigmoids
from training.gates.gate import Gate
from training.retraining.history import History
from training.retraining.judging import Claim, Said, judged
from training.retraining.study import Study, curve_at, facts_at, made_study
from training.retraining.window import JudgingWindow, judging_window

TODAY, HORIZON, LEADS = 20_000.0, 90, 8_000
DAY = datetime(2026, 11, 2, tzinfo=UTC)


def study_of(action: Array, propensity: Array, told_late: float = 0.0) -> tuple[Study, Array]:
    """With it the true log-odds of the judging leads."""
    chance = np.random.default_rng(7)
    decided = TODAY - np.linspace(600, 0, LEADS)
    truth = chance.normal(-1.5, 1.0, LEADS) + 1.5 * np.nan_to_num(action)
    converted = np.where(chance.random(LEADS) < sigmoids(truth), chance.exponential(12.0, LEADS) % HORIZON, np.inf)
    known = converted + chance.exponential(told_late, LEADS) if told_late else converted
    lead, ones = np.arange(LEADS), np.ones(LEADS)
    followed = np.full(LEADS, np.inf)
    history = History(
        pd.DataFrame(index=range(LEADS)), decided, TODAY, HORIZON, action, propensity, lead, lead, ones, converted,
        known, followed, {},
    )  # fmt: skip
    window = judging_window(history)
    assert isinstance(window, JudgingWindow)
    window = replace_rows(history, window)
    return made_study(history, [], history.values, np.zeros(LEADS), window), truth[window.rows]


def replace_rows(history: History, window: JudgingWindow) -> JudgingWindow:
    """A longer window, so that each gate has enough to see."""
    rows = np.flatnonzero((history.decided_at <= window.ended) & (history.decided_at > window.ended - 365))
    return JudgingWindow(float(history.decided_at[rows[0]]), window.ended, rows)


def gates(study: Study, challenger: Said, champion: Said, agreement: Agreement) -> dict[str, Gate]:
    return {
        gate.name: gate
        for gate in judged(study, Claim("new recipe", challenger, champion, lambda: 0, 400.0), agreement)
    }


def said(log_odds: Array) -> Said:
    return Said(log_odds, sigmoids(log_odds))


def test_leads_of_one_route_say_nothing_of_lots_days_and_routes(agreement: Agreement) -> None:
    taken = np.where(np.random.default_rng(1).random(LEADS) < 0.05, 0.01, 0.99)
    study, truth = study_of(np.ones(LEADS), taken)
    told = gates(study, said(truth), said(np.full(len(truth), truth.mean())), agreement)
    assert all(gate.passed for gate in told.values()), told
    assert [told[name].judged for name in ("data", "capacity", "value")] == [True, False, False]
    both = np.ones(LEADS)
    both[::2] = 0
    study, truth = study_of(both, taken)
    knows, knew = (
        replace(one, p_nurture=one.p_sales) for one in (said(truth), said(np.full(len(truth), truth.mean())))
    )
    refused = gates(study, knows, knew, agreement)["data"]
    assert not refused.passed
    assert "The lot took the rarer route" in refused.sentence


def test_the_route_alone_does_not_win(agreement: Agreement) -> None:
    action = (np.random.default_rng(2).random(LEADS) < 0.5).astype(float)
    study, truth = study_of(action, np.full(LEADS, np.nan))
    routes = action[study.window.rows]
    flat = np.full(len(truth), -1.0)
    only_the_route = Said(np.where(routes == 1, 0.1, -1.4), sigmoids(flat + 1.1), sigmoids(flat - 0.4))
    refused = gates(study, only_the_route, said(np.full(len(truth), -0.6)), agreement)
    assert not refused["data"].passed
    assert "the same probability" in refused["data"].sentence
    knows = Said(truth, sigmoids(truth), sigmoids(truth - 1.5))
    told = gates(study, knows, said(np.full(len(truth), -0.6)), agreement)
    assert told["prediction"].passed
    assert told["prediction"].numbers["leads"] == (routes == 1).sum()


@pytest.mark.parametrize("late", [0.0, 10.0])
def test_labels_wait_for_the_telling_too(late: float) -> None:
    study, _ = study_of(np.ones(LEADS), np.full(LEADS, np.nan), told_late=late)
    history = replace(
        study.history, known_after=np.where(study.history.known_after <= HORIZON, study.history.known_after, np.inf)
    )
    young = np.flatnonzero(history.decided_at > TODAY - 42)
    facts = facts_at(history, young, TODAY)
    assert facts.maturity is not None
    everyone = np.isfinite(history.known_after).mean()
    assert facts.y.sum() / facts.maturity.sum() == pytest.approx(everyone, rel=0.12)
    assert curve_at(history, TODAY).whole


def test_each_look_counts_whatever_the_recipe(tmp_path_factory: pytest.TempPathFactory) -> None:
    ledger: Ledger = open_ledger(f"sqlite:///{tmp_path_factory.mktemp('looks') / 'ledger.db'}")
    begun = begin_retraining(ledger, DAY, None)
    write_look(ledger, begun.id, Look("one", "champion", DAY, DAY.replace(day=20)), DAY)
    other = Look("another", "champion", DAY.replace(day=15), DAY.replace(day=29))
    assert looked_before(ledger, other, begun.id + 1) == 1
    assert looked_before(ledger, other, begun.id) == 0
    assert looked_before(ledger, other._replace(began=DAY.replace(day=21)), begun.id + 1) == 0
    assert looked_before(ledger, other._replace(against="somebody else"), begun.id + 1) == 0
    ledger.close()
