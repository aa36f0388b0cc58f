"""What deleted rows leave behind in an SQLite file, and how it is overwritten.

`secure_delete` zeroes what is deleted, but copies stay in the write-ahead log until it is emptied, and in pages between
which SQLite once moved rows until the file is written anew. The file's own `user_version` counts the erasures after
which that was not done yet: it is part of their transactions, whoever makes them."""

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, Table

from leads.ledger import tables
from leads.ledger.book import BUSY_SECONDS, Ledger

READERS_MILLISECONDS = 300
"""Forms wait while this waits for readers to end."""


def note_remains(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        count = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        connection.exec_driver_sql(f"PRAGMA user_version = {count % 1_000_000 + 1}")


def remains(ledger: Ledger) -> int:
    """0 where nothing is left to overwrite."""
    if not ledger.on_sqlite:
        return 0
    with ledger.reading() as connection:
        return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())


def file_size(ledger: Ledger) -> int:
    return _file(ledger).stat().st_size


def overwrite(ledger: Ledger, anew: bool = True) -> bool:
    """Empties the log and, with `anew`, writes the file anew without what was deleted; for the serving process, which
    alone may do so while others are at work. False where something is left to do."""
    with ledger.alone() as connection:
        connection.execute(f"PRAGMA busy_timeout = {READERS_MILLISECONDS}")
        try:
            return _overwrite(connection, anew)
        finally:
            connection.execute(f"PRAGMA busy_timeout = {int(1000 * BUSY_SECONDS)}")


def overwrite_if_alone(ledger: Ledger) -> bool:
    """For a command: it must have closed its ledger, and it finds out from SQLite's own locks whether no other process
    has the file open. False where one has; a serving process then overwrites it by itself."""
    if not ledger.on_sqlite:
        return True
    with closing(sqlite3.connect(_file(ledger), timeout=0, isolation_level=None)) as connection:
        try:
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            connection.execute("PRAGMA synchronous=FULL")
            return _overwrite(connection)
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            return False


def vacuum(ledger: Ledger, full: bool) -> None:
    """PostgreSQL: room that was erased may be written over from now on; `full` rewrites the tables without it and locks
    each meanwhile. Its own log and its backups keep what they have until they are rotated."""
    with ledger.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("SET statement_timeout = 0")
        for table in tables.metadata.sorted_tables:
            if hangs_on_leads(table):
                connection.exec_driver_sql(f"VACUUM {'FULL ' if full else ''}{table.name}")
        connection.exec_driver_sql("RESET statement_timeout")


def hangs_on_leads(table: Table) -> bool:
    keys = table.foreign_keys
    return table in (tables.leads, tables.hook_faults) or any(hangs_on_leads(key.column.table) for key in keys)


def _overwrite(connection: sqlite3.Connection, anew: bool = True) -> bool:
    (before,) = connection.execute("PRAGMA user_version").fetchone()
    if anew:
        connection.execute("VACUUM")
    (busy, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy or not anew:
        return False
    connection.execute("BEGIN IMMEDIATE")
    (now,) = connection.execute("PRAGMA user_version").fetchone()
    if now == before:  # otherwise somebody erased in between, and that is still to be overwritten
        connection.execute("PRAGMA user_version = 0")
    connection.execute("COMMIT")
    return bool(now == before)


def _file(ledger: Ledger) -> Path:
    return Path(ledger.engine.url.database or "")
