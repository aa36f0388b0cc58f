"""A ledger to play with: a copy of the present one, or a new one. The present one is only read."""

import hashlib
import sqlite3
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import delete, event, insert, select, update
from sqlalchemy.pool import ConnectionPoolEntry

from leads.ledger import tables
from leads.ledger.backup import back_up
from leads.ledger.book import Ledger
from leads.ledger.key import Key
from leads.ledger.opening import existing_ledger, is_there, open_ledger, revision

AT_ONCE = 1000
KEY = "rehearsal"
LEFT_OUT = (tables.messages, tables.attempts, tables.answers, tables.hook_faults)
"""What was said to others: large, and nothing that is played asks for it."""


class ThrowAway(NamedTuple):
    """`key` is the one by which forms are sent to it; no secret belongs to it."""

    ledger: Ledger
    key: Key


def throw_away_ledger(url: str, folder: Path, seed: int, at: datetime) -> ThrowAway:
    """From `at` on somebody may play with it: its receivers are disabled and nobody has a lead to answer. A new one
    gets a salt by the seed, so that its lots fall alike each time."""
    place = folder / "accord.db"
    copied = _copied(url, place)
    ledger = open_ledger(f"sqlite:///{place}")
    event.listen(ledger.engine, "connect", _hurry)
    ledger.engine.dispose()  # what is open already was not hurried
    with ledger.transaction() as connection:
        receivers, stands = tables.receivers, tables.assignments
        connection.execute(update(receivers).where(receivers.c.disabled_at.is_(None)).values(disabled_at=at))
        ended = {"ended_at": at, "next_step": None, "next_at": None}
        connection.execute(update(stands).where(stands.c.ended_at.is_(None)).values(ended))
        if not copied:
            connection.execute(update(tables.salt).values(secret=hashlib.sha256(f"played {seed}".encode()).hexdigest()))
        key = Key(KEY, "sk", (), ("forms",), None, None, at, None, None)
        connection.execute(insert(tables.keys), asdict(key) | {"digest": KEY})
    return ThrowAway(ledger, key)


def _copied(url: str, place: Path) -> bool:
    if not is_there(url):
        return False
    present = existing_ledger(url)
    try:
        with present.reading() as connection:
            if revision(connection) is None:
                return False
        open_ledger(url).close()  # refuses a schema that this Accord cannot read
        if present.on_sqlite:
            back_up(present, place)
        else:
            _copy_rows(present, place)
    finally:
        present.close()
    return True


def _copy_rows(present: Ledger, place: Path) -> None:
    """As of one moment, whatever is written meanwhile."""
    copy = open_ledger(f"sqlite:///{place}")
    with present.engine.connect() as found, copy.transaction() as writing:
        reading = found.execution_options(isolation_level="REPEATABLE READ", stream_results=True, yield_per=AT_ONCE)
        for table in tables.metadata.sorted_tables:
            writing.execute(delete(table))  # also what a new ledger is born with
            if table in LEFT_OUT:
                continue
            for rows in reading.execute(select(table)).mappings().partitions(AT_ONCE):
                writing.execute(insert(table), [dict(row) for row in rows])
    copy.close()


def _hurry(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    """What is thrown away need not be on the disk."""
    connection.execute("PRAGMA synchronous=OFF")
