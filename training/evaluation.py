"""How good probabilities are: every figure is judged on rows that did not fit the model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leads.agreement import Agreement
from models.encoder import Array
from models.likelihood import losses

CALIBRATION_BINS = 15
WORK_DAYS_PER_MONTH = 21
TOP_SHARE = 0.1


@dataclass(frozen=True)
class CalibrationBin:
    """Leads whose probability fell into one of the equally wide bins."""

    leads: int
    mean_probability: float
    observed_rate: float


def log_loss(y: Array, log_odds: Array, maturity: Array | None = None) -> float:
    """Mean negative log likelihood in nats; with `maturity`, F(age) of each lead, that of labels that wait."""
    return float(np.mean(losses(y, log_odds, maturity)))


def calibration(y: Array, probability: Array, bins: int = CALIBRATION_BINS) -> list[CalibrationBin]:
    place = np.minimum((probability * bins).astype(int), bins - 1)
    return [
        CalibrationBin(int(inside.sum()), float(probability[inside].mean()), float(y[inside].mean()))
        for inside in (place == number for number in range(bins))
        if inside.any()
    ]


def expected_calibration_error(y: Array, probability: Array) -> float:
    """Mean |observed rate - mean probability| over equally wide bins, weighted by leads (Naeini et al. 2015)."""
    bins = calibration(y, probability)
    return sum(one.leads * abs(one.observed_rate - one.mean_probability) for one in bins) / len(y)


def precision_at(y: Array, probability: Array, share: float) -> float:
    """The conversion rate of the highest-ranked share of leads; at least one lead."""
    most = max(1, round(share * len(y)))
    top = np.argsort(-probability, kind="stable")[:most]
    return float(y[top].mean())


def capacity_share(agreement: Agreement) -> float:
    """The share of the leads that sales can call: people's daily caps over the leads of a month; a tenth where the
    agreement does not say."""
    caps = [person.daily_cap for person in agreement.sales.people if person.daily_cap]
    leads = agreement.marketing.qualified_leads_per_month
    if not caps or not leads:
        return TOP_SHARE
    return min(1.0, sum(caps) * WORK_DAYS_PER_MONTH / leads)


def metrics(y: Array, log_odds: Array, capacity: float) -> dict[str, float]:
    """The headline figures; ranking ones are left out where only one class was judged."""
    from sklearn.metrics import average_precision_score, roc_auc_score

    probability = 1 / (1 + np.exp(-np.clip(log_odds, -700, 700)))
    figures = {
        "log_loss": log_loss(y, log_odds),
        "brier": float(np.mean((probability - y) ** 2)),
        "ece": expected_calibration_error(y, probability),
        "precision_at_capacity": precision_at(y, probability, capacity),
    }
    if 0 < y.sum() < len(y):
        figures |= {
            "roc_auc": float(roc_auc_score(y, probability)),
            "pr_auc": float(average_precision_score(y, probability)),
            "lift_at_10pct": precision_at(y, probability, TOP_SHARE) / float(y.mean()),
        }
    return figures
