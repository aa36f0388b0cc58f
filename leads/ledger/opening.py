"""Opening a ledger: its engine, and whether its schema is the one that this Accord works with."""

import json
import os
import secrets
import sqlite3
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    MetaData,
    String,
    Table,
    create_engine,
    event,
    insert,
    inspect,
    select,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

from leads.ledger import tables
from leads.ledger.book import BUSY_SECONDS, Ledger, LedgerUnavailable
from leads.refusal import Refusal

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006")
"""Every schema that a ledger ever had, oldest first; the steps between them stand in `migrations/versions`."""
MAKING = 0x61636364
"""The advisory lock under which two processes that start at once make a new ledger's tables only once."""
MENDED = (3, 51, 3)
"""SQLite from here on is without the fault that can lose what two connections check-point at the same instant."""

# Kept by Alembic; read here without it, because every command opens the ledger and few of them migrate it.
revision_table = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))


def open_ledger(url: str, serving: bool = False) -> Ledger:
    """Opens the ledger and makes its tables when it is new; Refusal when its schema is older or newer than this Accord.

    Only the serving process says `serving`: it alone check-points an SQLite file (before 3.51.3 two processes that do
    so at once can damage it), and it waits less long for a slow PostgreSQL than a job may."""
    ledger = connect(url, serving)
    try:
        _settle_schema(ledger, url)
    except LedgerUnavailable as outage:
        ledger.close()
        raise Refusal(f"The ledger at {shown(url)} cannot be opened: {outage}. {_REMEDY}") from None
    except Refusal:
        ledger.close()
        raise
    return ledger


def existing_ledger(url: str) -> Ledger:
    """The ledger as it is, whatever its schema; Refusal where there is none."""
    if not is_there(url):
        place = _address(url).database
        raise Refusal(f"There is no ledger at {place}; ACCORD_HOME or ACCORD_DATABASE_URL names another.")
    return connect(url)


def is_there(url: str) -> bool:
    """Whether there is a file; a server's database is taken to be there."""
    address = _address(url)
    return address.get_backend_name() != "sqlite" or Path(str(address.database)).exists()


def connect(url: str, serving: bool = False) -> Ledger:
    """The ledger as it is, whatever its schema."""
    address = _address(url)
    if address.get_backend_name() == "sqlite":
        return Ledger(_sqlite_engine(address, serving))
    from leads.ledger.postgresql import server_engine  # its driver is loaded where it is needed

    return Ledger(server_engine(address, serving, **_USUAL))


def known_fault(url: str) -> str | None:
    """What the operator should know of the SQLite that this Python brings."""
    if _address(url).get_backend_name() != "sqlite" or sqlite3.sqlite_version_info >= MENDED:
        return None
    return (
        f"SQLite {sqlite3.sqlite_version} can damage a ledger when two processes check-point it at the same instant, "
        "so a second `accord serve` is refused. A Python with SQLite 3.51.3 or newer, or PostgreSQL, ends that."
    )


def revision(connection: Connection) -> str | None:
    """The ledger's schema; None for a database without one."""
    existing = inspect(connection).get_table_names()
    if revision_table.name in existing:
        return connection.scalar(select(revision_table.c.version_num))
    return REVISIONS[0] if "schema" in existing else None


def shown(url: str) -> str:
    return _address(url).render_as_string(hide_password=True)


_REMEDY = "Check that the place exists and may be written to, or name another with ACCORD_DATABASE_URL or ACCORD_HOME."


def _address(url: str) -> URL:
    try:
        address = make_url(url)
    except ArgumentError:
        raise Refusal(
            "ACCORD_DATABASE_URL is not a database URL; write sqlite:////path/accord.db or postgresql://…"
        ) from None
    if address.get_backend_name() in ("postgres", "postgresql"):
        return address.set(drivername="postgresql+psycopg")
    if address.get_backend_name() != "sqlite":
        raise Refusal(
            f"The ledger lives in SQLite or PostgreSQL, not in {address.drivername}; write sqlite:////path/accord.db "
            "or postgresql://…"
        )
    return address


def _sqlite_engine(address: URL, serving: bool) -> Engine:
    if not address.database or address.database == ":memory:" or "mode=memory" in address.database:
        raise Refusal("A ledger in memory would lose leads; name a file, such as sqlite:///var/accord.db.")
    try:
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
        # It will hold people's data: for its owner alone, also before SQLite has written the first page. A file that is
        # there is not opened: closing it would end the locks that SQLite holds on it for this process, and another
        # process could then remove the write-ahead log that this one writes into.
        with suppress(FileExistsError):
            os.close(os.open(address.database, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except OSError as error:
        raise Refusal(f"The ledger at {address.database} cannot be opened: {error.strerror}. {_REMEDY}") from None
    engine = create_engine(address, creator=partial(_connect_sqlite, address.database), **_USUAL)
    event.listen(engine, "connect", partial(_prepare_sqlite, serving))
    event.listen(engine, "begin", _begin_sqlite)
    return engine


_json = partial(json.dumps, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
_USUAL: dict[str, Any] = {"json_serializer": _json, "hide_parameters": True}


def _prepare_sqlite(serving: bool, connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    # The driver must not open transactions by itself: `_begin_sqlite` does, so that a writer takes its lock at once.
    connection.isolation_level = None
    pages = 1000 if serving else 0
    # secure_delete: what was erased is overwritten, not only unlinked. temp_store: what a savepoint would take back
    # stays in memory, out of temporary files elsewhere on the disk.
    durable = ("journal_mode=WAL", "synchronous=FULL", "mmap_size=0")
    for setting in (*durable, "foreign_keys=ON", "secure_delete=ON", "temp_store=MEMORY"):
        connection.execute(f"PRAGMA {setting}")
    connection.execute(f"PRAGMA wal_autocheckpoint={pages}")


def _connect_sqlite(path: str) -> sqlite3.Connection:
    """Never makes a file: where one was moved away, an empty one in its place would only hide that."""
    place = f"file:{quote(str(Path(path).absolute()))}?mode=rw"
    return sqlite3.connect(place, uri=True, timeout=BUSY_SECONDS, check_same_thread=False)


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("accord_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _settle_schema(ledger: Ledger, url: str) -> None:
    with ledger.reading() as connection:
        known = revision(connection)
    known = known or _make_new(url)
    if known == REVISIONS[-1]:
        return
    if known in REVISIONS:
        raise Refusal(
            f"The ledger has schema {known} and this Accord works with schema {REVISIONS[-1]}: make a backup and run "
            "`accord db upgrade`."
        )
    raise unknown_schema(known)


def unknown_schema(known: str) -> Refusal:
    return Refusal(
        f"The ledger has schema {known}, which this Accord does not know (it works with {REVISIONS[-1]}): install the "
        "newer Accord that wrote it."
    )


def _make_new(url: str) -> str:
    """As a job does it, which may wait for another process that makes the same tables."""
    ledger = connect(url)
    try:
        with ledger.transaction() as connection:
            if not ledger.on_sqlite:
                connection.exec_driver_sql("SET LOCAL lock_timeout = '30s'")
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MAKING})")
            return revision(connection) or _make_tables(connection)
    finally:
        ledger.close()


def _make_tables(connection: Connection) -> str:
    tables.metadata.create_all(connection)
    revision_table.create(connection)
    connection.execute(insert(revision_table).values(version_num=REVISIONS[-1]))
    connection.execute(insert(tables.champion).values(slot=1, bundle=None))
    connection.execute(insert(tables.salt).values(slot=1, secret=secrets.token_hex(32)))
    return REVISIONS[-1]
