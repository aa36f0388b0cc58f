"""What a serving process does beside answering: each chore in a loop of its own, so that none waits for another."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import NamedTuple

from leads.ledger import forget_old_answers
from serving.delivery.configuration import configuration
from serving.delivery.worker import delivering
from serving.intake import Intake
from serving.rights.erasure import keep_to_agreement, overwrite_remains
from serving.scoring.live import POLL_SECONDS
from serving.scoring.rescore import Rescoring
from serving.watch.logs import logger, place_of

log = logger("accord.upkeep")
RESCORE_SECONDS = 2.0


class Chore(NamedTuple):
    """`work` runs in a thread, again and again, with a pause between two runs."""

    name: str
    seconds: float
    work: Callable[[], object]


def chores(intake: Intake) -> tuple[Chore, ...]:
    return (
        Chore("follow the champion", POLL_SECONDS, intake.live.follow),
        Chore("score leads again", RESCORE_SECONDS, Rescoring(intake).run),
        Chore("forget old answers", 3600, lambda: _forget_answers(intake)),
        Chore("erase what is past its time", 3600, lambda: keep_to_agreement(intake.ledger, intake.agreement)),
        Chore("overwrite what was erased", 20, lambda: overwrite_remains(intake.ledger, intake.zone)),
    )


@asynccontextmanager
async def upkeep(intake: Intake) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(_again_and_again(chore)) for chore in chores(intake)]
    try:
        async with delivering(intake.writer, configuration(), intake.metrics.delivered):
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
            log.error("a chore failed", chore=chore.name, place=place_of(error))


def _forget_answers(intake: Intake) -> None:
    with intake.ledger.transaction() as connection:
        forget_old_answers(connection, datetime.now(UTC))
