"""The facts behind a report, read in one passage: of the leads of its days, and of those before, which teach what is
usual."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import TypeVar

from leads.agreement import Agreement
from leads.ledger import (
    CAME_FROM,
    Connection,
    Cost,
    Touched,
    arrived,
    costs_between,
    decisions_of,
    outcomes_told,
    steps_taken,
    team_changes,
    touches_of,
)
from leads.marks import doubtful
from leads.sections import FieldValue
from leads.team import Member, team_of
from serving.report.fact import Fact, Said, fact_of
from serving.report.origin import NONE, UNKNOWN, Origin, origin_of, source_fields
from serving.report.period import Period

HISTORY = 3
"""Horizons before the days of the report, and at least two years: conversions of that time tell what is usual."""
LEAST_HISTORY = timedelta(days=730)
NOWHERE = Origin(UNKNOWN, NONE, NONE)
One = TypeVar("One")


@dataclass(frozen=True)
class Facts:
    """`before` came earlier than the period, in any order; where from is not asked of them. `bots` is how many leads of
    the period never left quarantine."""

    agreement: Agreement
    period: Period
    leads: tuple[Fact, ...]
    before: tuple[Fact, ...]
    bots: int
    costs: tuple[Cost, ...]
    team: tuple[Member, ...]

    @property
    def judged(self) -> list[Fact]:
        """Earlier leads on which somebody decided and that are old enough to judge."""
        mature = self.period.now - timedelta(days=self.agreement.goal.within_days)
        return [one for one in self.before if one.decided and one.arrived_at <= mature]


def read_facts(connection: Connection, agreement: Agreement, period: Period) -> Facts:
    since = period.since
    facts, bots = list[Fact](), 0
    for at, fact in _facts(connection, agreement, period):
        if fact is not None:
            facts.append(fact)
        elif at >= since:
            bots += 1
    return Facts(
        agreement,
        period,
        tuple(sorted((one for one in facts if one.arrived_at >= since), key=attrgetter("arrived_at", "lead"))),
        tuple(one for one in facts if one.arrived_at < since),
        bots,
        tuple(costs_between(connection, f"{period.first:%Y-%m}", f"{period.last:%Y-%m}")),
        team_of(agreement, team_changes(connection)),
    )


def _facts(connection: Connection, agreement: Agreement, period: Period) -> Iterator[tuple[datetime, Fact | None]]:
    """Of each lead when it came, and what is known of it; None of one that never left quarantine."""
    within = timedelta(days=agreement.goal.within_days)
    began, until = period.since, period.until
    since = began - max(HISTORY * within, LEAST_HISTORY)
    asked, worth = source_fields(agreement), agreement.goal.value
    usual = worth.otherwise if isinstance(worth, FieldValue) else worth
    touches = _by_lead(touches_of(connection, began, (*CAME_FROM, *asked)))
    decisions = _by_lead(decisions_of(connection))
    steps = _by_lead(steps_taken(connection))
    outcomes = _by_lead(outcomes_told(connection))
    for lead, at in arrived(connection):
        forms, decided, taken, told = touches(lead), decisions(lead), steps(lead), outcomes(lead)
        if since <= at < until:
            origins = _origins(forms, asked, at) if at >= began else [(at, NOWHERE)]
            yield at, fact_of(Said(lead, at, origins, decided, taken, told), within, usual) if decided else None


def _origins(touches: list[Touched], asked: tuple[str, ...], at: datetime) -> list[tuple[datetime, Origin]]:
    """What looks like a bot's says nothing of where the lead came from."""
    found = [(one.at, origin_of(one.said, asked)) for one in touches if not doubtful(tuple(one.marks))]
    return found or [(at, NOWHERE)]


def _by_lead(rows: Iterable[One]) -> Callable[[str], list[One]]:
    """The rows of a lead; leads must be asked for in the order in which the rows stand."""
    groups = groupby(rows, key=attrgetter("lead"))
    ahead = next(groups, None)

    def of(lead: str) -> list[One]:
        nonlocal ahead
        if ahead is None or ahead[0] != lead:
            return []
        found = list(ahead[1])
        ahead = next(groups, None)
        return found

    return of
