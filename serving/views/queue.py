"""Whom to call now: the leads of sales that wait for an answer, by what a minute spent on each would earn now."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from leads.agreement import Agreement
from leads.fields import Field, Value
from leads.kinds import Kind
from leads.lead import Assignment, Decision
from leads.ledger import (
    Connection,
    SavedPrice,
    at_hand,
    decisions_by_id,
    owners,
    queued,
    submissions_by_id,
    team_changes,
    unanswered,
)
from leads.refusal import Refusal
from leads.sections import Decay
from leads.team import Member, team_of, there
from models.policy import index
from serving import answers
from serving.deciding.said import all_that_it_said
from serving.team.assignment import QUEUES
from serving.team.placement import taken_today

SALES = QUEUES["sales"]
CONTACT: tuple[Kind, ...] = ("person", "company", "phone", "email")
"""Whom to call: what the lead said of itself in fields of these kinds."""


class NoSuchOwner(Refusal):
    """Nobody of this name is in the team or has a lead."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """`minutes` are whole ones since the person last showed interest; `index` is None where nobody said what the lead
    is worth."""

    assignment: Assignment
    minutes: int
    index: float | None

    def late(self, now: datetime) -> bool:
        return now > self.assignment.respond_by


class Call(NamedTuple):
    """`who` tells in one line whom to call."""

    waiting: Waiting
    decision: Decision
    contact: Mapping[str, Value]
    who: str


class Teammate(NamedTuple):
    """`taken_today` counts from the midnight of their own zone."""

    name: str
    there: bool
    paused: bool
    at_hand: int
    taken_today: int
    daily_cap: int | None


@dataclass(frozen=True, slots=True)
class Queue:
    """`waiting` leads in all, `late` ones among them, and the first of them."""

    at: datetime
    price: float | None
    waiting: int
    late: int
    calls: Sequence[Call]
    team: Sequence[Teammate]


def read_queue(
    connection: Connection, agreement: Agreement, now: datetime, price: SavedPrice | None, owner: str | None, limit: int
) -> Queue:
    """What waits for `owner`, in the queue that nobody has ("sales"), or for anybody (None). All of it is ranked; what
    was decided is read of the first `limit` alone."""
    team = team_of(agreement, team_changes(connection))
    if owner is not None:
        _must_be_known(connection, owner, team)
    ranking = ranked(_waiting_for(connection, owner), agreement.sales.decay, now)
    late = sum(one.late(now) for one in ranking)
    calls = _calls(connection, ranking[:limit], agreement.form.fields)
    must_earn = price.price.value if price is not None else None
    return Queue(now, must_earn, len(ranking), late, calls, _teammates(connection, team, now))


def ranked(assignments: Iterable[Assignment], decay: Decay, now: datetime) -> list[Waiting]:
    """The highest index first, after them what nobody knows the value of, by probability; whoever came first breaks
    ties."""
    return sorted((_weighed(one, decay, now) for one in assignments), key=_rank)


def queue_body(queue: Queue, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "at": answers.time_told(queue.at, zone),
        "price": queue.price,
        "waiting": queue.waiting,
        "late": queue.late,
        "leads": [_call_body(call, queue.at, zone) for call in queue.calls],
        "team": [one._asdict() for one in queue.team],
    }


def _weighed(one: Assignment, decay: Decay, now: datetime) -> Waiting:
    minutes = max(0, int((now - one.interest_at).total_seconds() // 60))
    known = None if one.value is None else index(one.benefit, one.value, one.minutes, minutes, decay)
    return Waiting(one, minutes, known)


def _rank(waiting: Waiting) -> tuple[bool, float, datetime, str]:
    one, earns = waiting.assignment, waiting.index
    return earns is None, -(one.benefit if earns is None else earns), one.interest_at, one.lead


def _waiting_for(connection: Connection, owner: str | None) -> list[Assignment]:
    if owner == SALES:
        return [one for one in queued(connection) if one.answered_at is None]
    return unanswered(connection, owner)


def _must_be_known(connection: Connection, owner: str, team: Sequence[Member]) -> None:
    known = [SALES, *(member.name for member in team)]
    if owner in known or owner in (having := owners(connection)):
        return
    folded = {name.casefold(): name for name in (*known, *having)}
    close = get_close_matches(owner.casefold(), folded, 1, 0.5)
    meant = f"Did you mean “{folded[close[0]]}”?" if close else f"“{SALES}” is the queue of what nobody has."
    raise NoSuchOwner(f"Nobody of this name is in the team or has a lead. {meant}")


def _calls(connection: Connection, page: Sequence[Waiting], fields: Mapping[str, Field]) -> list[Call]:
    """A lead that is erased meanwhile is left out."""
    decisions = decisions_by_id(connection, [one.assignment.decision for one in page])
    sent = submissions_by_id(connection, [decision.submission for decision in decisions.values()])
    calls = []
    for one in page:
        decision = decisions.get(one.assignment.decision)
        if decision is not None and (newest := sent.get(decision.submission)):
            contact = _contact(all_that_it_said(connection, newest, fields), fields)
            calls.append(Call(one, decision, contact, _who(contact, fields)))
    return calls


def _contact(said: Mapping[str, Value], fields: Mapping[str, Field]) -> dict[str, Value]:
    asked = [(key, kind) for kind in CONTACT for key, field in fields.items() if field.kind == kind]
    return {key: said[key] for key, _ in asked if said.get(key) not in (None, "")}


def _who(contact: Mapping[str, Value], fields: Mapping[str, Field]) -> str:
    name = " ".join(str(value) for key, value in contact.items() if fields[key].kind == "person")
    return ", ".join(filter(None, [name, *(str(contact[key]) for key in contact if fields[key].kind != "person")]))


def _teammates(connection: Connection, team: Sequence[Member], now: datetime) -> list[Teammate]:
    waiting, taken = at_hand(connection) if team else {}, taken_today(connection, team, now)
    return [
        Teammate(
            member.name,
            there(member, now),
            member.paused,
            waiting.get(member.name, 0),
            taken[member.name],
            member.daily_cap,
        )
        for member in team
    ]


def _call_body(call: Call, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    waiting, decided = call.waiting, answers.decision_body(call.decision, zone)
    stands = waiting.assignment
    return {
        "lead": stands.lead,
        "decision": stands.decision,
        "owner": stands.owner or SALES,
        "route": decided["route"],
        "index": waiting.index,
        "probability": decided["probability"],
        "band": decided["band"],
        "respond_by": answers.time_told(stands.respond_by, zone),
        "late": waiting.late(now),
        "waiting_minutes": waiting.minutes,
        "since": answers.time_told(stands.since, zone),
        "owned_before": len(stands.owned_before),
        "escalated": stands.escalated,
        "contact": dict(call.contact),
        "reasons": decided["reasons"],
    }
