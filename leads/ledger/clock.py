"""What the clock asks of the ledger: who has live leads, who had one before, and whether a person has fallen silent."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Row, func, select

from leads.ledger import tables
from leads.ledger.team import TAKING

LET_PASS = ("reassigned", "escalated")
"""The steps that say that a lead's time to answer passed with the owner before."""
ANSWERS = ("answered", "ended")
"""The steps that say, of a lead that somebody has, that they told what came of it."""


class QueueState(NamedTuple):
    """`since` is when the lead that waits longest came into the queue; None where none waits."""

    leads: int
    since: datetime | None


def holders(connection: Connection) -> set[str | None]:
    """Everybody who has a live lead; None stands for the queue."""
    here = tables.assignments
    return set(connection.scalars(select(here.c.owner).where(here.c.ended_at.is_(None)).distinct()))


def given_by_policy(connection: Connection, owner: str) -> list[str]:
    """Their live leads, without those for which a person named them by hand."""
    here, decided = tables.assignments, tables.decisions
    by_hand = (decided.c.ruled_by == "hand") & (decided.c.owner == here.c.owner)
    wanted = select(here.c.lead).join(decided, decided.c.id == here.c.decision)
    wanted = wanted.where(here.c.ended_at.is_(None), here.c.owner == owner, by_hand.is_not(True))
    return list(connection.scalars(wanted.order_by(here.c.interest_at, here.c.lead)))


def last_owner(connection: Connection, lead: str) -> str | None:
    """Who had this lead last, also before it went into the queue."""
    here = tables.steps
    wanted = select(here.c.owner).where(here.c.lead == lead, here.c.owner.is_not(None))
    owner: str | None = connection.scalar(wanted.order_by(here.c.id.desc()).limit(1))
    return owner


def answers_are_told(connection: Connection) -> bool:
    """Whether sales has ever said anything of any lead: who never does cannot be told from who is silent."""
    return connection.execute(select(tables.outcomes.c.id).limit(1)).first() is not None


def silent(connection: Connection, person: str, leads: int, since: datetime | None) -> bool:
    """They let so many leads in a row pass their time, and answered none since the first of these came. What was before
    `since`, when they were last added or resumed, is forgotten."""
    here = tables.steps
    passed = select(here).where(here.c.owner_before == person, here.c.kind.in_(LET_PASS))
    if since is not None:
        passed = passed.where(here.c.at > since)
    rows = connection.execute(passed.order_by(here.c.id.desc()).limit(leads)).all()
    if len(rows) < leads:
        return False
    first = min(_came(connection, person, row) for row in rows)
    answered = select(here.c.id).where(here.c.owner == person, here.c.kind.in_(ANSWERS), here.c.at >= first)
    return connection.execute(answered.limit(1)).first() is None


def queue_state(connection: Connection) -> QueueState:
    here = tables.assignments
    waiting = here.c.ended_at.is_(None) & here.c.owner.is_(None)
    return QueueState(*connection.execute(select(func.count(), func.min(here.c.since)).where(waiting)).one())


def _came(connection: Connection, person: str, passed: Row[tuple[object, ...]]) -> datetime:
    """When they were given the lead that they let pass."""
    here = tables.steps
    given = (here.c.lead == passed.lead) & (here.c.owner == person) & here.c.kind.in_(TAKING) & (here.c.id < passed.id)
    moment: datetime | None = connection.scalar(select(func.max(here.c.at)).where(given))
    return moment or passed.at
