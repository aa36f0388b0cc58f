"""How the ledger talks to PostgreSQL: every wait ends, so that a form is told in time that it was not stored."""

from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, Dialect
from sqlalchemy.pool import ConnectionPoolEntry

from leads.ledger.book import BUSY_SECONDS, POOL

T = TypeVar("T")

CONNECT_SECONDS = 2  # libpq knows no shorter wait
ANSWER_SECONDS = 1.7  # longer than the server's own limits: it should be the first to give up
LIMITS = {"lock_timeout": "1500", "idle_in_transaction_session_timeout": "10000"}
SERVING_LIMITS = LIMITS | {"statement_timeout": "1500"}
KEEP_ALIVE = {"keepalives": 1, "keepalives_idle": 5, "keepalives_interval": 1, "keepalives_count": 3}


class Impatient(psycopg.Connection[Any]):
    """Gives a server up that neither answers nor hangs up: one that is frozen, or behind a network that is gone."""

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        try:
            return super().wait(gen, interval, timeout or ANSWER_SECONDS)
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


def _connect(_: Dialect, __: ConnectionPoolEntry, words: list[str], options: dict[str, Any]) -> Impatient:
    return Impatient.connect(*words, **options)
