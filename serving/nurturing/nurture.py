"""Nurtured leads that did something are scored again, and go back to sales when that is worth a call.

Sales keeps what it has: only leads that marketing has, that sales has done with, or that wait for a person's look."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Literal, NamedTuple

from features.engagement import CLICKED, OPENED, UNSUBSCRIBED, WHOLE
from leads.lead import Assignment, Decision, Outcome
from leads.ledger import (
    Connection,
    LedgerUnavailable,
    assignment_of,
    identities_of,
    latest_decision,
    objects,
    outcomes_of,
    scored_at,
)
from leads.outcome import in_order, state_of
from leads.sections import Agreement, SalesReason
from models.engaged import interest_at
from serving.deciding.anew import Anew, Case, made_anew, scored_anew, settled
from serving.deciding.intake import Intake
from serving.feedback.outcomes import reopen
from serving.nurturing.passage import Passage
from serving.nurturing.what_changed import what_changed
from serving.scoring.live import Scored

BATCH = 100
OF_MAILS = (OPENED, CLICKED, UNSUBSCRIBED)
MOMENTARY = {"champion-slow", "champion-unusable"}
ABSENT = {*MOMENTARY, "champion-failed"}
"""The scorecard's answer in place of the champion's would move a lead that did not change."""
NurtureCause = Literal["engagement", "nightly"]
Undone = Literal["undone"]
"""What may be done a moment later."""
UNDONE: Undone = "undone"


class Again(NamedTuple):
    """What came of scoring leads again. One that fails, as it would the next time, holds up no other."""

    decided: Sequence[Decision] = ()
    undone: Sequence[str] = ()
    failed: Sequence[Exception] = ()


class EngagedLeads:
    """One batch a run: what was received since the last one; what came of a mail again once it counts. What cannot be
    done now is done by the next run, and all of it again where the ledger failed in between."""

    def __init__(self, intake: Intake) -> None:
        self.intake = intake
        self._passages = (Passage(intake), Passage(intake, WHOLE, OF_MAILS))
        self._undone: Sequence[str] = ()

    def run(self) -> None:
        if self.intake.live.refused:
            return
        room = max(BATCH - len(self._undone), 1)
        pages = [passage.next(room) for passage in self._passages]
        leads = dict.fromkeys([*self._undone, *(lead for page in pages for lead in page.leads)])
        again = score_again(self.intake, leads, "engagement")
        for passage, page in zip(self._passages, pages, strict=True):
            passage.done(page)
        self._undone = again.undone
        for failure in again.failed:
            raise failure


def score_again(intake: Intake, leads: Iterable[str], cause: NurtureCause) -> Again:
    """Decided are those whose route, band or track changed by it."""
    undone, failed = list[str](), list[Exception]()
    writing = list[tuple[str, Future[Decision | Undone | None]]]()
    for lead in leads:
        with _noted(failed):
            found = _scored_again(intake, lead, cause)
            if isinstance(found, Future):
                writing.append((lead, found))
            elif found == UNDONE:
                undone.append(lead)
    decided = list[Decision]()
    for lead, future in writing:
        with _noted(failed):
            done = future.result()
            if isinstance(done, Decision):
                intake.metrics.decided(done)
                decided.append(done)
            elif done == UNDONE:
                undone.append(lead)
    return Again(decided, undone, failed)


@contextmanager
def _noted(failed: list[Exception]) -> Iterator[None]:
    """The caller raises it when the others are done. Where the ledger fails, it fails for all of them."""
    try:
        yield
    except LedgerUnavailable:
        raise
    except Exception as error:
        failed.append(error)


class Standing(NamedTuple):
    """On what a lead is scored again: its newest decision, and whether it objects."""

    before: Decision
    objects: bool


def _standing(connection: Connection, lead: str) -> Standing | None:
    before = latest_decision(connection, lead)
    return None if before is None else Standing(before, objects(connection, identities_of(connection, lead)))


def _scored_again(intake: Intake, lead: str, cause: NurtureCause) -> Future[Decision | Undone | None] | Undone | None:
    with intake.ledger.reading() as connection:
        standing = _standing(connection, lead)
        if standing is None or not _is_for_it(connection, intake, standing.before, cause):
            return None
    found = scored_anew(intake, lead)
    if found is None or found[1].degraded in ABSENT:
        return UNDONE if found is not None and found[1].degraded in MOMENTARY else None
    submission, scored = found
    deciding = partial(_decided, intake=intake, standing=standing, scored=scored, of=submission.id, cause=cause)
    return intake.writer.submit(deciding)


def _decided(
    connection: Connection, intake: Intake, standing: Standing, scored: Scored, of: str, cause: NurtureCause
) -> Decision | Undone | None:
    """None where nothing changes by it; undone where something else happened in between."""
    lead = standing.before.lead
    anew = made_anew(connection, intake, Case(lead, scored, cause, of=of))
    now = _standing(connection, lead)
    if now is None or (now.before.id, now.objects) != (standing.before.id, standing.objects):
        return UNDONE
    if anew is None or not _is_for_it(connection, intake, anew.before, cause) or not _changes(anew, intake.agreement):
        return None
    since = scored_at(connection, lead) or anew.before.decided_at
    told = what_changed(anew.before, since, anew.made.decision, intake.agreement, intake.zone)
    noted = anew.made._replace(decision=replace(anew.made.decision, note=told))
    decision = settled(connection, intake, anew._replace(made=noted))
    if decision.route == "sales" and state_of(outcomes_of(connection, lead)) in ("rejected", "lost"):
        reopen(connection, intake, decision)
    return decision


def _changes(anew: Anew, agreement: Agreement) -> bool:
    """What did not come from marketing can only go to sales by it, and an imported lead only where the person did
    something after the form: else it is history."""
    before, now = anew.before, anew.made.decision
    if before.cause == "imported":
        sent = anew.submission
        return now.route == "sales" and interest_at(sent, now.features, agreement) > sent.interest_at
    if before.route != "nurture":
        return now.route == "sales"
    return (now.route, now.band, now.track) != (before.route, before.band, before.track)


def _is_for_it(connection: Connection, intake: Intake, before: Decision, cause: NurtureCause) -> bool:
    stood, told = assignment_of(connection, before.lead), outcomes_of(connection, before.lead)
    if before.route == "quarantine" or (before.cause == "imported" and cause != "engagement"):
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
