"""Giving a lead to somebody, inside the transaction that decides on it and under the team's lock."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, time
from functools import cached_property
from typing import NamedTuple

from leads.agreement import Agreement
from leads.fields import Value
from leads.lead import Assignment, Step, StepKind
from leads.ledger import (
    Connection,
    Placement,
    at_hand,
    credits,
    lock_team,
    owner_in_company,
    taken_since,
    team_changes,
)
from leads.team import Member, team_of, there
from leads.worktime import NeverOpen, WorkingTime
from models.policy import Weighed
from serving.team.assignment import QUEUES, Standing, assign, hours_of_sales

SALES = QUEUES["sales"]
REMIND_AFTER = 2 / 3
"""Of the time to answer; then the owner is reminded."""


class Placed(NamedTuple):
    """What a placement is about: the decision without its owner, and what the rules look at. `company` is a digest, and
    `before` who has or had the lead, read while it was held."""

    decision: str
    lead: str
    values: Mapping[str, Value]
    weighed: Weighed
    interest_at: datetime
    company: str | None
    before: Assignment | None


class Team:
    """Who is in the team at one moment, what each has got today and has at hand; read once in a transaction. Whoever
    only looks needs no lock."""

    def __init__(self, connection: Connection, agreement: Agreement, now: datetime, locked: bool = True) -> None:
        if locked:
            lock_team(connection)
        self.now = now
        self.changes = team_changes(connection)
        self.members = {member.name: member for member in team_of(agreement, self.changes)}
        self._connection = connection

    @cached_property
    def standings(self) -> list[Standing]:
        return [self._standing(member) for member in self.members.values()]

    @cached_property
    def _credits(self) -> dict[str, float]:
        return credits(self._connection)

    @cached_property
    def _at_hand(self) -> dict[str, int]:
        return at_hand(self._connection)

    @cached_property
    def _taken(self) -> Mapping[str, int]:
        capped = [member for member in self.members.values() if member.daily_cap is not None]
        return taken_today(self._connection, capped, self.now)

    def _standing(self, member: Member) -> Standing:
        return Standing(
            member.name,
            member.weight,
            member.takes,
            there(member, self.now),
            None if member.daily_cap is None else member.daily_cap - self._taken[member.name],
            self._credits.get(member.name, 0.0),
            self._at_hand.get(member.name, 0),
        )


class Placing:
    """Places leads under one agreement."""

    def __init__(self, agreement: Agreement) -> None:
        self.agreement = agreement
        self.hours = hours_of_sales(agreement)

    def to_sales(self, connection: Connection, placed: Placed, now: datetime, again: bool = False) -> Placement:
        """To the person who has the lead already, where one does; else by the rules; else into the queue. The time to
        answer that runs goes on: who asks again must not wait longer for it. `again`: the same sending is decided once
        more, so who has the lead keeps it."""
        team, before = Team(connection, self.agreement, now), placed.before
        live = before is not None and before.ended_at is None
        if before is not None and live and again:
            return self._kept(before, placed, team)
        if before is not None and live and (member := team.members.get(before.owner or "")) and not _away(member, now):
            return self._to(member, placed, now, f"{member.name} has this lead already", before=before)
        return self._assigned(connection, placed, team, before)

    def to_others(self, connection: Connection, placed: Placed, now: datetime, rather: bool = False) -> Placement:
        """It comes back to sales, to nobody who had it before; `rather`: unless nobody else is there."""
        team, before = Team(connection, self.agreement, now), placed.before
        had = had_by(before) if before is not None else ()
        placement = self._assigned(connection, placed, team, before, frozenset(had))
        if rather and placement.owner == SALES:
            again = self._assigned(connection, placed, team, before)
            placement = again if again.owner != SALES else placement
        made = placement.assignment
        return placement if made is None else placement._replace(assignment=replace(made, owned_before=had))

    def to_marketing(self, placed: Placed, now: datetime) -> Placement:
        """Sales has it no longer, if it ever had."""
        before = placed.before
        if before is None or before.ended_at is not None:
            return Placement(QUEUES["nurture"], None)
        ended = replace(before, decision=placed.decision, ended_at=now, next_step=None, next_at=None)
        step = Step(placed.lead, placed.decision, now, "ended", None, before.owner, None, "marketing has it now")
        return Placement(QUEUES["nurture"], None, None, ended, (step,))

    def by_hand(self, connection: Connection, placed: Placed, owner: str, now: datetime) -> Placement:
        """To whom a person named, also somebody outside the team."""
        team, before = Team(connection, self.agreement, now), placed.before
        if before is not None and before.ended_at is None and before.owner == owner:
            return self._kept(before, placed, team)
        if member := team.members.get(owner):
            return self._to(member, placed, now, "a person said so", before=before)
        made = self.assignment(placed, owner, self.hours, now)
        step = step_of(made, "assigned", before, "a person said so", now)
        return Placement(owner, made.respond_by, None, made, (step,))

    def _assigned(
        self,
        connection: Connection,
        placed: Placed,
        team: Team,
        before: Assignment | None,
        never: frozenset[str] = frozenset(),
    ) -> Placement:
        known = before.owner if before is not None and before.owner not in never else None
        if known is None and placed.company is not None:
            known = owner_in_company(connection, placed.company, placed.lead)
        found = assign(placed.values, team.standings, self.agreement.routing.rules, placed.lead, known, never)
        if found.owner is not None:
            return self._to(team.members[found.owner], placed, team.now, found.why, found.credits, before)
        made = self.assignment(placed, None, self.hours, team.now, before)
        return Placement(SALES, made.respond_by, None, made, (step_of(made, "queued", before, found.why, team.now),))

    def _to(
        self,
        member: Member,
        placed: Placed,
        now: datetime,
        why: str,
        credits: Mapping[str, float] | None = None,
        before: Assignment | None = None,
    ) -> Placement:
        made = self.assignment(placed, member.name, member.working, now, before)
        step = step_of(made, "assigned", before, why, now)
        return Placement(member.name, made.respond_by, member.mail, made, (step,), credits or {})

    def _kept(self, before: Assignment, placed: Placed, team: Team) -> Placement:
        member = team.members.get(before.owner or "")
        made = replace(
            before,
            decision=placed.decision,
            benefit=placed.weighed.benefit,
            value=placed.weighed.value,
            minutes=placed.weighed.minutes,
        )
        return Placement(before.owner or SALES, before.respond_by, member.mail if member else None, made)

    def assignment(
        self, placed: Placed, owner: str | None, hours: WorkingTime, now: datetime, before: Assignment | None = None
    ) -> Assignment:
        """From now on; the time to answer is counted in the owner's working minutes, or the team's."""
        minutes = self.agreement.sales.first_response_minutes
        respond_by = answer_by(hours, self.hours, now, minutes)
        made = Assignment(
            lead=placed.lead,
            decision=placed.decision,
            owner=owner,
            owned_before=(),
            since=now,
            respond_by=respond_by,
            next_step="remind" if owner else "due",
            next_at=answer_by(hours, self.hours, now, minutes * REMIND_AFTER) if owner else respond_by,
            escalated=False,
            answered_at=None,
            ended_at=None,
            benefit=placed.weighed.benefit,
            value=placed.weighed.value,
            minutes=placed.weighed.minutes,
            interest_at=placed.interest_at,
        )
        return _in_time_of(before, made) if before is not None and before.owner == owner and _runs(before) else made


def step_of(made: Assignment, kind: StepKind, before: Assignment | None, why: str, now: datetime) -> Step:
    had = before.owner if before is not None else None
    return Step(made.lead, made.decision, now, kind, made.owner, had, made.respond_by, why)


def had_by(stood: Assignment) -> tuple[str, ...]:
    """Everybody who had it, the last one at the end."""
    return tuple(dict.fromkeys(filter(None, (*stood.owned_before, stood.owner))))


def answer_by(own: WorkingTime, team: WorkingTime, now: datetime, minutes: float) -> datetime:
    """Counted in the owner's working minutes; in the team's for who goes on leave for good, since the clock takes their
    leads back then."""
    try:
        return own.after(now, minutes)
    except NeverOpen:
        return team.after(now, minutes)


def taken_today(connection: Connection, team: Iterable[Member], now: datetime) -> Mapping[str, int]:
    """How many leads each of them was given since their midnight."""
    return taken_since(connection, {member.name: midnight(now, member.working) for member in team})


def midnight(now: datetime, working: WorkingTime) -> datetime:
    """When the person's day began, by their own clock."""
    return datetime.combine(now.astimezone(working.zone).date(), time.min, working.zone)


def _runs(before: Assignment) -> bool:
    """Whether the time to answer runs: nobody answered, and it was not escalated."""
    return before.ended_at is None and before.answered_at is None and before.next_step is not None


def _in_time_of(before: Assignment, made: Assignment) -> Assignment:
    """The time that runs goes on, with who let it pass so far."""
    kept = ("owned_before", "since", "respond_by", "next_step", "next_at")
    return replace(made, **{name: getattr(before, name) for name in kept})


def _away(member: Member, now: datetime) -> bool:
    """Gone for longer than a night: paused, on leave today, or on a holiday."""
    return member.paused or member.working.closed(now.astimezone(member.working.zone).date())
