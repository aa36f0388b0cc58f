"""The model that scores now, judged by all that the ledger knows: no retraining is needed for it."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from features.catalogue import ACTION
from leads.agreement import Agreement
from leads.ledger.book import Ledger
from leads.ledger.bundle import bundles, champion
from models.champion import saved_scorer
from models.scorecard import scorecard_scorer
from models.scorer import logit
from training.assessment.evaluation import Evaluation, Subject, evaluation
from training.assessment.forward import Trial
from training.gates.data import LEAST_CONVERSIONS, LEAST_LEADS
from training.recipe import smoothed_rate
from training.retraining.history import SECONDS, History, known_at, mature, read_history


def read_evaluation(ledger: Ledger, agreement: Agreement, until: datetime) -> Evaluation:
    """BundleRefused where the champion may not serve."""
    history, subject = read_history(ledger, agreement, until), serving(ledger, agreement)
    return evaluation(history, subject, agreement, trial_of(history, subject, agreement))


def serving(ledger: Ledger, agreement: Agreement) -> Subject:
    number = champion(ledger)
    if number is None:
        return Subject(scorecard_scorer(agreement), None, {}, None)
    entry = next(one for one in bundles(ledger) if one.number == number)
    told = entry.facts.get("until")
    learned = datetime.fromisoformat(str(told)) if told else entry.saved_at
    return Subject(saved_scorer(ledger, number), number, entry.facts, learned)


def trial_of(history: History, subject: Subject, agreement: Agreement) -> Trial | None:
    """What the model, the scorecard and the base rate of before say of mature leads of people who came after the model
    learned; None where too few have."""
    if subject.learned_until is None:
        return None
    began = subject.learned_until.timestamp() / SECONDS
    old = mature(history)
    later = history.decided_at > began
    known = np.isin(history.person, history.person[~later])
    rows = np.flatnonzero(old & later & ~known)
    y = known_at(history, history.until).y
    if history.weight[rows].sum() < LEAST_LEADS or y[rows].sum() < LEAST_CONVERSIONS:
        return None
    before = y[old & ~later]
    usual = logit(smoothed_rate(before)) if len(before) else logit(agreement.scorecard.base_rate)
    values = history.values.iloc[rows].assign(**{ACTION: history.action[rows]}).reset_index(drop=True)
    said = {
        subject.name: subject.scorer.log_odds_table(values),
        "scorecard": scorecard_scorer(agreement).log_odds_table(values),
        "base rate": np.full(len(rows), usual),
    }
    return Trial(rows, said, subject.name)
