"""How the ledger talks to PostgreSQL: every wait ends, so that a form is told in time that it was not stored."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, Dialect
from sqlalchemy.pool import ConnectionPoolEntry

from leads.ledger.book import BUSY_SECONDS, POOL

T = TypeVar("T")

CONNECT_SECONDS = 2  # libpq knows no shorter wait
LONG_SECONDS = 30
ANSWER_SECONDS = 1.7  # longer than the server's own limits: it should be the first to give up
LIMITS = {"lock_timeout": "1500", "idle_in_transaction_session_timeout": "10000"}
SERVING_LIMITS = LIMITS | {"statement_timeout": "1500"}
KEEP_ALIVE = {"keepalives": 1, "keepalives_idle": 5, "keepalives_interval": 1, "keepalives_count": 3}


class Impatient(psycopg.Connection[Any]):
    """Gives a server up that neither answers nor hangs up: one that is frozen, or behind a network that is gone."""

    patience: float = ANSWER_SECONDS

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        try:
            return super().wait(gen, interval, timeout or self.patience)
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                self.close()
            raise


def server_engine(address: URL, serving: bool, **usual: Any) -> Engine:
    """A job may wait long for an answer; the service never does."""
    limits = SERVING_LIMITS if serving else LIMITS
    options = {"connect_timeout": CONNECT_SECONDS, "tcp_user_timeout": 2000, "application_name": "accord"} | KEEP_ALIVE
    options["options"] = " ".join(f"-c {name}={value}" for name, value in limits.items())
    engine = create_engine(
        address,
        pool_pre_ping=True,
        pool_size=POOL,
        max_overflow=0,
        pool_timeout=BUSY_SECONDS,
        connect_args=options,
        **usual,
    )
    if serving:
        event.listen(engine, "do_connect", _connect)
    return engine


@contextmanager
def patient(connection: Connection) -> Iterator[Connection]:
    """The same connection for one transaction that sees one state of everything, and whose statements may take longer
    than a form can wait."""
    reading = connection.execution_options(isolation_level="REPEATABLE READ")
    bare = reading.connection.driver_connection
    reading.exec_driver_sql(f"SET LOCAL statement_timeout = '{LONG_SECONDS}s'")
    if isinstance(bare, Impatient):
        bare.patience = LONG_SECONDS + 1.0
    try:
        yield reading
    finally:
        if isinstance(bare, Impatient):
            bare.patience = ANSWER_SECONDS


def _connect(_: Dialect, __: ConnectionPoolEntry, words: list[str], options: dict[str, Any]) -> Impatient:
    return Impatient.connect(*words, **options)
