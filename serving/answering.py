"""What a lead's outcomes mean for who has it: its owner answered for it, or it is no longer a matter for sales."""

from dataclasses import replace
from datetime import datetime

from leads.consent import may_be_mailed
from leads.lead import Assignment, Decision, Route, Step, StepKind
from leads.ledger import (
    Connection,
    assignment_of,
    decided_submission,
    latest_decision,
    outcomes_of,
    put_assignment,
    write_step,
)
from leads.outcome import ENDED, LeadState
from serving.anew import decide_anew
from serving.intake import Intake
from serving.scoring.live import Scored

OF_SALES: tuple[Route, ...] = ("sales", "review")
WORDS: dict[LeadState, str] = {
    "open": "sales opened it again",
    "accepted": "sales accepted it",
    "contacted": "sales contacted the person",
    "meeting": "there is a meeting",
    "converted": "it converted",
    "lost": "sales lost it",
    "rejected": "sales rejected it",
}


def answered(connection: Connection, intake: Intake, lead: str, state: LeadState, now: datetime) -> Decision | None:
    """`state` is the lead's now. The decision, where the lead was decided anew: it goes to nurture when sales rejects
    it and it may be mailed, and comes back to who had it when sales takes the rejection back."""
    before, stood = latest_decision(connection, lead), assignment_of(connection, lead)
    if before is None:
        return None
    if before.cause == "rejected" and state not in ENDED:
        owner = stood.owner if stood is not None else None
        decided = _decided(connection, intake, before, "sales", owner)
        _stand(connection, lead, state, of_sales=True, now=now)
        return decided
    _stand(connection, lead, state, before.route in OF_SALES, now)
    if state == "rejected" and before.route in OF_SALES and _may_be_mailed(connection, intake, lead):
        return _decided(connection, intake, before, "nurture")
    return None


def _stand(connection: Connection, lead: str, state: LeadState, of_sales: bool, now: datetime) -> None:
    stood = assignment_of(connection, lead)
    if stood is None:
        return
    stands = _standing(stood, state, of_sales, now)
    if stands != stood:
        put_assignment(connection, stands)
        write_step(connection, _step(stands, stood, state, now))


def _standing(stood: Assignment, state: LeadState, of_sales: bool, now: datetime) -> Assignment:
    """Whoever opens a lead again has answered for it before, where they had: the clock stays quiet."""
    stands = stood
    if state != "open":
        stands = replace(stood, answered_at=stood.answered_at or now, next_step=None, next_at=None)
    if state in ENDED:
        return replace(stands, ended_at=stood.ended_at or now)
    return replace(stands, ended_at=None) if of_sales else stands


def _step(stands: Assignment, stood: Assignment, state: LeadState, now: datetime) -> Step:
    kind: StepKind = "ended" if stands.ended_at and not stood.ended_at else "answered"
    respond_by = None if stands.ended_at else stands.respond_by
    return Step(stands.lead, stands.decision, now, kind, stands.owner, stood.owner, respond_by, WORDS[state])


def _decided(
    connection: Connection, intake: Intake, before: Decision, route: Route, owner: str | None = None
) -> Decision | None:
    """Scored as it was: what sales says of a lead is no word of the lead's own."""
    as_it_was = Scored(before.score, before.features, None)
    if route == "sales":
        return decide_anew(connection, intake, before.lead, as_it_was, "override", route, WORDS["open"], owner)
    return decide_anew(connection, intake, before.lead, as_it_was, "rejected", route, _why(connection, before.lead))


def _why(connection: Connection, lead: str) -> str:
    reasons = [outcome.reason for outcome in outcomes_of(connection, lead) if outcome.type == "rejected"]
    return f"{WORDS['rejected']}: {reasons[-1]}"


def _may_be_mailed(connection: Connection, intake: Intake, lead: str) -> bool:
    submission = decided_submission(connection, lead)
    return submission is not None and may_be_mailed(intake.agreement, submission.form)
