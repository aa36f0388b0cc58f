"""The agreement's written points as a scorer: it answers before a model exists and whenever one cannot."""

from __future__ import annotations

import numpy as np

from leads.agreement import Agreement
from leads.lead import Score
from models.blend import Blend
from models.encoder import Encoder, NumberColumn
from models.logistic import Curve, Logistic
from models.rules import RuleHolds, rule_features
from models.scorer import Scorer, logit


def scorecard_scorer(agreement: Agreement) -> Scorer:
    """log-odds = logit(base_rate) + points · ln 2 / 20, summed over the rules that hold."""
    rules = agreement.scorecard.rules
    features = rule_features(rules, agreement.form.fields, prefix="")
    terms = tuple(_points(RuleHolds(rule).log_odds) for rule in rules)
    encoder = Encoder([NumberColumn(feature.name) for feature in features])
    written = Logistic(logit(agreement.scorecard.base_rate), terms)
    return Scorer(
        features, Blend(encoder, written, None, shift=0.0, logistic_weight=1.0, trees_weight=0.0), "scorecard"
    )


def base_rate_score(agreement: Agreement) -> Score:
    """The score of a lead of whom nothing is known."""
    rate = agreement.scorecard.base_rate
    return Score(rate, logit(rate), logit(rate), (), "scorecard", None, None)


def _points(log_odds: float) -> Curve:
    return Curve(np.array([0.0, 1.0]), np.array([0.0, log_odds]), missing=0.0)
