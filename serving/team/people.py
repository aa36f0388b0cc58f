"""Who is in the team now, who is there, and what each has taken and has at hand."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from leads.agreement import Agreement
from leads.ledger import Connection, at_hand, credits, owned, queued, team_changes
from leads.team import Change, Member, team_of, there
from leads.team_change import span, today, without_takers
from leads.worktime import NeverOpen
from serving.answers import time_told
from serving.team.placement import taken_today

HEADINGS = ("person", "now", "weight", "today", "unanswered", "open", "takes", "leave")


@dataclass(frozen=True, slots=True)
class Standing:
    """`back` is when somebody who is away comes next, None where that is not known; `open` leads are live ones, of
    which `unanswered` wait for the person."""

    member: Member
    there: bool
    back: datetime | None
    paused_at: datetime | None
    taken_today: int
    unanswered: int
    open: int
    credit: float


@dataclass(frozen=True, slots=True)
class People:
    """`stuck` are the rules whose people have all left; `queued` leads wait for anybody."""

    at: datetime
    standings: Sequence[Standing]
    queued: int
    stuck: Sequence[str]


def read_people(connection: Connection, agreement: Agreement, now: datetime) -> People:
    changes = team_changes(connection)
    team = team_of(agreement, changes)
    names = [member.name for member in team]
    waiting, credit, taken = at_hand(connection), credits(connection), taken_today(connection, team, now)
    live = Counter(one.owner for one in owned(connection, names))
    standings = [
        Standing(
            member,
            there(member, now),
            _back(member, now),
            _paused_at(member, changes),
            taken[member.name],
            waiting.get(member.name, 0),
            live[member.name],
            credit.get(member.name, 0.0),
        )
        for member in team
    ]
    return People(now, standings, len(queued(connection)), without_takers(agreement, names))


def _back(member: Member, now: datetime) -> datetime | None:
    try:
        return None if member.paused else member.working.after(now, 0)
    except NeverOpen:
        return None


def _paused_at(member: Member, changes: Sequence[Change]) -> datetime | None:
    pauses = [change.at for change in changes if change.person == member.name and change.kind == "paused"]
    return pauses[-1] if member.paused else None


def people_body(people: People, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "at": time_told(people.at, zone),
        "people": [_body(one, zone) for one in people.standings],
        "queued": people.queued,
        "rules_without_people": list(people.stuck),
    }


def _body(one: Standing, zone: ZoneInfo) -> dict[str, Any]:
    member = one.member
    return {
        "name": member.name,
        "there": one.there,
        "back": None if one.there or one.back is None else time_told(one.back, zone),
        "paused_by": member.paused_by,
        "paused_at": time_told(one.paused_at, zone) if one.paused_at else None,
        "weight": member.weight,
        "daily_cap": member.daily_cap,
        "taken_today": one.taken_today,
        "unanswered": one.unanswered,
        "open": one.open,
        "takes": {key: list(levels) for key, levels in member.takes.items()},
        "timezone": member.working.zone.key,
        "leave": [{"from": leave.first.isoformat(), "to": leave.last.isoformat()} for leave in member.leaves],
        "credit": round(one.credit, 6),
    }


def people_lines(people: People, zone: ZoneInfo) -> Iterator[str]:
    if people.standings:
        yield from _table([HEADINGS, *(_row(one, people.at, zone) for one in people.standings)])
    else:
        yield "Nobody is in the team, so leads of sales stand in the queue. `accord people add NAME` takes somebody in."
    if people.queued:
        yield f"{_leads(people.queued)} in the queue, for whoever can take more."
    for number in people.stuck:
        yield f"Rule {number} names nobody who is in the team now: its leads stand in the queue."


def _leads(count: int) -> str:
    return "1 lead stands" if count == 1 else f"{count:,} leads stand"


def _row(one: Standing, now: datetime, zone: ZoneInfo) -> Sequence[str]:
    member = one.member
    coming = [leave for leave in member.leaves if leave.last >= today(member, now)]
    return (
        member.name,
        _state(one, now, zone),
        f"{member.weight:g}",
        f"{one.taken_today}" if member.daily_cap is None else f"{one.taken_today} of {member.daily_cap}",
        str(one.unanswered),
        str(one.open),
        "; ".join(f"{key}: {', '.join(levels)}" for key, levels in member.takes.items()) or "all",
        ", ".join(map(span, coming)),
    )


def _state(one: Standing, now: datetime, zone: ZoneInfo) -> str:
    member = one.member
    if member.paused:
        why = "no answer to several leads" if member.paused_by == "silence" else "by hand"
        since = f" since {one.paused_at.astimezone(zone):%Y-%m-%d %H:%M}" if one.paused_at else ""
        return f"paused{since} ({why})"
    if one.there:
        return "there"
    leave = "on leave" if any(today(member, now) in leave for leave in member.leaves) else "away"
    return f"{leave} until {one.back.astimezone(zone):%a %Y-%m-%d %H:%M}" if one.back else leave


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
