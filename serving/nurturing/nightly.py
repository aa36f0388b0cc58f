"""At three in the morning, by the team's clock, all nurtured leads are scored again: what they did fades, the price of
a sales minute moves, and what sales gave back may return."""

from datetime import date, datetime, timedelta
from functools import partial
from time import monotonic
from uuid import uuid4
from zoneinfo import ZoneInfo

from leads.ledger import night_done, nurtured, reach, take_night
from serving.deciding.intake import Intake
from serving.nurturing.nurture import score_again

AT_HOUR = 3
BATCH = 50
WORK_SECONDS = 3.0
"""A run takes no longer, so that the process can end; the next one goes on."""


class Nights:
    """Of all processes one does the night; if it dies, another goes on where it was."""

    def __init__(self, intake: Intake) -> None:
        self.intake = intake
        self._holder = uuid4().hex
        self._done: date | None = None

    def run(self) -> None:
        day, until = night_of(self.intake.decider.now(), self.intake.zone), monotonic() + WORK_SECONDS
        while day != self._done and not self.intake.live.refused and self._batch(day) and monotonic() < until:
            pass

    def _batch(self, day: date) -> bool:
        """Whether there was one to do."""
        now = self.intake.decider.now()
        taking = partial(take_night, day=day, holder=self._holder, now=now)
        reached = self.intake.writer.submit(taking).result()
        if reached is None:
            self._done = day if self._is_done(day) else None
            return False
        with self.intake.ledger.reading() as connection:
            leads = nurtured(connection, reached, BATCH)
        again = score_again(self.intake, leads, "nightly")
        last = leads[-1] if len(leads) == BATCH else None
        reaching = partial(reach, day=day, holder=self._holder, lead=last, now=self.intake.decider.now())
        self.intake.writer.submit(reaching).result()
        for failure in again.failed:
            raise failure
        return True

    def _is_done(self, day: date) -> bool:
        with self.intake.ledger.reading() as connection:
            return night_done(connection, day)


def night_of(now: datetime, zone: ZoneInfo) -> date:
    """The day whose night began last."""
    local = now.astimezone(zone)
    return local.date() if local.hour >= AT_HOUR else local.date() - timedelta(days=1)
