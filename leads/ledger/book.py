"""The open ledger: one database, SQLite beside the service or PostgreSQL, and how it is read and written."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from threading import Lock

from sqlalchemy import Connection, Engine, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from leads.ledger import tables
from leads.refusal import Failure

BUSY_SECONDS = 1.5
LEAST_FREE = 256 * 1024
"""Bytes; with less, a small write may still fit where a lead does not."""
POOL = 10
"""Connections that one process may hold to PostgreSQL."""


class LedgerUnavailable(Failure):
    """The database is locked, full, read-only or gone: nothing was written, and trying again later may work."""


class LedgerBusy(LedgerUnavailable):
    """Somebody else has been writing for longer than a form can wait."""


class StorageFull(LedgerUnavailable):
    """No room is left on the database's disk."""


class Ledger:
    """A writing transaction is durable once it has ended; on SQLite one process writes one transaction at a time."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.on_sqlite = engine.dialect.name == "sqlite"
        self._writing = engine.execution_options(accord_writes=True)
        self._writer = Lock()
        self._file: int | None = None
        self._salt: bytes | None = None

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        if not self.on_sqlite:
            with telling_outages(), self.engine.begin() as connection:
                yield connection
            return
        if not self._writer.acquire(timeout=BUSY_SECONDS):
            raise LedgerBusy("the ledger is busy")
        try:
            self._look_for_file()
            with telling_outages(), self._writing.begin() as connection:
                yield connection
        finally:
            self._writer.release()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with telling_outages(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def long_reading(self) -> Iterator[Connection]:
        """One state of everything, for what reads most of it and takes seconds; never for a form."""
        with self.reading() as connection:
            if self.on_sqlite:
                yield connection
                return
            from leads.ledger.postgresql import patient  # its driver is loaded where it is needed

            with patient(connection) as reading:
                yield reading

    @contextmanager
    def alone(self) -> Iterator[sqlite3.Connection]:
        """SQLite's own connection, outside of transactions, while nothing else of this process writes."""
        if not self._writer.acquire(timeout=BUSY_SECONDS):
            raise LedgerBusy("the ledger is busy")
        try:
            with closing(self.engine.raw_connection()) as connection:
                # on SQLite the driver is sqlite3, which the type leaves open
                bare: sqlite3.Connection = connection.driver_connection  # type: ignore[assignment]
                yield bare
        finally:
            self._writer.release()

    @property
    def salt(self) -> bytes:
        """Keys every digest of a person that this ledger keeps; it never changes and goes into every backup."""
        if self._salt is None:
            with self.reading() as connection:
                self._salt = bytes.fromhex(connection.scalars(select(tables.salt.c.secret)).one())
        return self._salt

    def check(self) -> None:
        """Writes nothing new, but down to the disk: LedgerUnavailable when a lead could not be stored either. It leaves
        the champion's number alone, which may name a bundle that is gone."""
        pointer = tables.champion
        if self.on_sqlite and _free_bytes(str(self.engine.url.database)) < LEAST_FREE:
            raise StorageFull("hardly any room is left on the disk")
        with self.transaction() as connection:
            connection.execute(update(pointer).where(pointer.c.slot == 1).values(slot=pointer.c.slot))

    def _look_for_file(self) -> None:
        """SQLite goes on writing into a file that was deleted or replaced, and what it writes there is lost."""
        try:
            found = os.stat(str(self.engine.url.database)).st_ino
        except OSError as error:
            raise LedgerUnavailable(f"the database file cannot be found ({error.strerror})") from None
        if self._file not in (None, found):
            self.engine.dispose()
        self._file = found

    def close(self) -> None:
        self.engine.dispose()


def _free_bytes(path: str) -> int:
    try:
        disk = os.statvfs(path)
    except OSError as error:
        raise LedgerUnavailable(f"the database file cannot be found ({error.strerror})") from None
    return disk.f_bavail * disk.f_frsize


@contextmanager
def telling_outages() -> Iterator[None]:
    try:
        yield
    except PoolTimeout:
        raise LedgerBusy("no connection to the database was free") from None
    except DBAPIError as error:
        if not is_outage(error):
            raise
        raise _outage(error) from None


def is_outage(error: DBAPIError) -> bool:
    """Whether the database failed and not the statement. psycopg's OperationalError has one subclass for each of
    PostgreSQL's states; sqlite3 tells a damaged or foreign file with the bare base class."""
    kinds = {kind.__name__ for kind in type(error.orig).__mro__}
    failed = not kinds.isdisjoint({"OperationalError", "InterfaceError"})
    return error.connection_invalidated or failed or type(error.orig).__name__ == "DatabaseError"


BUSY = {"SQLITE_BUSY", "SQLITE_BUSY_SNAPSHOT", "SQLITE_LOCKED", "55P03", "57014", "40P01"}
"""PostgreSQL's: lock_not_available, after the statement's time query_canceled, and deadlock_detected."""
FULL = {"SQLITE_FULL", "53100"}


def _outage(error: DBAPIError) -> LedgerUnavailable:
    state = getattr(error.orig, "sqlite_errorname", None) or getattr(error.orig, "sqlstate", None)
    kind = LedgerBusy if state in BUSY else StorageFull if state in FULL else LedgerUnavailable
    return kind(str(error.orig).partition("\n")[0])
