"""The open ledger: one database, SQLite beside the service or PostgreSQL, and how it is written to."""

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Lock

from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, select, update
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry

from leads.ledger import tables
from leads.refusal import Failure, Refusal

BUSY_SECONDS = 2


class LedgerUnavailable(Failure):
    """The database is locked, full, read-only or gone: nothing was written, and trying again later may work."""


class Ledger:
    """A writing transaction is durable once it has ended; on SQLite one process writes one transaction at a time."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.on_sqlite = engine.dialect.name == "sqlite"
        self._writing = engine.execution_options(accord_writes=True)
        self._writer = Lock()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        if not self.on_sqlite:
            with _telling_outages(), self.engine.begin() as connection:
                yield connection
            return
        if not self._writer.acquire(timeout=BUSY_SECONDS):
            raise LedgerUnavailable("the ledger is busy")
        try:
            with _telling_outages(), self._writing.begin() as connection:
                yield connection
        finally:
            self._writer.release()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with _telling_outages(), self.engine.connect() as connection:
            yield connection

    def check(self) -> None:
        """Writes nothing new, but down to the disk: LedgerUnavailable when a lead could not be stored either."""
        pointer = tables.champion
        with self.transaction() as connection:
            connection.execute(update(pointer).where(pointer.c.slot == 1).values(bundle=pointer.c.bundle))

    def close(self) -> None:
        self.engine.dispose()


def open_ledger(url: str, checkpoints: bool = False) -> Ledger:
    """Opens the ledger and makes its tables when it is new. On SQLite only the serving process passes `checkpoints`:
    before 3.51.3 two processes that check-point at once can damage the file."""
    address = _address(url)
    on_sqlite = address.get_backend_name() == "sqlite"
    ledger = Ledger(_sqlite_engine(address, checkpoints) if on_sqlite else _server_engine(address))
    try:
        _make_tables(ledger)
    except LedgerUnavailable as outage:
        ledger.close()
        raise Refusal(f"The ledger at {_shown(address)} cannot be opened: {outage}. {_REMEDY}") from None
    except Refusal:
        ledger.close()
        raise
    return ledger


_REMEDY = "Check that the place exists and may be written to, or name another with ACCORD_DATABASE_URL or ACCORD_HOME."


def _address(url: str) -> URL:
    try:
        return make_url(url)
    except ArgumentError:
        raise Refusal(
            "ACCORD_DATABASE_URL is not a database URL; write sqlite:////path/accord.db or postgresql+psycopg://…"
        ) from None


def _shown(address: URL) -> str:
    return address.render_as_string(hide_password=True)


def _sqlite_engine(address: URL, checkpoints: bool) -> Engine:
    if not address.database or address.database == ":memory:" or "mode=memory" in address.database:
        raise Refusal("A ledger in memory would lose leads; name a file, such as sqlite:///var/accord.db.")
    try:
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
        # It will hold people's data: for its owner alone, also before SQLite has written the first page.
        os.close(os.open(address.database, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise Refusal(f"The ledger at {_shown(address)} cannot be opened: {error.strerror}. {_REMEDY}") from None
    engine = create_engine(address, json_serializer=_json, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", partial(_prepare_sqlite, checkpoints))
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _server_engine(address: URL) -> Engine:
    try:
        return create_engine(address, json_serializer=_json, hide_parameters=True, pool_pre_ping=True)
    except (ModuleNotFoundError, NoSuchModuleError):
        raise Refusal(
            f"No driver for {address.drivername} is installed; install it (for PostgreSQL: pip install "
            "'psycopg[binary]', URL postgresql+psycopg://…) or keep the ledger in SQLite."
        ) from None


_json = partial(json.dumps, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _prepare_sqlite(checkpoints: bool, connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    # The driver must not open transactions by itself: `_begin_sqlite` does, so that a writer takes its lock at once.
    connection.isolation_level = None
    pages = 1000 if checkpoints else 0
    for setting in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"wal_autocheckpoint={pages}"):
        connection.execute(f"PRAGMA {setting}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("accord_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _telling_outages() -> Iterator[None]:
    try:
        yield
    except PoolTimeout:
        raise LedgerUnavailable("no connection to the database was free") from None
    except DBAPIError as error:
        if not _is_outage(error):
            raise
        raise LedgerUnavailable(str(error.orig)) from None


def _is_outage(error: DBAPIError) -> bool:
    kind = type(error.orig).__name__
    return error.connection_invalidated or kind in ("OperationalError", "InterfaceError", "DatabaseError")


def _make_tables(ledger: Ledger) -> None:
    with ledger.reading() as connection:
        known = _schema_version(connection)
    if known is None:
        with ledger.transaction() as connection:
            known = _schema_version(connection) or _write_tables(connection)
    if known != tables.SCHEMA:
        raise Refusal(
            f"The ledger has schema {known} and this Accord works with schema {tables.SCHEMA}: "
            f"{'install the newer Accord that wrote it' if known > tables.SCHEMA else 'run `accord db upgrade`'}."
        )


def _schema_version(connection: Connection) -> int | None:
    if not inspect(connection).has_table("schema"):
        return None
    version: int | None = connection.scalar(select(tables.schema.c.version).order_by(tables.schema.c.version.desc()))
    return version


def _write_tables(connection: Connection) -> int:
    tables.metadata.create_all(connection)
    connection.execute(insert(tables.schema).values(version=tables.SCHEMA, made_at=datetime.now(UTC)))
    connection.execute(insert(tables.champion).values(slot=1, bundle=None))
    return tables.SCHEMA
