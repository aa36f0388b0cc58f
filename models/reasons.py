"""Reasons are the model: each one is a contribution to the log-odds, told as "label: value"."""

from __future__ import annotations

from collections.abc import Sequence

from features.catalogue import ACTION
from features.matrix import Feature
from leads.lead import Contribution

SHOWN = 5
# Below this a contribution changes the odds by less than 2 %: counted in the sum, not worth a line.
WORTH_TELLING = 0.02


def tell(feature: Feature, value: float | str | None) -> str:
    return f"{feature.label}: {told_value(feature, value)}"


def told_value(feature: Feature, value: float | str | None) -> str:
    if feature.field == ACTION and value is not None:
        return "sales" if value else "marketing"
    if value is None or value != value:
        return "not given"
    if isinstance(value, str):
        return value
    if feature.kind == "flag":
        return "yes" if value else "no"
    number = f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.4g}"
    return f"{number} {feature.unit}" if feature.unit else number


def top_reasons(contributions: Sequence[Contribution], most: int = SHOWN) -> list[Contribution]:
    """The strongest first, for or against; ties keep the form's order. They speak of the lead: who follows up is no
    reason to."""
    worth = [one for one in contributions if abs(one.effect) >= WORTH_TELLING and one.field != ACTION]
    return sorted(worth, key=lambda reason: -abs(reason.effect))[:most]
