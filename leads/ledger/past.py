"""All that happened until a moment, as it was known then: what training learns from."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, select

from leads.lead import Cause, Outcome, Route, Submission
from leads.ledger import tables
from leads.ledger.decision import submission_of

AT_ONCE = 5_000
"""Rows that are brought here together."""


class PastDecision(NamedTuple):
    """A decision, as far as training asks."""

    id: str
    lead: str
    submission: str
    decided_at: datetime
    route: Route
    cause: Cause
    propensity: float | None
    lot: float | None
    probability: float
    model: str | None
    degraded: str | None


def past_decisions(connection: Connection, until: datetime) -> list[PastDecision]:
    """Oldest first."""
    here = tables.decisions
    wanted = select(*(here.c[name] for name in PastDecision._fields)).where(here.c.decided_at <= until)
    return [PastDecision(**row._mapping) for row in _rows(connection, wanted.order_by(here.c.decided_at, here.c.id))]


def past_submissions(connection: Connection, until: datetime) -> Iterator[Submission]:
    """Oldest first by when they were received."""
    here = tables.submissions
    wanted = select(here).where(here.c.received_at <= until).order_by(here.c.received_at, here.c.id)
    return map(submission_of, _rows(connection, wanted))


def past_outcomes(connection: Connection, until: datetime) -> dict[str, list[Outcome]]:
    """By lead, in no order: what had been told by then."""
    here = tables.outcomes
    wanted = select(*(here.c[name] for name in Outcome.__slots__)).where(here.c.received_at <= until)
    told = defaultdict[str, list[Outcome]](list)
    for row in _rows(connection, wanted.order_by(here.c.id)):
        told[row.lead].append(Outcome(**row._mapping))
    return told


def past_people(connection: Connection) -> Iterator[tuple[str, str]]:
    """Pairs of a digest and a lead that gave what it stands for."""
    here = tables.identities
    return ((row.digest, row.lead) for row in _rows(connection, select(here.c.digest, here.c.lead)))


def past_objections(connection: Connection) -> dict[str, bool]:
    """By digest, whether its last word is an objection to being scored by a model."""
    here = tables.objections
    return {row.digest: row.objects for row in connection.execute(select(here).order_by(here.c.id))}


def _rows(connection: Connection, wanted: Select[Any]) -> Iterable[Row[Any]]:
    return connection.execute(wanted.execution_options(yield_per=AT_ONCE))
