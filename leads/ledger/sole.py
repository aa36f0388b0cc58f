"""One serving process at a time on an SQLite ledger: two that check-point it can damage the file."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from leads.ledger.book import Ledger
from leads.refusal import Refusal


@contextmanager
def serving_alone(ledger: Ledger) -> Iterator[None]:
    """Refusal while another process has it. The lock is the operating system's, so it ends with its process, however
    that ends. PostgreSQL serves as many as there are."""
    if not ledger.on_sqlite:
        yield
        return
    with Path(f"{ledger.engine.url.database}.serving").open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refusal(
                "Another `accord serve` has this ledger open. Stop it first, or keep the ledger in PostgreSQL, which "
                "serves many processes: ACCORD_DATABASE_URL=postgresql://…"
            ) from None
        yield
