"""The sales team at one moment: the agreement's people, and what was said of them since."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from leads.agreement_text import tuples
from leads.sections import Agreement, FieldValue, Person, Sales
from leads.worktime import WorkingTime, working_time

ChangeKind = Literal["added", "removed", "leave", "leave-cancelled", "hours", "paused", "resumed"]


class Change(NamedTuple):
    """What was said of a person, over the agreement's list. `said` holds the keys of a person in the agreement (added),
    `from` and `to` (leave, leave-cancelled), `hours` and perhaps `timezone` (hours), `by` (paused)."""

    person: str
    at: datetime
    kind: ChangeKind
    said: Mapping[str, Any] = {}


class Leave(NamedTuple):
    """Whole days in the person's zone; both ends belong to it."""

    first: date
    last: date

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.first <= day <= self.last


@dataclass(frozen=True)
class Member:
    """A person of the team. Days of leave are closed in `working`; `paused_by` says who paused them."""

    name: str
    weight: float
    daily_cap: int | None
    takes: Mapping[str, tuple[str, ...]]
    mail: str | None
    working: WorkingTime
    paused: bool = False
    paused_by: str | None = None
    leaves: tuple[Leave, ...] = ()


@dataclass(frozen=True)
class _Said:
    person: Person
    leaves: tuple[Leave, ...] = ()
    paused_by: str | None = None


def team_of(agreement: Agreement, changes: Sequence[Change]) -> tuple[Member, ...]:
    """The agreement's people in its order, then those added by command. Who is added anew begins anew, with what the
    agreement says of them where the command said nothing."""
    agreed = {person.name: person for person in agreement.sales.people}
    team = {name: _Said(person) for name, person in agreed.items()}
    for change in changes:
        name, said = change.person, change.said
        if change.kind == "added":
            team[name] = _Said(_person(agreed.get(name), name, said))
        elif change.kind == "removed":
            team.pop(name, None)
        elif name in team:
            team[name] = _CHANGES[change.kind](team[name], said)
    return tuple(_member(said, agreement.sales) for said in team.values())


def there(member: Member, moment: datetime) -> bool:
    """In their hours, on no leave, and not paused."""
    return not member.paused and member.working.open_at(moment)


def capacity_a_day(team: Sequence[Member], agreement: Agreement, now: datetime, days: int = 7) -> float:
    """Minutes a day that the team can give to leads: the mean of the next days, today included. A person with a daily
    cap gives its leads' minutes on each day that they work, a person without one all their working minutes."""
    worth = agreement.sales.minutes_per_lead
    minutes = (worth.otherwise or 0.0) if isinstance(worth, FieldValue) else worth
    coming = [timedelta(days=number) for number in range(days)]
    able = [member for member in team if not member.paused]
    return sum(_minutes_on(member, _today(member, now) + day, minutes) for member in able for day in coming) / days


def _today(member: Member, now: datetime) -> date:
    return now.astimezone(member.working.zone).date()


def _minutes_on(member: Member, day: date, minutes_per_lead: float) -> float:
    working = member.working.minutes_on(day)
    return working if member.daily_cap is None or not working else member.daily_cap * minutes_per_lead


def _person(agreed: Person | None, name: str, said: Mapping[str, Any]) -> Person:
    known = agreed.model_dump() if agreed is not None else {"name": name}
    return Person.model_validate(known | tuples(dict(said)))


def _with_leave(now: _Said, said: Mapping[str, Any]) -> _Said:
    return replace(now, leaves=tuple(sorted((*now.leaves, leave_of(said)))))


def _without_leave(now: _Said, said: Mapping[str, Any]) -> _Said:
    return replace(now, leaves=tuple(leave for leave in now.leaves if leave != leave_of(said)))


def leave_of(said: Mapping[str, Any]) -> Leave:
    return Leave(date.fromisoformat(said["from"]), date.fromisoformat(said["to"]))


_CHANGES: Mapping[ChangeKind, Callable[[_Said, Mapping[str, Any]], _Said]] = {
    "leave": _with_leave,
    "leave-cancelled": _without_leave,
    "hours": lambda now, said: replace(now, person=now.person.model_copy(update=dict(said))),
    "paused": lambda now, said: replace(now, paused_by=said.get("by", "hand")),
    "resumed": lambda now, said: replace(now, paused_by=None),
}

_times = lru_cache(maxsize=256)(working_time)


def hours_of(person: Person, sales: Sales) -> WorkingTime:
    """Their own hours, zone and holidays, or the team's."""
    return _times(person.hours or sales.hours, person.timezone or sales.timezone, person.holidays or sales.holidays)


def _member(said: _Said, sales: Sales) -> Member:
    person, working = said.person, hours_of(said.person, sales)
    if said.leaves:
        public, leaves = working.closed, said.leaves
        working = replace(working, closed=lambda day: public(day) or any(day in leave for leave in leaves))
    return Member(
        name=person.name,
        weight=person.weight,
        daily_cap=person.daily_cap,
        takes=person.takes,
        mail=person.mail,
        working=working,
        paused=said.paused_by is not None,
        paused_by=said.paused_by,
        leaves=said.leaves,
    )
