"""Waiting until somebody else has written, as the service does beside a command."""

import time
from collections.abc import Callable
from typing import TypeVar

from leads.ledger import LedgerBusy

TRIES, PAUSE_SECONDS = 40, 0.25
T = TypeVar("T")


def patiently(work: Callable[[], T]) -> T:
    """`work` is done anew where it found the ledger busy."""
    for _ in range(TRIES):
        try:
            return work()
        except LedgerBusy:
            time.sleep(PAUSE_SECONDS)
    return work()
