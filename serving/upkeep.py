"""What a serving process does beside answering: each chore in a loop of its own, so that none waits for another."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import NamedTuple

from leads.ledger import forget_old_answers, forget_old_faults
from serving.deciding.intake import Intake
from serving.delivery.configuration import configuration
from serving.delivery.worker import delivering
from serving.feedback.returning import bring_back
from serving.nurturing.nightly import Nights
from serving.nurturing.nurture import EngagedLeads
from serving.rights.erasure import keep_to_agreement, overwrite_remains
from serving.scoring.live import POLL_SECONDS
from serving.scoring.rescore import Rescoring
from serving.team.clock import Clock
from serving.watch.logs import logger, place_of

log = logger("accord.upkeep")
WATCH_SECONDS = 5.0
RESCORE_SECONDS = 2.0
CLOCK_SECONDS = 1.0
PRICE_SECONDS = 10.0
RETURN_SECONDS = 30.0
ENGAGED_SECONDS = 2.0
NIGHT_SECONDS = 10.0


class Chore(NamedTuple):
    """`work` runs in a thread, again and again, with a pause between two runs. `told_as` is the word by which the
    service tells that its last run failed; without one only the log tells it."""

    name: str
    seconds: float
    work: Callable[[], object]
    told_as: str | None = None


def chores(intake: Intake) -> tuple[Chore, ...]:
    return (
        Chore("follow the champion", POLL_SECONDS, lambda: _follow(intake)),
        Chore("watch a new champion", WATCH_SECONDS, intake.probation.run),
        Chore("make the day's price", PRICE_SECONDS, lambda: intake.decider.prices.keep(intake.live.number)),
        Chore("score leads again", RESCORE_SECONDS, Rescoring(intake).run),
        Chore("move leads that are due", CLOCK_SECONDS, Clock(intake).run, "clock"),
        Chore("bring leads back to sales", RETURN_SECONDS, lambda: bring_back(intake)),
        Chore("score leads that did something", ENGAGED_SECONDS, EngagedLeads(intake).run, "nurture"),
        Chore("score nurtured leads by night", NIGHT_SECONDS, Nights(intake).run, "nurture-by-night"),
        Chore("forget old answers", 3600, lambda: _forget_answers(intake)),
        Chore("erase what is past its time", 3600, lambda: keep_to_agreement(intake.ledger, intake.agreement)),
        Chore("overwrite what was erased", 20, lambda: overwrite_remains(intake.ledger, intake.zone)),
    )


@asynccontextmanager
async def upkeep(intake: Intake) -> AsyncIterator[None]:
    await asyncio.to_thread(intake.decider.prices.follow)
    tasks = [asyncio.create_task(_again_and_again(chore, intake.failing)) for chore in chores(intake)]
    try:
        async with delivering(intake.writer, configuration(), intake.metrics.delivered):
            yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _again_and_again(chore: Chore, failing: set[str]) -> None:
    while True:
        await asyncio.sleep(chore.seconds)
        try:
            await asyncio.to_thread(chore.work)
            failing.discard(chore.told_as or "")
        except Exception as error:  # the ledger may be away for a while; the loop must outlive that
            log.error("a chore failed", chore=chore.name, place=place_of(error))
            failing.update(filter(None, [chore.told_as]))


def _follow(intake: Intake) -> None:
    """The price first: no lead is scored by a new champion before its price is known here."""
    intake.decider.prices.follow()
    intake.live.follow()


def _forget_answers(intake: Intake) -> None:
    with intake.ledger.transaction() as connection:
        forget_old_answers(connection, datetime.now(UTC))
        forget_old_faults(connection, datetime.now(UTC))
