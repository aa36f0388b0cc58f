"""What sales promised: how soon the leads that marketing gave it were answered."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

import numpy as np

from leads.worktime import WorkingTime
from models.encoder import Array
from serving.report.fact import Asked, Fact
from serving.report.facts import Facts
from serving.team.assignment import QUEUES, hours_of_sales

Kept = Literal["in_time", "late", "never", "not_due", "taken_back", "no_promise"]
"""`never` is not until now, and the time is over; `no_promise` where no time to answer was set."""


class Quantiles(NamedTuple):
    """In minutes: half of the answers came within `p50`, nine of ten within `p90`."""

    p50: float
    p90: float


@dataclass(frozen=True, slots=True)
class Responses:
    """Of the leads that a person, the queue, or everybody had first. `asked` is how many; the shares are of those whose
    time to answer is over, or that were answered. Minutes are those of the leads that were answered at all, by working
    time of who had the lead first, and by the clock."""

    name: str
    asked: int
    in_time: int
    late: int
    never: int
    not_due: int
    taken_back: int
    working: Quantiles | None
    clock: Quantiles | None

    @property
    def due(self) -> int:
        return self.in_time + self.late + self.never

    @property
    def share_in_time(self) -> float | None:
        return self.in_time / self.due if self.due else None

    @property
    def share_never(self) -> float | None:
        return self.never / self.due if self.due else None


class _Answer(NamedTuple):
    asked: Asked
    kept: Kept
    answered_at: datetime | None


def responses(facts: Facts) -> Responses:
    return _of(QUEUES["sales"], _answers(facts), _worked(facts))


def responses_by_person(facts: Facts) -> list[Responses]:
    """By who had the lead first, most leads first: whoever let it pass is not freed by who answered later."""
    of_owner: dict[str, list[_Answer]] = defaultdict(list)
    for one in _answers(facts):
        of_owner[one.asked.owner or QUEUES["sales"]].append(one)
    worked = _worked(facts)
    found = [_of(owner, answers, worked) for owner, answers in of_owner.items()]
    return sorted(found, key=lambda one: (-one.asked, one.name))


def kept_of(fact: Fact, asked: Asked, now: datetime) -> Kept:
    if asked.answer_by is None:
        return "no_promise"
    if fact.answered_at is not None:
        return "in_time" if fact.answered_at <= asked.answer_by else "late"
    if fact.taken_back:
        return "taken_back"
    return "never" if asked.answer_by <= now else "not_due"


def _answers(facts: Facts) -> list[_Answer]:
    now = facts.period.now
    return [
        _Answer(fact.asked, kept_of(fact, fact.asked, now), fact.answered_at)
        for fact in facts.leads
        if fact.asked is not None
    ]


Worked = Callable[[Sequence[_Answer]], Array]


def _of(name: str, answers: Sequence[_Answer], worked: Worked) -> Responses:
    counted = Counter(one.kept for one in answers)
    came = [one for one in answers if one.answered_at is not None]
    return Responses(
        name,
        len(answers),
        counted["in_time"],
        counted["late"],
        counted["never"],
        counted["not_due"],
        counted["taken_back"],
        _quantiles(worked(came)),
        _quantiles(
            np.array([(one.answered_at - one.asked.at).total_seconds() / 60 for one in came if one.answered_at])
        ),
    )


def _quantiles(minutes: Array) -> Quantiles | None:
    if not len(minutes):
        return None
    return Quantiles(*map(float, np.quantile(minutes, [0.5, 0.9])))


def _worked(facts: Facts) -> Worked:
    """Working minutes until each answer."""
    ours = hours_of_sales(facts.agreement)
    hours = {member.name: member.working for member in facts.team}
    spans: dict[str | None, Callable[[Array], Array]] = {}
    until = facts.period.now
    since = min((one.asked.at for one in facts.leads if one.asked is not None), default=until)

    def worked(answers: Sequence[_Answer]) -> Array:
        found = []
        for owner in {one.asked.owner for one in answers}:
            if owner not in spans:
                spans[owner] = _clock(hours.get(owner or "", ours), since, until)
            mine = [one for one in answers if one.asked.owner == owner]
            begun = np.array([one.asked.at.timestamp() for one in mine])
            ended = np.array([one.answered_at.timestamp() for one in mine if one.answered_at])
            found.append(spans[owner](ended) - spans[owner](begun))
        return np.concatenate(found) if found else np.zeros(0)

    return worked


def _clock(working: WorkingTime, since: datetime, until: datetime) -> Callable[[Array], Array]:
    """The working minutes since the beginning, at each of many moments."""
    spans = np.array([(a.timestamp(), b.timestamp()) for a, b in working.spans(since, until)]).reshape(-1, 2)
    lengths = spans[:, 1] - spans[:, 0]
    before = np.concatenate(([0.0], np.cumsum(lengths)))

    def at(moments: Array) -> Array:
        begun = np.searchsorted(spans[:, 0], moments, side="right")
        last = np.maximum(begun - 1, 0)
        in_last = np.minimum(moments - spans[last, 0], lengths[last]) if len(spans) else np.zeros(len(moments))
        minutes: Array = np.where(begun > 0, before[last] + in_last, 0.0) / 60
        return minutes

    return at
