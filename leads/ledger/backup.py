"""A copy of a ledger in SQLite, made while it is being written."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from shlex import quote
from typing import NamedTuple

from sqlalchemy.engine import URL

from leads.ledger.book import Ledger
from leads.refusal import Failure, Refusal


class Backup(NamedTuple):
    leads: int
    decisions: int


def back_up(ledger: Ledger, target: Path) -> Backup:
    """Everything that was acknowledged before the call is in the copy, and the copy is on the disk on return. For its
    owner alone, because it holds people's data, and never over another file."""
    if not ledger.on_sqlite:
        raise Refusal(_by_its_own_means(ledger.engine.url, target))
    if target.exists():
        raise Refusal(f"{target} exists already; a backup never overwrites another. Name a new file.")
    unfinished = target.with_name(f"{target.name}.unfinished")
    try:
        # SQLite fills an empty file; it is made here, so that nobody else can read it at any time.
        os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        raise Refusal(
            f"{unfinished} is there: another backup is being made, or was broken off; then delete it."
        ) from None
    except OSError as error:
        raise Refusal(f"{target} cannot be written: {error.strerror}.") from None
    try:
        with ledger.alone() as connection:
            connection.execute("VACUUM INTO ?", [str(unfinished)])
        made = _looked_through(unfinished)
        unfinished.rename(target)
        _to_disk(target.parent)
    except (OSError, sqlite3.Error) as error:
        raise Failure(f"The backup failed and left nothing behind: {error}.") from None
    finally:
        unfinished.unlink(missing_ok=True)
    return made


def _looked_through(target: Path) -> Backup:
    with closing(sqlite3.connect(f"{target.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
        (found,) = connection.execute("PRAGMA integrity_check").fetchone()
        if found != "ok":
            raise Failure(f"The copy is damaged ({found}), so it was deleted; the ledger itself may be damaged too.")
        leads, decisions = connection.execute(
            "SELECT (SELECT count(*) FROM leads), (SELECT count(*) FROM decisions)"
        ).fetchone()
    _to_disk(target)  # which VACUUM INTO leaves to the operating system
    return Backup(leads, decisions)


def _to_disk(path: Path) -> None:
    place = os.open(path, os.O_RDONLY)
    try:
        os.fsync(place)
    finally:
        os.close(place)


def _by_its_own_means(url: URL, target: Path) -> str:
    address = url.set(drivername="postgresql", password=None).render_as_string()
    return (
        "The ledger is in PostgreSQL, which makes its own backups:\n"
        f"  pg_dump --format=custom --no-owner --file={quote(str(target))} {quote(address)}\n"
        "The password comes from PGPASSWORD or ~/.pgpass; `pg_restore --no-owner --dbname=…` puts it back."
    )
