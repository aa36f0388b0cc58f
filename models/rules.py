"""The agreement's rules as facts of a lead: each holds or does not, and says how much log-odds people gave it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from features.matrix import Feature, plan
from leads.agreement import Agreement, Between, Condition, Rule
from leads.conditions import meets
from leads.fields import Field, Value

POINTS_THAT_DOUBLE_THE_ODDS = 20


@dataclass(frozen=True, eq=False)
class RuleHolds:
    """Every condition of the rule holds."""

    rule: Rule

    def __call__(self, *values: Value) -> bool:
        return all(meets(value, condition) for value, condition in zip(values, self.rule.when.values(), strict=True))

    @property
    def log_odds(self) -> float:
        return self.rule.points * math.log(2) / POINTS_THAT_DOUBLE_THE_ODDS


def plan_of(agreement: Agreement) -> tuple[Feature, ...]:
    """What a model may learn from: the features of the form, and the agreement's rules."""
    fields = agreement.form.fields
    return (*plan(fields, agreement.sales.timezone), *rule_features(agreement.scorecard.rules, fields))


def rule_features(rules: Sequence[Rule], fields: Mapping[str, Field], prefix: str = "_") -> tuple[Feature, ...]:
    """Beside a form's own features they keep the prefix: no key of a form begins with it."""
    return tuple(_feature(f"{prefix}rule_{place}", rule, fields) for place, rule in enumerate(rules, start=1))


def rules_to_json(features: Sequence[Feature]) -> list[list[Any]]:
    """Those among the features. A rule's conditions keep their order, in which its feature reads them."""
    rules = [feature.function.rule for feature in features if isinstance(feature.function, RuleHolds)]
    return [[rule.points, list(rule.model_dump(exclude_none=True)["when"].items())] for rule in rules]


def rules_from_json(document: Sequence[Any]) -> Iterator[Rule]:
    for points, when in document:
        yield Rule.model_validate_json(json.dumps({"points": points, "when": dict(when)}))


def _feature(name: str, rule: Rule, fields: Mapping[str, Field]) -> Feature:
    keys = tuple(rule.when)
    label = " and ".join(_in_words(fields[key].label or key.replace("_", " "), rule.when[key]) for key in keys)
    return Feature(
        name=name,
        field=keys[0] if keys else "scorecard",
        label=label[:1].upper() + label[1:] if label else "Every lead",
        kind="flag",
        inputs=keys,
        function=RuleHolds(rule),
    )


def _in_words(name: str, condition: Condition) -> str:
    if isinstance(condition, bool):
        return f"{name} is {'yes' if condition else 'no'}"
    if isinstance(condition, Between):
        ends = [f"at least {condition.at_least:g}"] if condition.at_least is not None else []
        ends += [f"below {condition.below:g}"] if condition.below is not None else []
        return f"{name} is {' and '.join(ends)}"
    return f"{name} is {' or '.join(condition)}"
