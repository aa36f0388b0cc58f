"""Plays the forms of a rehearsal: the real intake, policy, assignment and clock, at played times."""

import asyncio
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from functools import partial

from leads.ledger import Key, LedgerUnavailable, leads_of_nobody, next_clock_step, unanswered
from serving.deciding.intake import Intake
from serving.edge.arrival import Arrival, sending_of
from serving.rehearsal.agenda import Agenda
from serving.rehearsal.forms import Forms, TimedForm
from serving.rehearsal.staff import Staff
from serving.team.clock import Clock

TRIES = 5
"""A busy machine may need longer for a form than a visitor would wait."""


class Play:
    """`waiting` counts the unanswered leads at the end of each day; `of_nobody` are leads that were ever found with
    neither a person nor the queue, in `looks` looks; `lacked` is what the service would have called itself degraded
    by."""

    def __init__(self, intake: Intake, agenda: Agenda, staff: Staff, key: Key, on_form: Callable[[], None]) -> None:
        self.intake = intake
        self.agenda = agenda
        self.staff = staff
        self.key = key
        self.on_form = on_form
        self.clock = Clock(intake)
        self.began = agenda.now
        self.waiting: dict[date, int] = {}
        self.of_nobody: set[str] = set()
        self.looks = 0
        self.lacked: set[str] = set()
        self._looked_at = agenda.now

    def run(self, forms: Forms, days: int) -> None:
        first = self.began.astimezone(self.intake.zone).date()
        every = [first + timedelta(days=number) for number in range(days)]
        ends = [datetime.combine(day + timedelta(days=1), time.min, self.intake.zone) for day in every]
        with asyncio.Runner() as runner:
            for form in forms.timed:
                self.agenda.plan(form.at, partial(self._arrive, form, runner))
            for day, end in zip(every, ends, strict=True):
                self.agenda.plan(end, partial(self._end_day, day))
            self._make_price()
            self.staff.look()
            while (moment := self._next()) < ends[-1]:
                self._go_to(moment)
            self.agenda.act_until(ends[-1])

    def _go_to(self, moment: datetime) -> None:
        self.agenda.act_until(moment)
        self.clock.run()
        self.staff.look()
        self._look(self._looked_at)
        self._looked_at = moment

    def _look(self, since: datetime) -> None:
        """At what was decided since then; the earlier ones are looked at again at the end of the day."""
        with self.intake.ledger.reading() as connection:
            self.of_nobody.update(leads_of_nobody(connection, since))
        self.looks += 1

    def _next(self) -> datetime:
        """What the clock left undone at this moment waits until something happens."""
        with self.intake.ledger.reading() as connection:
            step = next_clock_step(connection)
        planned = self.agenda.next_at()
        moments = [moment for moment in (step, planned) if moment is not None and moment > self.agenda.now]
        return min(moments)

    def _arrive(self, form: TimedForm, runner: asyncio.Runner) -> None:
        arrival = Arrival(
            key=self.key,
            sent=form.sent,
            form=form.form,
            fields=self.intake.agreement.form.fields,
            sending=sending_of(self.key, f"row {form.row}", form.sent, self.intake.ledger.salt),
            arrived_at=self.agenda.now,
            client="",
        )
        self._receive(arrival, runner)
        self.on_form()

    def _receive(self, arrival: Arrival, runner: asyncio.Runner) -> None:
        for tries in range(TRIES):
            try:
                runner.run(self.intake.receive(arrival))
                return
            except LedgerUnavailable:
                if tries == TRIES - 1:
                    raise

    def _end_day(self, day: date) -> None:
        with self.intake.ledger.reading() as connection:
            self.waiting[day] = len(unanswered(connection))
        self._look(self.began)
        self._make_price()

    def _make_price(self) -> None:
        prices = self.intake.decider.prices
        prices.follow()
        prices.keep(self.intake.live.number)
        self.lacked.update(self.intake.degraded())
