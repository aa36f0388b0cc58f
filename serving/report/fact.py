"""What is known of one lead, folded from its facts as far as the report needs it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from leads.lead import Band, Outcome, Route, Rung
from leads.ledger import Ruled, Taken
from leads.outcome import LeadState, conversion_of, in_order, state_of
from serving.report.origin import Origin

OF_SALES: tuple[Route, ...] = ("sales", "review")
ACCEPTED: frozenset[LeadState] = frozenset({"accepted", "contacted", "meeting", "converted", "lost"})
"""Sales took the lead as one of theirs, whatever came of it."""
NO_REASON = "no reason"


class Asked(NamedTuple):
    """Marketing gave a lead to sales: when, to whom first (None: the queue), and by when somebody was to answer."""

    at: datetime
    owner: str | None
    answer_by: datetime | None


@dataclass(frozen=True, slots=True)
class Fact:
    """`decided` is False for history: nobody was asked. `probability`, `p_nurture` and `band` are those of its first
    decision; `p_nurture`, the chance without a call, is None where the model did not know it.
    `taken_back` where it was no matter for sales any more before somebody answered; `answered_at` is when the first
    thing happened that sales told of it. `converted_at` only within the horizon; `converted_late` after it."""

    lead: str
    arrived_at: datetime
    first: Origin
    last: Origin
    decided: bool
    probability: float
    p_nurture: float | None
    band: Band
    scored_by: Rung
    asked: Asked | None
    answered_at: datetime | None
    taken_back: bool
    state: LeadState
    reason: str | None
    converted_at: datetime | None
    converted_late: bool
    value: float

    @property
    def chance(self) -> float:
        """That it converts, handled as it was: by sales, or without a call."""
        return self.probability if self.asked is not None or self.p_nurture is None else self.p_nurture

    @property
    def accepted(self) -> bool:
        return self.state in ACCEPTED

    @property
    def rejected(self) -> bool:
        return self.state == "rejected"

    @property
    def converted(self) -> bool:
        return self.converted_at is not None


class Said(NamedTuple):
    """All facts of a lead."""

    lead: str
    arrived_at: datetime
    origins: Sequence[tuple[datetime, Origin]]
    decisions: Sequence[Ruled]
    steps: Sequence[Taken]
    outcomes: Sequence[Outcome]


def fact_of(said: Said, within: timedelta, worth: float | None) -> Fact:
    """`worth` is what a conversion is worth where nobody said it of this one."""
    told = in_order(said.outcomes)
    won, state = conversion_of(told), state_of(told)
    in_time = won is not None and won.occurred_at - said.arrived_at <= within
    first = said.decisions[0]
    asked = _asked(said)
    answered = _answered_at(asked, told)
    return Fact(
        lead=said.lead,
        arrived_at=said.arrived_at,
        first=said.origins[0][1],
        last=_last(said.origins, won),
        decided=first.cause != "imported",
        probability=first.probability,
        p_nurture=first.p_nurture,
        band=first.band,
        scored_by=first.scored_by,
        asked=asked,
        answered_at=answered,
        taken_back=answered is None and _taken_back(asked, said.steps),
        state=state,
        reason=(told[-1].reason or NO_REASON) if state == "rejected" else None,
        converted_at=won.occurred_at if won is not None and in_time else None,
        converted_late=won is not None and not in_time,
        value=_value(told, won, first, worth) if won is not None and in_time else 0.0,
    )


def _asked(said: Said) -> Asked | None:
    given = next((one for one in said.decisions if one.route in OF_SALES and one.cause != "imported"), None)
    if given is None:
        return None
    step = next((step for step in said.steps if step.kind in ("assigned", "queued")), None)
    return Asked(given.decided_at, step.owner if step else None, step.respond_by if step else None)


def _answered_at(asked: Asked | None, told: Sequence[Outcome]) -> datetime | None:
    """What sales told of before it was asked counts as an answer at once."""
    answers = [one.occurred_at for one in told if one.type != "reopened"]
    return max(min(answers), asked.at) if answers and asked is not None else None


def _taken_back(asked: Asked | None, steps: Iterable[Taken]) -> bool:
    """In time, so that nobody owed an answer any more."""
    if asked is None or asked.answer_by is None:
        return False
    return any(step.kind == "ended" and step.at <= asked.answer_by for step in steps)


def _last(origins: Sequence[tuple[datetime, Origin]], won: Outcome | None) -> Origin:
    """Of the last form before the conversion."""
    before = [origin for at, origin in origins if won is None or at <= won.occurred_at]
    return before[-1] if before else origins[0][1]


def _value(told: Sequence[Outcome], won: Outcome, first: Ruled, worth: float | None) -> float:
    """What was told of the conversion, the newest word of it; else what the lead was decided on."""
    said = [one.value for one in told if one.type == "converted" and one.occurred_at >= won.occurred_at]
    known = [value for value in said if value is not None]
    return known[-1] if known else first.value or worth or 0.0
