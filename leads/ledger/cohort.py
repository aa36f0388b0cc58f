"""All that the report reads: one statement a table, however many leads there are, and lead after lead, so that nobody
has to hold all of it. Nothing that a person wrote of themselves is read."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, case, func, select

from leads.lead import Band, Cause, Outcome, Route, Rung, StepKind
from leads.ledger import tables

CAME_FROM = ("utm_source", "utm_campaign", "utm_content", "referrer", "page")
TELLING: tuple[StepKind, ...] = ("assigned", "queued", "ended")
"""Steps that tell who had a lead first, and when it was no matter for sales any more."""
AT_ONCE = 2_000
"""Rows that are brought here together."""


class Arrived(NamedTuple):
    lead: str
    at: datetime


class Touched(NamedTuple):
    """A form that a lead sent; `said` tells where it came from, by the keys that were asked for."""

    lead: str
    at: datetime
    marks: Sequence[str]
    said: dict[str, str | None]


class Ruled(NamedTuple):
    lead: str
    decided_at: datetime
    probability: float
    p_nurture: float | None
    band: Band
    route: Route
    cause: Cause
    scored_by: Rung
    value: float | None


class Taken(NamedTuple):
    """A step of a lead of sales."""

    lead: str
    at: datetime
    kind: StepKind
    owner: str | None
    respond_by: datetime | None


def newest_arrival(connection: Connection) -> datetime | None:
    moment: datetime | None = connection.scalar(select(func.max(tables.leads.c.arrived_at)))
    return moment


def arrived(connection: Connection) -> Iterator[Arrived]:
    """By their first form, which may have been imported later. As those of every function here, the rows stand by their
    lead, in one order of leads, so that SQLite reads them by an index and sorts nothing."""
    here, sent = tables.leads, tables.submissions
    at = func.min(func.coalesce(sent.c.submitted_at, sent.c.received_at)).label("at")
    first = select(sent.c.lead, at).group_by(sent.c.lead).subquery()
    came = case((first.c.at < here.c.arrived_at, first.c.at), else_=here.c.arrived_at)
    for row in _rows(connection, select(here.c.id, came).join(first, first.c.lead == here.c.id).order_by(here.c.id)):
        yield Arrived(*row)


def touches_of(connection: Connection, since: datetime, keys: Sequence[str]) -> Iterator[Touched]:
    """The forms of all leads that sent one since, each lead's as it sent them."""
    sent = tables.submissions
    at = func.coalesce(sent.c.submitted_at, sent.c.received_at)
    wanted = select(sent.c.lead, at, sent.c.marks, *(sent.c.form[key].as_string() for key in keys))
    for lead, moment, marks, *said in _rows(connection, wanted.where(at >= since).order_by(sent.c.lead, at, sent.c.id)):
        yield Touched(lead, moment, marks, dict(zip(keys, said, strict=True)))


def decisions_of(connection: Connection) -> Iterator[Ruled]:
    """Each lead's in order; none that sent it to quarantine."""
    here = tables.decisions
    wanted = select(*(here.c[name] for name in Ruled._fields)).where(here.c.route != "quarantine")
    for row in _rows(connection, wanted.order_by(here.c.lead, here.c.decided_at, here.c.id)):
        yield Ruled(*row)


def steps_taken(connection: Connection) -> Iterator[Taken]:
    """Each lead's in order."""
    here = tables.steps
    wanted = select(*(here.c[name] for name in Taken._fields)).where(here.c.kind.in_(TELLING))
    for row in _rows(connection, wanted.order_by(here.c.lead, here.c.id)):
        yield Taken(*row)


def outcomes_told(connection: Connection) -> Iterator[Outcome]:
    """Each lead's in any order, also what training leaves out."""
    here = tables.outcomes
    wanted = select(*(here.c[name] for name in Outcome.__slots__)).order_by(here.c.lead)
    for row in _rows(connection, wanted):
        yield Outcome(*row)


def _rows(connection: Connection, wanted: Select[Any]) -> Iterable[Sequence[Any]]:
    return connection.execute(wanted.execution_options(yield_per=AT_ONCE))
