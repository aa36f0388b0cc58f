"""What people say became of leads, and what it means for who has the lead."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from leads.lead import Announcement, Assignment, Decision, Outcome
from leads.ledger import (
    Connection,
    assignment_of,
    conversions_told,
    events_told,
    leave_out_conversions,
    outcomes_of,
    post,
    write_outcome,
    write_outcomes,
)
from leads.outcome import LeadState, state_of
from serving.deciding.intake import Intake
from serving.feedback import telling
from serving.feedback.answering import RETURNED, answered
from serving.feedback.telling import EventKind, Kept, Told, Wrong, untimely
from serving.views.lead_story import outcome_body
from serving.watch.logs import logger

log = logger("accord.outcomes")

MOST_CONVERSIONS, WITHIN = 1_000, timedelta(hours=1)
"""A key that tells more has made a mistake or was stolen: they are kept, and training takes none of them."""


def tell(intake: Intake, outcomes: Sequence[Outcome]) -> list[Told]:
    return telling.tell(intake, OUTCOMES, outcomes)


def keep_past(connection: Connection, outcomes: Sequence[Outcome]) -> None:
    """What became of imported leads, which the caller holds: kept once, and history, so that it moves nobody's leads
    and is not announced."""
    told = events_told(connection, {outcome.lead for outcome in outcomes}) if outcomes else set()
    new = {(one.lead, one.event): one for one in reversed(outcomes) if (one.lead, one.event) not in told}
    write_outcomes(connection, _marked(connection, list(new.values())))


def _marked(connection: Connection, outcomes: Sequence[Outcome]) -> Sequence[Outcome]:
    """Those of one telling, by one key or by nobody's."""
    told = [one for one in outcomes if one.type == "converted" and one.key is not None]
    if not told or not _too_many(connection, str(told[0].key), told[0].received_at - WITHIN, len(told)):
        return outcomes
    return [replace(one, left_out=one.type == "converted") for one in outcomes]


def reopen(connection: Connection, intake: Intake, decision: Decision) -> None:
    """This decision gives a lead that sales had closed, and that the caller holds, to sales again. It is told as what
    became of the lead, so that what is told late of the time before does not close it once more."""
    at = decision.decided_at
    outcome = Outcome(decision.lead, f"{RETURNED}{decision.id}", "reopened", at, at, None, None, None)
    write_outcome(connection, outcome)
    post(connection, _announcement(outcome, "open", intake), decision.lead, None)


def _wrong(connection: Connection, intake: Intake, outcome: Outcome, arrived_at: datetime) -> Wrong | None:
    return untimely(outcome, arrived_at) or _unreasoned(outcome, intake) or _moved(connection, outcome)


def _unreasoned(outcome: Outcome, intake: Intake) -> Wrong | None:
    reasons = intake.agreement.sales.reasons
    if outcome.reason is None and outcome.type == "rejected":
        detail = f"reason must say why sales rejects the lead: one of {', '.join(reasons)}."
        return Wrong("required", "reason", detail)
    if outcome.reason is None or outcome.reason in reasons or outcome.type == "reopened":
        return None
    return Wrong("value", "reason", f"reason must be one that the agreement names: {', '.join(reasons)}.")


def _moved(connection: Connection, outcome: Outcome) -> Wrong | None:
    if outcome.told_by is None:
        return None
    return moved(assignment_of(connection, outcome.lead), outcome.told_by)


def moved(stands: Assignment | None, owner: str) -> Wrong | None:
    """A mailed link answers for its owner alone, and no longer once somebody else has the lead."""
    if stands is not None and stands.owner == owner:
        return None
    now = f"{stands.owner} has it" if stands is not None and stands.owner else "it waits for somebody"
    return Wrong("lead-moved", "lead", f"This lead went on: {now} now.")


def _known(connection: Connection, lead: str, _: Sequence[str]) -> dict[str, Outcome]:
    """All of the lead, since its state comes from all of them."""
    return {outcome.event: outcome for outcome in outcomes_of(connection, lead)}


def _keep(connection: Connection, intake: Intake, new: Sequence[Outcome], known: Collection[Outcome]) -> Kept[Outcome]:
    taken = [_kept(connection, outcome) for outcome in new]
    state = state_of(known)
    decided = answered(connection, intake, taken[0].lead, state, taken[0].received_at) if taken else None
    for outcome in taken:
        post(connection, _announcement(outcome, state, intake), outcome.lead, None)
    return Kept(taken, state, decided)


def _kept(connection: Connection, outcome: Outcome) -> Outcome:
    kept = outcome
    if outcome.type == "converted" and outcome.key is not None:
        kept = replace(outcome, left_out=_too_many(connection, outcome.key, outcome.received_at - WITHIN))
    write_outcome(connection, kept)
    return kept


def _too_many(connection: Connection, key: str, since: datetime, more: int = 1) -> bool:
    """With the first that is too many, all those of the hour before are left out too."""
    told = conversions_told(connection, key, since, MOST_CONVERSIONS)
    if len(told) + more <= MOST_CONVERSIONS:
        return False
    if not (told and told[0]):
        leave_out_conversions(connection, key, since)
        log.warning("a key tells more conversions than training takes", key=key, count=MOST_CONVERSIONS)
    return True


def _announcement(outcome: Outcome, state: LeadState, intake: Intake) -> Announcement:
    data = {"lead": outcome.lead, **outcome_body(outcome, intake.zone), "state": state}
    return Announcement("lead.outcome", outcome.received_at, data)


def _count(intake: Intake, outcome: Outcome) -> None:
    intake.metrics.told(outcome)


OUTCOMES = EventKind[Outcome](_known, ("received_at", "key", "left_out", "told_by"), _wrong, _keep, _count)
