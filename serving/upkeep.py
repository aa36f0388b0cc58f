"""What a serving process does beside answering: each chore in a loop of its own, so that none waits for another."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import NamedTuple

from leads.ledger import forget_old_answers
from serving.intake import Intake
from serving.scoring import POLL_SECONDS, place_of

log = logging.getLogger("accord.upkeep")


class Chore(NamedTuple):
    """`work` runs in a thread, again and again, with a pause between two runs."""

    name: str
    seconds: float
    work: Callable[[], object]


def chores(intake: Intake) -> tuple[Chore, ...]:
    return (
        Chore("follow the champion", POLL_SECONDS, intake.live.follow),
        Chore("forget old answers", 3600, lambda: _forget_answers(intake)),
    )


@asynccontextmanager
async def upkeep(intake: Intake) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(_again_and_again(chore)) for chore in chores(intake)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _again_and_again(chore: Chore) -> None:
    while True:
        await asyncio.sleep(chore.seconds)
        try:
            await asyncio.to_thread(chore.work)
        except Exception as error:  # the ledger may be away for a while; the loop must outlive that
            log.error("cannot %s (%s)", chore.name, place_of(error))


def _forget_answers(intake: Intake) -> None:
    with intake.ledger.transaction() as connection:
        forget_old_answers(connection, datetime.now(UTC))
