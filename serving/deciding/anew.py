"""Deciding again about a lead that is known: because the model can score it now, a person said so, it turned out to be
no bot, or it objected to being scored by one."""

from typing import NamedTuple

from leads.consent import may_be_profiled
from leads.lead import SCORED_AGAIN, Cause, Decision, Route, Submission
from leads.ledger import (
    Connection,
    Made,
    company_of_lead,
    decided_submission,
    hold,
    identities_of,
    last_override,
    latest_decision,
    objects,
    settle,
)
from models.engaged import inputs
from serving.announcing.announcement import announcements
from serving.deciding.decider import ByHand, Told
from serving.deciding.intake import Intake
from serving.deciding.said import all_that_it_said
from serving.scoring.engaged import with_engagements
from serving.scoring.live import Scored


class Case(NamedTuple):
    """A lead to decide about anew, and why. `route` and `owner` are a hand's; `of` is the submission that was scored,
    None for any."""

    lead: str
    scored: Scored
    cause: Cause
    route: Route | None = None
    note: str | None = None
    owner: str | None = None
    of: str | None = None


class Anew(NamedTuple):
    """What was made of a lead anew, and the decision before it."""

    submission: Submission
    before: Decision
    made: Made


def decide_anew(connection: Connection, intake: Intake, case: Case) -> Decision | None:
    """A new decision about the newest submission that counted, and its announcement.

    None where nothing is decided: the lead was erased; another submission came in between, which was decided by itself;
    or it is only scored again and a hand decided already. A hand's route and owner stand until the person sends again,
    and so does the quarantine until a hand ends it."""
    anew = made_anew(connection, intake, case)
    return settled(connection, intake, anew) if anew is not None else None


def made_anew(connection: Connection, intake: Intake, case: Case) -> Anew | None:
    """The same, and nothing is written yet."""
    if not hold(connection, case.lead):
        return None
    submission, before = decided_submission(connection, case.lead), latest_decision(connection, case.lead)
    if submission is None or before is None or case.of not in (None, submission.id):
        return None
    hand = last_override(connection, submission.id)
    if case.cause in SCORED_AGAIN and (hand or before.route == "quarantine"):
        return None
    by_hand = ByHand(case.route, case.owner, case.note) if case.route is not None else None
    if case.cause == "objection" and hand:
        by_hand = ByHand(hand.route, hand.owner, hand.note)
    doubted = case.cause == "objection" and before.route == "quarantine"
    values = all_that_it_said(connection, submission, intake.agreement.form.fields)
    told = Told(submission, values, case.scored, company_of_lead(connection, case.lead), before, case.note)
    return Anew(submission, before, intake.decider.decide(connection, told, case.cause, by_hand, doubted))


def settled(connection: Connection, intake: Intake, anew: Anew) -> Decision:
    told = announcements(anew.submission, anew.made, intake.zone, intake.agreement, intake.links)
    settle(connection, anew.made, told)
    return anew.made.decision


def scored_anew(intake: Intake, lead: str, by_model: bool = True) -> tuple[Submission, Scored] | None:
    """The newest submission that the lead was decided on, and the score of all that it said so far by what scores now;
    None for a lead that is not there. A person who objected, or never agreed, is scored by the agreement's points,
    and of one who objected nothing counts of what they did after the form."""
    with intake.ledger.reading() as connection:
        newest = decided_submission(connection, lead)
        if newest is None:
            return None
        values = all_that_it_said(connection, newest, intake.agreement.form.fields)
        objecting = not by_model or objects(connection, identities_of(connection, lead))
        engaged = {} if objecting else intake.engaged(connection, lead)
    by_model = not objecting and may_be_profiled(intake.agreement, newest.form)
    scored = intake.live.score_waiting({**values, **inputs(engaged)}, by_model)
    return newest, with_engagements(scored, engaged, intake.agreement)
