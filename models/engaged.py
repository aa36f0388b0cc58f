"""What a person did after the form, in their score: by the agreement's points, unless the model learned it.

All of it goes into the row that is kept with the decision, so that the row alone tells how the decision was made."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from features.engagement import counted, folded_of
from leads.agreement import Agreement
from leads.lead import Contribution, Engagement, Score, Submission
from models.rules import POINTS_THAT_DOUBLE_THE_ODDS
from models.scorer import Row, sigmoid

FOLDED, TIMES, LAST = "engagement.", "engaged_times.", "engaged_last."
"""How the names begin under which the row holds what is left of a kind, how often it happened, and when last."""


def engaged_row(engagements: Sequence[Engagement], at: datetime, agreement: Agreement) -> Row:
    """As it was known at the moment; empty where nothing was."""
    if not engagements:
        return {}
    those = counted(engagements, at)
    return {**folded_of(those, at, agreement.marketing.engagements), **_happened(those, agreement)}


def only_engaged(row: Row) -> Row:
    """The part of a kept row that `engaged_row` made."""
    return {name: value for name, value in row.items() if name.startswith((FOLDED, TIMES, LAST))}


def inputs(row: Row) -> Row:
    """What a model may have learned of it."""
    return {name: value for name, value in row.items() if name.startswith(FOLDED)}


def learned(names: Iterable[str]) -> bool:
    """Whether a model with these features knows what people did."""
    return any(name.startswith(FOLDED) for name in names)


def raised_by(row: Row, agreement: Agreement) -> float:
    """By how much it raises the log-odds of a score that never learned it."""
    return math.fsum(one.effect for one in _contributions(row, agreement))


def with_points(score: Score, row: Row, agreement: Agreement) -> Score:
    """20 points double the odds, times what is left of the kind."""
    told = tuple(_contributions(row, agreement))
    if not told:
        return score
    added = math.fsum(one.effect for one in told)
    log_odds, contributions = score.log_odds + added, (*score.contributions, *told)
    p_nurture = None if score.p_nurture is None else raised(score.p_nurture, added)
    return replace(
        score, probability=sigmoid(log_odds), log_odds=log_odds, contributions=contributions, p_nurture=p_nurture
    )


def raised(probability: float, log_odds: float) -> float:
    """With so much more log-odds."""
    odds = math.exp(log_odds) * probability
    return odds / (odds + 1 - probability)


def interest_at(submission: Submission, row: Row, agreement: Agreement) -> datetime:
    """When the person last showed interest: by the form, or by something that the agreement gives points."""
    last = (datetime.fromisoformat(str(row[LAST + kind])) for kind in kinds_in(row) if _points(agreement, kind) > 0)
    return max([submission.interest_at, *last])


def kinds_in(row: Row) -> list[str]:
    return sorted(name.removeprefix(LAST) for name in row if name.startswith(LAST))


def times(row: Row, kind: str) -> int:
    return int(float(row.get(TIMES + kind) or 0))


def _happened(engagements: Sequence[Engagement], agreement: Agreement) -> Mapping[str, float | str]:
    row: dict[str, float | str] = {}
    for one in engagements:
        if one.kind in agreement.marketing.engagements:
            row[TIMES + one.kind] = float(row.get(TIMES + one.kind, 0.0)) + 1.0
            row[LAST + one.kind] = one.occurred_at.isoformat()  # they are in order
    return row


def _contributions(row: Row, agreement: Agreement) -> Iterator[Contribution]:
    zone = ZoneInfo(agreement.sales.timezone)
    for kind in kinds_in(row):
        if (points := _points(agreement, kind)) > 0:
            effect = points * math.log(2) / POINTS_THAT_DOUBLE_THE_ODDS * float(row[FOLDED + kind] or 0.0)
            last = datetime.fromisoformat(str(row[LAST + kind])).astimezone(zone).date()
            often = f"{times(row, kind)} times, last" if times(row, kind) > 1 else "once, on"
            label = agreement.marketing.engagements[kind].label
            yield Contribution(FOLDED + kind, "engagements", f"{label}: {often} {last}", effect)


def _points(agreement: Agreement, kind: str) -> float:
    """Nothing for a kind that the agreement no longer names."""
    of_kind = agreement.marketing.engagements.get(kind)
    return of_kind.points if of_kind is not None else 0.0
