"""What people say became of leads: kept once, in whatever order it comes, and what it means for who has the lead."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from leads.lead import Announcement, Assignment, Decision, Outcome
from leads.ledger import (
    Connection,
    arrival_of,
    assignment_of,
    conversions_told,
    events_told,
    hold,
    leave_out_conversions,
    outcomes_of,
    post,
    write_outcome,
    write_outcomes,
)
from leads.outcome import LeadState, state_of
from serving.answering import RETURNED, answered
from serving.intake import Intake
from serving.lead_story import outcome_body
from serving.watch.logs import logger

log = logger("accord.outcomes")

SKEW = timedelta(minutes=1)
"""By how much a sender's clock may differ from ours."""
LEADS_AT_ONCE = 32
"""Forms that come in between wait no longer than for these."""
MOST_CONVERSIONS, WITHIN = 1_000, timedelta(hours=1)
"""A key that tells more has made a mistake or was stolen: they are kept, and training takes none of them."""
LEAD = re.compile("ld_[0-9a-f-]{36}")


class Wrong(NamedTuple):
    """`field` is the one of the event that is wrong, such as `reason` or `properties/mail`."""

    code: str
    field: str
    detail: str


class Told(NamedTuple):
    """What came of telling one outcome. `state` is the lead's, after all that was told of it with this one; None where
    the lead is not there."""

    state: LeadState | None
    replayed: bool = False
    wrong: Wrong | None = None


class Done(NamedTuple):
    told: Sequence[Told]
    taken: Sequence[Outcome] = ()
    decided: Decision | None = None


UNKNOWN = Told(None, wrong=Wrong("unknown-lead", "lead", "There is no lead with this id, or it was erased."))


def tell(intake: Intake, outcomes: Sequence[Outcome]) -> list[Told]:
    """Waits until all is on the disk; not for the event loop. A lead's outcomes are one transaction, and each lead's
    its own: when the ledger fails in between, telling all of them again does no harm."""
    of_lead: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        of_lead.setdefault(outcome.lead, []).append(outcome)
    told = {done_lead: iter(done.told) for done_lead, done in _written(intake, of_lead)}
    return [next(told[outcome.lead]) for outcome in outcomes]


def foreseen(connection: Connection, intake: Intake, outcome: Outcome) -> Wrong | None:
    """What telling it would find wrong now; nothing is written."""
    arrived_at = arrival_of(connection, outcome.lead) if LEAD.fullmatch(outcome.lead) else None
    if arrived_at is None:
        return UNKNOWN.wrong
    before = next((one for one in outcomes_of(connection, outcome.lead) if one.event == outcome.event), None)
    return _conflict(before, outcome) if before else _wrong(connection, intake, outcome, arrived_at)


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


def _written(intake: Intake, of_lead: dict[str, list[Outcome]]) -> Iterator[tuple[str, Done]]:
    leads = list(of_lead)
    for start in range(0, len(leads), LEADS_AT_ONCE):
        jobs = [
            (lead, intake.writer.submit(partial(_tell_lead, intake=intake, outcomes=of_lead[lead])))
            for lead in leads[start : start + LEADS_AT_ONCE]
        ]
        for lead, job in jobs:
            done = job.result()
            for outcome in done.taken:
                intake.metrics.told(outcome)
            if done.decided is not None:
                intake.metrics.decided(done.decided)
            yield lead, done


def _tell_lead(connection: Connection, intake: Intake, outcomes: Sequence[Outcome]) -> Done:
    lead = outcomes[0].lead
    arrived_at = arrival_of(connection, lead) if LEAD.fullmatch(lead) and hold(connection, lead) else None
    if arrived_at is None:
        return Done([UNKNOWN] * len(outcomes))
    known = {outcome.event: outcome for outcome in outcomes_of(connection, lead)}
    told, taken = list[Told](), list[Outcome]()
    for outcome in outcomes:
        before = known.get(outcome.event)
        wrong = _conflict(before, outcome) if before else _wrong(connection, intake, outcome, arrived_at)
        told.append(Told(None, replayed=before is not None and wrong is None, wrong=wrong))
        if before is None and wrong is None:
            taken.append(_kept(connection, outcome))
            known[outcome.event] = outcome
    state = state_of(known.values())
    decided = answered(connection, intake, lead, state, taken[0].received_at) if taken else None
    for outcome in taken:
        post(connection, _announcement(outcome, state, intake), lead, None)
    return Done([one._replace(state=state) for one in told], taken, decided)


def reopen(connection: Connection, intake: Intake, decision: Decision) -> None:
    """This decision gives a lead that sales had closed, and that the caller holds, to sales again. It is told as what
    became of the lead, so that what is told late of the time before does not close it once more."""
    at = decision.decided_at
    outcome = Outcome(decision.lead, f"{RETURNED}{decision.id}", "reopened", at, at, None, None, None)
    write_outcome(connection, outcome)
    post(connection, _announcement(outcome, "open", intake), decision.lead, None)


def _conflict(before: Outcome, told: Outcome) -> Wrong | None:
    of_the_telling = {name: getattr(before, name) for name in ("received_at", "key", "left_out", "told_by")}
    if replace(told, **of_the_telling) == before:
        return None
    detail = "This event of the lead was told before with another content; give each event an id of its own."
    return Wrong("event-conflict", "event", detail)


def _wrong(connection: Connection, intake: Intake, outcome: Outcome, arrived_at: datetime) -> Wrong | None:
    return _untimely(outcome, arrived_at) or _unreasoned(outcome, intake) or _moved(connection, outcome)


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


def _untimely(outcome: Outcome, arrived_at: datetime) -> Wrong | None:
    if arrived_at - SKEW <= outcome.occurred_at <= outcome.received_at + SKEW:
        return None
    detail = "occurred_at must lie between the lead's first form and now, give or take a minute."
    return Wrong("timestamp", "occurred_at", detail)


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
