"""Nurtured leads that did something are scored again, and go back to sales when that is worth a call.

Sales keeps what it has: only leads that marketing has, that sales has done with, or that wait for a person's look."""

from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Literal

from features.engagement import CLICKED, OPENED, UNSUBSCRIBED, WHOLE
from leads.lead import Assignment, Decision, Outcome
from leads.ledger import Connection, Engaged, assignment_of, engaged_between, latest_decision, outcomes_of
from leads.outcome import in_order, state_of
from leads.sections import Agreement, SalesReason
from serving.anew import Anew, made_anew, scored_anew, settled
from serving.intake import Intake
from serving.scoring.live import Scored
from serving.what_changed import what_changed

BATCH = 100
OVERLAP = timedelta(minutes=1)
"""Another process may still be writing what it received a moment ago."""
AT_START = timedelta(days=1)
"""How far a process that starts looks back; whatever is older, the nightly run has seen."""
OF_MAILS = (OPENED, CLICKED, UNSUBSCRIBED)
ABSENT = {"champion-slow", "champion-unusable", "champion-failed"}
"""The scorecard's answer in place of the champion's would move a lead that did not change."""
NurtureCause = Literal["engagement", "nightly"]


class EngagedLeads:
    """One batch a run: what was received since the last one; what came of a mail again once it counts."""

    def __init__(self, intake: Intake) -> None:
        self.intake = intake
        self._at_once = Passage(intake)
        self._of_mails = Passage(intake, WHOLE, OF_MAILS)

    def run(self) -> None:
        if not self.intake.live.refused:
            leads = dict.fromkeys([*self._at_once.leads(), *self._of_mails.leads()])
            score_again(self.intake, leads, "engagement")


class Passage:
    """Goes through what was received, `later` than that, in the order in which it came."""

    def __init__(self, intake: Intake, later: timedelta = timedelta(0), kinds: Sequence[str] = ()) -> None:
        self.intake = intake
        self.later = later
        self.kinds = kinds
        self._after = Engaged("", intake.decider.now() - later - AT_START)
        self._seen: dict[str, Engaged] = {}

    def leads(self) -> list[str]:
        until = self.intake.decider.now() - self.later
        with self.intake.ledger.reading() as connection:
            found = engaged_between(connection, self._after, until, BATCH, self.kinds)
        fresh = [one.lead for one in found if self._seen.get(one.lead) != one]
        self._seen |= {one.lead: one for one in found}
        if len(found) == BATCH:
            self._after = found[-1]
        elif until - OVERLAP > self._after.received_at:
            self._after = Engaged("", until - OVERLAP)
        self._seen = {one.lead: one for one in self._seen.values() if one.received_at >= self._after.received_at}
        return fresh


def score_again(intake: Intake, leads: Iterable[str], cause: NurtureCause) -> list[Decision]:
    """Those whose route, band or track changed by it."""
    writing = [found for lead in leads if (found := _scored_again(intake, lead, cause))]
    decided = [decision for one in writing if (decision := one.result())]
    for decision in decided:
        intake.metrics.decided(decision)
    return decided


def _scored_again(intake: Intake, lead: str, cause: NurtureCause) -> Future[Decision | None] | None:
    with intake.ledger.reading() as connection:
        before = latest_decision(connection, lead)
        if before is None or not _is_for_it(connection, intake, before, cause):
            return None
    found = scored_anew(intake, lead)
    if found is None or found[1].degraded in ABSENT:
        return None
    submission, scored = found
    deciding = partial(_decided, intake=intake, lead=lead, scored=scored, of=submission.id, cause=cause)
    return intake.writer.submit(deciding)


def _decided(
    connection: Connection, intake: Intake, lead: str, scored: Scored, of: str, cause: NurtureCause
) -> Decision | None:
    """None where nothing changes by it, or something else happened in between."""
    anew = made_anew(connection, intake, lead, scored, cause, of=of)
    if anew is None or not _is_for_it(connection, intake, anew.before, cause) or not _changes(anew):
        return None
    told = what_changed(anew.before, anew.made.decision, intake.agreement, intake.zone)
    noted = anew.made._replace(decision=replace(anew.made.decision, note=told))
    return settled(connection, intake, anew._replace(made=noted))


def _changes(anew: Anew) -> bool:
    """What did not come from marketing can only go to sales by it."""
    before, now = anew.before, anew.made.decision
    if before.route != "nurture":
        return now.route == "sales"
    return (now.route, now.band, now.track) != (before.route, before.band, before.track)


def _is_for_it(connection: Connection, intake: Intake, before: Decision, cause: NurtureCause) -> bool:
    stood, told = assignment_of(connection, before.lead), outcomes_of(connection, before.lead)
    if before.route == "quarantine" or before.cause == "imported":
        return False
    if stood is not None and stood.ended_at is None:
        return cause == "engagement" and _waits_for_a_look(before, stood)
    return _is_marketings(before, told, intake.agreement, intake.decider.now())


def _waits_for_a_look(before: Decision, stood: Assignment) -> bool:
    return before.route == "review" and stood.answered_at is None


def _is_marketings(before: Decision, told: Sequence[Outcome], agreement: Agreement, now: datetime) -> bool:
    """Also what sales rejected or lost, once it was left alone for long enough; what comes back at a date of its own
    does that by itself, and what ended for good does not come back."""
    state = state_of(told)
    if state not in ("rejected", "lost"):
        return state == "open" and before.route == "nurture"
    last = in_order(told)[-1]
    reason = agreement.sales.reasons.get(last.reason or "", SalesReason())
    if reason.then == "end" or (state == "rejected" and reason.after_days is not None):
        return False
    return now >= last.occurred_at + timedelta(days=agreement.marketing.recycle_after_days)
