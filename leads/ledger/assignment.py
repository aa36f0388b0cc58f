"""Where the leads of sales stand, and every step that they took."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, insert, select

from leads.lead import Assignment, Step
from leads.ledger import tables
from leads.ledger.person import put
from leads.ledger.team import save_credits

MOST_COLLEAGUES = 200
"""Leads of one company among which the owner is looked for: the time that a form waits must not grow with them."""


class Placement(NamedTuple):
    """Who gets a lead, and what is to be written of it. `mail_to` is the owner's own address; `assignment` is None
    where a lead that sales does not have goes to marketing."""

    owner: str
    respond_by: datetime | None
    mail_to: str | None = None
    assignment: Assignment | None = None
    steps: tuple[Step, ...] = ()
    credits: Mapping[str, float] = {}


def write_placement(connection: Connection, placement: Placement) -> None:
    if placement.assignment is not None:
        put_assignment(connection, placement.assignment)
    for step in placement.steps:
        write_step(connection, step)
    if placement.credits:
        save_credits(connection, placement.credits)


def assignment_of(connection: Connection, lead: str) -> Assignment | None:
    """Also one that has ended: `ended_at` says so."""
    here = tables.assignments
    row = connection.execute(select(here).where(here.c.lead == lead)).first()
    return None if row is None else _assignment(row)


def put_assignment(connection: Connection, assignment: Assignment) -> None:
    row = asdict(assignment) | {"owned_before": list(assignment.owned_before)}
    connection.execute(put(tables.assignments, ["lead"], connection), row)


def write_step(connection: Connection, step: Step) -> None:
    connection.execute(insert(tables.steps), asdict(step))


def steps_of(connection: Connection, lead: str) -> list[Step]:
    """Oldest first."""
    here = tables.steps
    return [_step(row) for row in connection.execute(select(here).where(here.c.lead == lead).order_by(here.c.id))]


def due_assignments(connection: Connection, now: datetime, most: int) -> list[Assignment]:
    """What the clock has to look at, the longest due first."""
    here = tables.assignments
    wanted = select(here).where(here.c.ended_at.is_(None), here.c.next_at <= now)
    return [_assignment(row) for row in connection.execute(wanted.order_by(here.c.next_at, here.c.lead).limit(most))]


def next_clock_step(connection: Connection) -> datetime | None:
    """When the next assignment is due to be looked at; None where none waits."""
    here = tables.assignments
    wanted = select(here.c.next_at).where(here.c.ended_at.is_(None), here.c.next_at.is_not(None))
    moment: datetime | None = connection.scalar(wanted.order_by(here.c.next_at).limit(1))
    return moment


def queued(connection: Connection) -> list[Assignment]:
    """Leads of sales that nobody has and nobody has answered, oldest first."""
    here = tables.assignments
    return _live(connection, here.c.owner.is_(None) & here.c.answered_at.is_(None))


def unanswered(connection: Connection, owner: str | None = None) -> list[Assignment]:
    """Leads of sales that wait for an answer, oldest first: everybody's, or one person's."""
    here = tables.assignments
    waiting = here.c.answered_at.is_(None)
    return _live(connection, waiting & (here.c.owner == owner) if owner is not None else waiting)


def owned(connection: Connection, owners: Sequence[str]) -> list[Assignment]:
    """The live leads of these people, answered or not, oldest first."""
    return _live(connection, tables.assignments.c.owner.in_(owners))


def owners(connection: Connection) -> list[str]:
    """Everybody who has a live lead."""
    here = tables.assignments
    wanted = select(here.c.owner).where(here.c.ended_at.is_(None), here.c.owner.is_not(None))
    return list(connection.scalars(wanted.distinct().order_by(here.c.owner)))


def owner_in_company(connection: Connection, company: str, lead: str) -> str | None:
    """Who has, or had last, another lead of the same company; of a company with very many leads, one of its newest."""
    here, known = tables.assignments, tables.leads
    others = select(known.c.id).where(known.c.company == company, known.c.id != lead)
    newest = others.order_by(known.c.arrived_at.desc()).limit(MOST_COLLEAGUES).subquery()
    wanted = select(here.c.owner).join(newest, newest.c.id == here.c.lead).where(here.c.owner.is_not(None))
    owner: str | None = connection.scalar(wanted.order_by(here.c.since.desc(), here.c.lead.desc()).limit(1))
    return owner


def _live(connection: Connection, which: ColumnElement[bool]) -> list[Assignment]:
    here = tables.assignments
    wanted = select(here).where(here.c.ended_at.is_(None), which).order_by(here.c.interest_at, here.c.lead)
    return [_assignment(row) for row in connection.execute(wanted)]


def _assignment(row: Row[Any]) -> Assignment:
    return Assignment(**{**row._mapping, "owned_before": tuple(row.owned_before)})


def _step(row: Row[Any]) -> Step:
    return Step(**{name: value for name, value in row._mapping.items() if name != "id"})
