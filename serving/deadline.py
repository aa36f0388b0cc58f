"""Asking the ledger from the event loop, for no longer than a form can wait."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TypeVar, TypeVarTuple

from anyio import to_thread

from leads.ledger import LedgerUnavailable

READ_SECONDS = 1.8
T = TypeVar("T")
Ts = TypeVarTuple("Ts")


async def in_time(work: Callable[[*Ts], T], *arguments: *Ts, seconds: float = READ_SECONDS) -> T:
    """Runs in a thread, which is left behind when it takes too long: a database that cannot be reached may not even
    refuse."""
    try:
        async with asyncio.timeout(seconds):
            return await to_thread.run_sync(partial(work, *arguments), abandon_on_cancel=True)
    except TimeoutError:
        raise LedgerUnavailable("it did not answer in time") from None
