"""Events told of leads: each is kept once, in whatever order they come, and one that is wrong holds up no other."""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Generic, NamedTuple, TypeVar

from leads.lead import Decision, Engagement, Outcome
from leads.ledger import Connection, arrival_of, hold
from leads.outcome import LeadState
from serving.deciding.intake import Intake

SKEW = timedelta(minutes=1)
"""By how much a sender's clock may differ from ours."""
LEADS_AT_ONCE = 32
"""Forms that come in between wait no longer than for these."""
LEAD = re.compile("ld_[0-9a-f-]{36}")
Event = TypeVar("Event", Outcome, Engagement)


class Wrong(NamedTuple):
    """`field` is the one of the event that is wrong, such as `reason` or `properties/mail`."""

    code: str
    field: str
    detail: str


class Told(NamedTuple):
    """What came of telling one event. `state` is the lead's, after all outcomes that were told of it with this one;
    None where the lead is not there, and for an engagement."""

    replayed: bool = False
    wrong: Wrong | None = None
    state: LeadState | None = None


class Kept(NamedTuple, Generic[Event]):
    """The new events as they were written, and what followed from them."""

    events: Sequence[Event]
    state: LeadState | None = None
    decided: Decision | None = None


class Done(NamedTuple, Generic[Event]):
    told: Sequence[Told]
    kept: Kept[Event]


@dataclass(frozen=True)
class EventKind(Generic[Event]):
    """What outcomes, or engagements, have of their own. `known` finds those of a lead by their ids, at least the ones
    that are asked for; two with one id are the same event where they differ in nothing but `of_the_telling`. `wrong`
    judges a new one of a lead that arrived then. `keep` writes the new ones of a lead, if any, and does what follows;
    it is given all that are known with them. `count` comes once it is durable."""

    known: Callable[[Connection, str, Sequence[str]], dict[str, Event]]
    of_the_telling: Sequence[str]
    wrong: Callable[[Connection, Intake, Event, datetime], Wrong | None]
    keep: Callable[[Connection, Intake, Sequence[Event], Collection[Event]], Kept[Event]]
    count: Callable[[Intake, Event], None]


UNKNOWN = Told(wrong=Wrong("unknown-lead", "lead", "There is no lead with this id, or it was erased."))


def tell(intake: Intake, kind: EventKind[Event], events: Sequence[Event]) -> list[Told]:
    """Waits until all is on the disk; not for the event loop. A lead's events are one transaction, and each lead's its
    own: when the ledger fails in between, telling all of them again does no harm."""
    of_lead: dict[str, list[Event]] = {}
    for event in events:
        of_lead.setdefault(event.lead, []).append(event)
    told = {lead: iter(came) for lead, came in _written(intake, kind, of_lead)}
    return [next(told[event.lead]) for event in events]


def foreseen(connection: Connection, intake: Intake, kind: EventKind[Event], event: Event) -> Wrong | None:
    """What telling it would find wrong now; nothing is written."""
    arrived_at = arrival_of(connection, event.lead) if LEAD.fullmatch(event.lead) else None
    if arrived_at is None:
        return UNKNOWN.wrong
    before = kind.known(connection, event.lead, [event.event]).get(event.event)
    return _conflict(kind, before, event) if before else kind.wrong(connection, intake, event, arrived_at)


def untimely(event: Outcome | Engagement, arrived_at: datetime) -> Wrong | None:
    if arrived_at - SKEW <= event.occurred_at <= event.received_at + SKEW:
        return None
    detail = "occurred_at must lie between the lead's first form and now, give or take a minute."
    return Wrong("timestamp", "occurred_at", detail)


def _written(
    intake: Intake, kind: EventKind[Event], of_lead: dict[str, list[Event]]
) -> Iterator[tuple[str, Sequence[Told]]]:
    leads = list(of_lead)
    for start in range(0, len(leads), LEADS_AT_ONCE):
        jobs = [
            (lead, intake.writer.submit(partial(_tell_lead, intake=intake, kind=kind, events=of_lead[lead])))
            for lead in leads[start : start + LEADS_AT_ONCE]
        ]
        for lead, job in jobs:
            told, kept = job.result()
            for event in kept.events:
                kind.count(intake, event)
            if kept.decided is not None:
                intake.metrics.decided(kept.decided)
            yield lead, told


def _tell_lead(connection: Connection, intake: Intake, kind: EventKind[Event], events: Sequence[Event]) -> Done[Event]:
    lead = events[0].lead
    arrived_at = arrival_of(connection, lead) if LEAD.fullmatch(lead) and hold(connection, lead) else None
    if arrived_at is None:
        return Done([UNKNOWN] * len(events), Kept([]))
    known = kind.known(connection, lead, [event.event for event in events])
    told, new = list[Told](), list[Event]()
    for event in events:
        before = known.get(event.event)
        wrong = _conflict(kind, before, event) if before else kind.wrong(connection, intake, event, arrived_at)
        told.append(Told(before is not None and wrong is None, wrong))
        if before is None and wrong is None:
            new.append(event)
            known[event.event] = event
    kept = kind.keep(connection, intake, new, known.values())
    return Done([one._replace(state=kept.state) for one in told], kept)


def _conflict(kind: EventKind[Event], before: Event, told: Event) -> Wrong | None:
    if replace(told, **{name: getattr(before, name) for name in kind.of_the_telling}) == before:
        return None
    detail = "This event of the lead was told before with another content; give each event an id of its own."
    return Wrong("event-conflict", "event", detail)
