"""The story of the retrainings, and the one lock under which they run."""

import fcntl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, Row, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from leads.ledger import tables
from leads.ledger.book import Ledger, telling_outages
from leads.refusal import Failure

Result = Literal["promoted", "challenger", "kept", "too-early", "failed"]
"""A new champion; a model that waits for a person's word; a gate refused, or nothing was better; too little is known
yet; it went wrong."""
RETRAINING = 0x61637274
"""The advisory lock under which retrainings run."""


FRESH = timedelta(days=1)
"""What was broken off longer ago begins anew: people, agreement and objections have changed since."""


class Running(Failure):
    """Another retraining is at work."""


@dataclass(frozen=True, slots=True)
class Retraining:
    """`until` is the moment whose knowledge it learned from. `recipe` is the digest of the settings that were judged,
    `champion` the model that served then, `bundle` the one that came of it, `next_rung` what a richer kind needs."""

    id: int
    until: datetime
    began_at: datetime
    ended_at: datetime | None
    result: Result | None
    why: str | None
    gates: Sequence[Mapping[str, Any]] | None
    recipe: str | None
    champion: int | None
    bundle: int | None
    next_rung: str | None


class Look(NamedTuple):
    """A recipe was judged against another on the leads decided between two moments. Both recipes are digests."""

    recipe: str
    against: str
    began: datetime
    ended: datetime


@contextmanager
def retraining_alone(ledger: Ledger) -> Iterator[None]:
    """Running while another process has it. The lock ends with its process, however that ends."""
    with _file_lock(ledger) if ledger.on_sqlite else _advisory_lock(ledger):
        yield


def begin_retraining(ledger: Ledger, now: datetime, champion: int | None) -> Retraining:
    """Goes on with one that was killed, learning from the same moment, unless the champion changed or days passed."""
    here = tables.retrainings
    with ledger.transaction() as connection:
        left = connection.execute(select(here).where(here.c.ended_at.is_(None)).order_by(here.c.id.desc())).first()
        if left is not None and left.champion == champion and now - left.until < FRESH:
            return Retraining(**left._mapping)
        if left is not None:
            came_to = _came_to(connection, left, champion) | {"ended_at": now}
            connection.execute(update(here).where(here.c.ended_at.is_(None)).values(came_to))
        row = {"until": now, "began_at": now, "champion": champion}
        number = connection.scalars(insert(here).values(row).returning(here.c.id)).one()
    return Retraining(number, now, now, None, None, None, None, None, champion, None, None)


def _came_to(connection: Connection, left: Row[Any], champion: int | None) -> dict[str, Any]:
    """Of one that was killed and cannot go on: it may just have promoted its own model."""
    here = tables.bundles
    facts = connection.scalar(select(here.c.facts).where(here.c.number == champion)) or {}
    if facts.get("retraining") != left.id:
        return {"result": "failed", "why": "it was broken off, and another model serves since"}
    why = f"{facts['why']} It was broken off right after its model began to serve."
    return {"result": "promoted", "why": why, "gates": facts["gates"], "bundle": champion}


def end_retraining(ledger: Ledger, ended: Retraining) -> None:
    here = tables.retrainings
    told = {
        name: getattr(ended, name) for name in ("ended_at", "result", "why", "gates", "recipe", "bundle", "next_rung")
    }
    with ledger.transaction() as connection:
        connection.execute(update(here).where(here.c.id == ended.id, here.c.ended_at.is_(None)).values(told))


def retrainings(ledger: Ledger, most: int = 100) -> list[Retraining]:
    """Newest first."""
    here = tables.retrainings
    with ledger.reading() as connection:
        rows = connection.execute(select(here).order_by(here.c.id.desc()).limit(most))
        return [Retraining(**row._mapping) for row in rows]


def write_look(ledger: Ledger, retraining: int, look: Look, now: datetime) -> None:
    """One that goes on after it was killed looks no second time."""
    here, told = tables.looks, look._asdict() | {"retraining": retraining}
    with ledger.transaction() as connection:
        if connection.scalar(select(func.count()).select_from(here).filter_by(**told)) == 0:
            connection.execute(insert(here), told | {"looked_at": now})


def looked_before(ledger: Ledger, look: Look, retraining: int) -> int:
    """How often any recipe was judged against this one on some of these leads, by earlier retrainings: each week's
    search may find a slightly other recipe, and each would be a first look."""
    here = tables.looks
    same = (here.c.against == look.against) & (here.c.retraining != retraining)
    overlapping = (here.c.began < look.ended) & (here.c.ended > look.began)
    with ledger.reading() as connection:
        return connection.scalar(select(func.count()).select_from(here).where(same, overlapping)) or 0


@contextmanager
def _file_lock(ledger: Ledger) -> Iterator[None]:
    with Path(f"{ledger.engine.url.database}.retraining").open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _running() from None
        yield


@contextmanager
def _advisory_lock(ledger: Ledger) -> Iterator[None]:
    """Held by a connection of its own, outside any transaction: a retraining takes minutes. It ends with the
    connection, also where that broke meanwhile."""
    with telling_outages():
        connection = ledger.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    try:
        with telling_outages():
            if not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": RETRAINING}):
                raise _running()
        yield
    finally:
        with suppress(DBAPIError):
            connection.scalar(text("SELECT pg_advisory_unlock(:key)"), {"key": RETRAINING})
        connection.close()


def _running() -> Running:
    return Running("A retraining is running already; wait for it, or look at `accord retrain --list`.")
