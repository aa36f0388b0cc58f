"""What a lead's outcomes mean for who has it: its owner answered for it, or it is no longer a matter for sales."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from features.engagement import mailable
from leads.lead import SCORED_AGAIN, Assignment, Decision, Outcome, Route, Step, StepKind
from leads.ledger import (
    Connection,
    Return,
    assignment_of,
    decided_submission,
    engagements_of,
    latest_decision,
    outcomes_of,
    put_assignment,
    put_return,
    settle,
    write_step,
)
from leads.outcome import ENDED, LeadState, given_back
from leads.sections import SalesReason
from serving.announcing.announcement import announcements
from serving.deciding.anew import Case, decide_anew, made_anew, settled
from serving.deciding.intake import Intake
from serving.scoring.live import Scored

RETURNED = "returned-"
"""How the events begin that this service tells itself when a lead comes back to sales."""
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
    """`state` is the lead's now. The decision, where the lead was decided anew: when sales rejects it, it goes to
    nurture if its reason says so and it may be mailed; it comes back to who had it when sales takes that back, and to
    somebody else when the time is over for which sales gave it back."""
    before, stood = latest_decision(connection, lead), assignment_of(connection, lead)
    if before is None:
        return None
    told = outcomes_of(connection, lead)
    put_return(connection, lead, _comes_back(intake, state, told))
    if state == "open" and _is_return(told[-1]):
        return _returned(connection, intake, before, stood, told[-1])
    given, earlier = given_back(told), given_back(one for one in told if one.received_at < now)
    to_nurture = given is not None and _reason(intake, given).then != "end"
    if not to_nurture and _was_given_back(before, earlier):
        owner = stood.owner if stood is not None else None
        decided = _taken_back(connection, intake, before, state, owner)
        _stand(connection, intake, lead, state, told, of_sales=True, now=now)
        return decided
    _stand(connection, intake, lead, state, told, before.route in OF_SALES, now)
    if to_nurture and given != earlier and before.route in OF_SALES and _may_be_mailed(connection, intake, lead):
        return _given_back(connection, intake, before)
    return None


def _was_given_back(before: Decision, given: Outcome | None) -> bool:
    """It is nurtured because sales rejected it; since then it may have been scored again."""
    scored_again = before.cause in SCORED_AGAIN and before.route == "nurture"
    return before.cause == "rejected" or (scored_again and given is not None)


def _comes_back(intake: Intake, state: LeadState, told: Sequence[Outcome]) -> Return | None:
    """Counted from the day on which sales rejected it."""
    last = told[-1]
    reason = _reason(intake, last)
    if state != "rejected" or reason.after_days is None or last.reason is None:
        return None
    return Return(last.lead, last.occurred_at + timedelta(days=reason.after_days), last.reason)


def _is_return(told: Outcome) -> bool:
    """This service tells it itself, without a key."""
    return told.event.startswith(RETURNED) and told.type == "reopened" and told.key is None


def _returned(
    connection: Connection, intake: Intake, before: Decision, stood: Assignment | None, told: Outcome
) -> Decision | None:
    """Nothing is decided where that was done before, sales has it again already, it looks like a bot's by now, or a
    person decided it."""
    done = before.decided_at >= told.received_at or (stood is not None and stood.ended_at is None)
    by_hand = before.cause == "override" and before.route not in OF_SALES
    if done or by_hand or before.route == "quarantine":
        return None
    why = f"{told.reason}: the time for which sales gave it back is over"
    as_it_was = Scored(before.score, before.features, None)
    return decide_anew(connection, intake, Case(before.lead, as_it_was, "returned", "sales", why))


def _reason(intake: Intake, told: Outcome) -> SalesReason:
    """Of a reason that the agreement no longer names, what it usually does."""
    return intake.agreement.sales.reasons.get(told.reason or "", SalesReason())


def _stand(
    connection: Connection,
    intake: Intake,
    lead: str,
    state: LeadState,
    told: Sequence[Outcome],
    of_sales: bool,
    now: datetime,
) -> None:
    stood = assignment_of(connection, lead)
    if stood is None or (stood.ended_at is not None and not of_sales):
        return
    if state == "open" and stood.owner is None and stood.answered_at is not None:
        stands = _waiting(stood, intake, now)
    else:
        stands = _standing(stood, state, told, of_sales, now)
    if stands != stood:
        put_assignment(connection, stands)
        write_step(connection, _step(stands, stood, state, now))


def _standing(
    stood: Assignment, state: LeadState, told: Sequence[Outcome], of_sales: bool, now: datetime
) -> Assignment:
    """Whoever opens a lead again has answered for it before, where they had: the clock stays quiet."""
    stands = stood
    since = [one.type for one in told if one.occurred_at >= stood.since]
    if state != "open" or (stood.owner is not None and set(since) - {"reopened"}):
        stands = replace(stood, answered_at=stood.answered_at or now, next_step=None, next_at=None)
    if state in ENDED:
        return replace(stands, ended_at=stood.ended_at or now)
    return replace(stands, ended_at=None) if of_sales else stands


def _waiting(stood: Assignment, intake: Intake, now: datetime) -> Assignment:
    """Whoever answered for it, nobody has it: so it is opened again for whoever can take it."""
    placing = intake.decider.placing
    due = placing.hours.after(now, placing.agreement.sales.first_response_minutes)
    anew = replace(stood, since=now, respond_by=due, next_step="due", next_at=due, escalated=False)
    return replace(anew, answered_at=None, ended_at=None)


def _step(stands: Assignment, stood: Assignment, state: LeadState, now: datetime) -> Step:
    kind: StepKind = "ended" if stands.ended_at and not stood.ended_at else "answered"
    kind = "queued" if stands.answered_at is None else kind
    respond_by = None if stands.ended_at else stands.respond_by
    return Step(stands.lead, stands.decision, now, kind, stands.owner, stood.owner, respond_by, WORDS[state])


def _given_back(connection: Connection, intake: Intake, before: Decision) -> Decision | None:
    """Scored as it was, here and below: what sales says of a lead is no word of the lead's own."""
    as_it_was = Scored(before.score, before.features, None)
    why = _why(connection, before.lead)
    return decide_anew(connection, intake, Case(before.lead, as_it_was, "rejected", "nurture", why))


def _taken_back(
    connection: Connection, intake: Intake, before: Decision, state: LeadState, owner: str | None
) -> Decision | None:
    """Nobody is mailed a lead that has ended meanwhile."""
    as_it_was = Scored(before.score, before.features, None)
    why = WORDS["open" if state not in ENDED else state]
    anew = made_anew(connection, intake, Case(before.lead, as_it_was, "override", "sales", why, owner))
    if anew is None:
        return None
    if state not in ENDED:
        return settled(connection, intake, anew)
    told = announcements(anew.submission, anew.made, intake.zone, intake.agreement, intake.links)
    settle(connection, anew.made, [replace(one, mail_to=(), mail=None) for one in told])
    return anew.made.decision


def _why(connection: Connection, lead: str) -> str:
    reasons = [outcome.reason for outcome in outcomes_of(connection, lead) if outcome.type == "rejected"]
    return f"{WORDS['rejected']}: {reasons[-1]}"


def _may_be_mailed(connection: Connection, intake: Intake, lead: str) -> bool:
    submission = decided_submission(connection, lead)
    if submission is None:
        return False
    now = intake.decider.now()
    return mailable(intake.agreement, submission, engagements_of(connection, lead, now), now)
