"""Deciding again about a lead that is known: because the model can score it now, a person said so, it turned out to be
no bot, or it objected to being scored by one."""

from collections.abc import Mapping
from dataclasses import replace

from pydantic_core import PydanticCustomError

from leads.fields import Field, Value, from_json, is_unset
from leads.form import ARRIVED, CAMPAIGN_FIELDS, campaign_value
from leads.lead import Cause, Decision, Route, Submission
from leads.ledger import (
    Connection,
    hold,
    identities_of,
    last_override,
    latest_decision,
    latest_submission,
    objects,
    settle,
)
from serving.announcement import announcement
from serving.intake import Intake
from serving.rights.consent import may_be_profiled
from serving.scoring.live import Scored


def decide_anew(
    connection: Connection,
    intake: Intake,
    lead: str,
    scored: Scored,
    cause: Cause,
    route: Route | None = None,
    note: str | None = None,
    owner: str | None = None,
    of: str | None = None,
) -> Decision | None:
    """A new decision about the lead's newest submission, and its announcement. `of` is the submission that was scored.

    None where nothing is decided: the lead was erased; another submission came in between, which was decided by itself;
    or it is only a re-score and a hand decided already. A hand's route and owner stand until the person sends again,
    and so does the quarantine until a hand ends it."""
    if not hold(connection, lead):
        return None
    submission, before = latest_submission(connection, lead), latest_decision(connection, lead)
    if submission is None or before is None or of not in (None, submission.id):
        return None
    hand = last_override(connection, submission.id)
    if cause == "rescore" and (hand or before.route == "quarantine"):
        return None
    if cause == "objection" and hand:
        route, owner, note = hand.route, hand.owner, hand.note
    elif cause == "objection" and before.route == "quarantine":
        route = "quarantine"
    decision = intake.decide(submission, scored, cause, route, note)
    if owner is not None:
        decision = replace(decision, owner=owner)
    settle(connection, decision, announcement(submission, decision, intake.zone, intake.agreement))
    return decision


def scored_anew(intake: Intake, lead: str, by_model: bool = True) -> tuple[Submission, Scored] | None:
    """The lead's newest submission and its score by what scores now; None for a lead that is not there. A person who
    objected, or never agreed, is scored by the agreement's points."""
    with intake.ledger.reading() as connection:
        submission = latest_submission(connection, lead)
        if submission is None:
            return None
        by_model = by_model and not objects(connection, identities_of(connection, lead))
    values = values_of(submission, intake.agreement.form.fields)
    by_model = by_model and may_be_profiled(intake.agreement, submission.form)
    return submission, intake.live.score_waiting(values, by_model)


def values_of(submission: Submission, fields: Mapping[str, Field]) -> dict[str, Value]:
    """What a kept form says under the agreement that is in force now: what does not fit it any more was not given."""
    sent = submission.form
    values = {key: _value(field, sent.get(key)) for key, field in fields.items()}
    campaign = {key: campaign_value(sent.get(key)) for key in CAMPAIGN_FIELDS if key not in fields}
    return values | campaign | {ARRIVED: submission.submitted_at or submission.received_at}


def _value(field: Field, sent: object) -> Value:
    try:
        value = from_json(field, sent)
    except PydanticCustomError:
        return None
    return None if is_unset(field, value) else value
