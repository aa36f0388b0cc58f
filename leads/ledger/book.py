"""The open ledger: one database, SQLite beside the service or PostgreSQL, and how it is read and written."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from sqlalchemy import Connection, Engine, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from leads.ledger import tables
from leads.refusal import Failure

BUSY_SECONDS = 1.5


class LedgerUnavailable(Failure):
    """The database is locked, full, read-only or gone: nothing was written, and trying again later may work."""


class Ledger:
    """A writing transaction is durable once it has ended; on SQLite one process writes one transaction at a time."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.on_sqlite = engine.dialect.name == "sqlite"
        self._writing = engine.execution_options(accord_writes=True)
        self._writer = Lock()
        self._salt: bytes | None = None

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        if not self.on_sqlite:
            with telling_outages(), self.engine.begin() as connection:
                yield connection
            return
        if not self._writer.acquire(timeout=BUSY_SECONDS):
            raise LedgerUnavailable("the ledger is busy")
        try:
            with telling_outages(), self._writing.begin() as connection:
                yield connection
        finally:
            self._writer.release()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with telling_outages(), self.engine.connect() as connection:
            yield connection

    @property
    def salt(self) -> bytes:
        """Keys every digest of a person that this ledger keeps; it never changes and goes into every backup."""
        if self._salt is None:
            with self.reading() as connection:
                self._salt = bytes.fromhex(connection.scalars(select(tables.salt.c.secret)).one())
        return self._salt

    def check(self) -> None:
        """Writes nothing new, but down to the disk: LedgerUnavailable when a lead could not be stored either."""
        pointer = tables.champion
        with self.transaction() as connection:
            connection.execute(update(pointer).where(pointer.c.slot == 1).values(bundle=pointer.c.bundle))

    def close(self) -> None:
        self.engine.dispose()


@contextmanager
def telling_outages() -> Iterator[None]:
    try:
        yield
    except PoolTimeout:
        raise LedgerUnavailable("no connection to the database was free") from None
    except DBAPIError as error:
        if not is_outage(error):
            raise
        raise LedgerUnavailable(str(error.orig)) from None


def is_outage(error: DBAPIError) -> bool:
    """Whether the database failed and not the statement. psycopg's OperationalError has one subclass for each of
    PostgreSQL's states; sqlite3 tells a damaged or foreign file with the bare base class."""
    kinds = {kind.__name__ for kind in type(error.orig).__mro__}
    failed = not kinds.isdisjoint({"OperationalError", "InterfaceError"})
    return error.connection_invalidated or failed or type(error.orig).__name__ == "DatabaseError"
