"""The agreement's written points as a scorer: it answers before a model exists and whenever one cannot."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from features.matrix import Feature
from leads.agreement import Agreement, Between, Condition, Rule
from leads.conditions import meets
from leads.fields import Field, Value
from leads.lead import Score
from models.blend import Blend
from models.encoder import Encoder, NumberColumn
from models.logistic import Curve, Logistic
from models.scorer import Scorer, logit

POINTS_THAT_DOUBLE_THE_ODDS = 20


def scorecard_scorer(agreement: Agreement) -> Scorer:
    """log-odds = logit(base_rate) + points · ln 2 / 20, summed over the rules that hold."""
    rules = agreement.scorecard.rules
    features = tuple(_feature(place, rule, agreement.form.fields) for place, rule in enumerate(rules, start=1))
    terms = tuple(_points(rule.points * math.log(2) / POINTS_THAT_DOUBLE_THE_ODDS) for rule in rules)
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


def _feature(place: int, rule: Rule, fields: Mapping[str, Field]) -> Feature:
    keys = tuple(rule.when)
    label = " and ".join(_in_words(fields[key].label or key.replace("_", " "), rule.when[key]) for key in keys)
    return Feature(
        name=f"rule_{place}",
        field=keys[0] if keys else "scorecard",
        label=label[:1].upper() + label[1:] if label else "Every lead",
        kind="flag",
        inputs=keys,
        function=_holds([rule.when[key] for key in keys]),
    )


def _holds(conditions: list[Condition]) -> Callable[..., bool]:
    def rule_holds(*values: Value) -> bool:
        """Every condition of the rule holds."""
        return all(meets(value, condition) for value, condition in zip(values, conditions, strict=True))

    return rule_holds


def _in_words(name: str, condition: Condition) -> str:
    if isinstance(condition, bool):
        return f"{name} is {'yes' if condition else 'no'}"
    if isinstance(condition, Between):
        ends = [f"at least {condition.at_least:g}"] if condition.at_least is not None else []
        ends += [f"below {condition.below:g}"] if condition.below is not None else []
        return f"{name} is {' and '.join(ends)}"
    return f"{name} is {' or '.join(condition)}"
