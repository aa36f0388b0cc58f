"""Weeks of decisions, written into a ledger as a service would have made them by the agreement's points."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from features.engagement import mailable
from leads.agreement import parse_agreement
from leads.known_answers import values_of
from leads.lead import Decision, Engagement, RuledBy, Submission, decision_id, submission_id
from leads.ledger import Connection, Ledger, write_engagement
from leads.ledger.decision import write_decision, write_submission
from leads.ledger.person import lead_of_person
from models import policy
from models.engaged import engaged_row, with_points
from models.scorecard import scorecard_scorer


def remember(
    ledger: Ledger,
    text: str,
    agreement: int,
    forms: Sequence[Mapping[str, object]],
    until: datetime,
    days: float = 29,
    ruled_by: RuledBy | None = "band",
    did: Sequence[str] = (),
) -> None:
    """Spreads the forms evenly over the days before `until`, each from another person. Every eighth of them did
    something, of the kinds in `did` in turn."""
    step = timedelta(days=days) / len(forms)
    with ledger.transaction() as connection:
        for number, form in enumerate(forms, 1):
            at = until - timedelta(days=days) + number * step - step
            lead = lead_of_person(connection, [f"{number:064d}"], at)
            submission = Submission(submission_id(), lead, at, dict(form), None)
            write_submission(connection, submission)
            engaged = (
                engaged_before(connection, lead, at, did[number // 8 % len(did)]) if did and not number % 8 else ()
            )
            write_decision(connection, decided(text, agreement, submission, ruled_by, engaged))


def engaged_before(connection: Connection, lead: str, at: datetime, kind: str) -> Sequence[Engagement]:
    """Two days before the moment the lead did something, and again, of which nobody knew until later."""
    before = at - timedelta(days=2)
    known = Engagement(lead, "known", kind, before, before, {}, None)
    told = [known, Engagement(lead, "told late", "demo_booked", before, at + timedelta(minutes=5), {}, None)]
    for engagement in told:
        write_engagement(connection, engagement)
    return told


def decided(
    text: str,
    number: int,
    submission: Submission,
    ruled_by: RuledBy | None = "band",
    engaged: Sequence[Engagement] = (),
) -> Decision:
    agreement = parse_agreement(text)
    scorer, values = scorecard_scorer(agreement), values_of(submission, agreement.form.fields)
    did = engaged_row(engaged, submission.received_at, agreement)
    score, row = with_points(scorer.score(values), did, agreement), {**did, **scorer.row(values)}
    weighed = policy.weigh(score, values, agreement, 0)
    if ruled_by == "band" and not mailable(agreement, submission, engaged, submission.received_at):
        ruled_by = "consent"
    return Decision(
        id=decision_id(),
        lead=submission.lead,
        submission=submission.id,
        decided_at=submission.received_at,
        score=score,
        horizon_days=agreement.goal.within_days,
        band=weighed.band,
        route=policy.by_band(weighed.band, agreement.routing),
        owner="sales",
        respond_by=None,
        agreement=number,
        price=None,
        propensity=1.0 if ruled_by else None,
        features=row,
        value=weighed.value if ruled_by else None,
        minutes=weighed.minutes if ruled_by else None,
        index=weighed.index if ruled_by else None,
        ruled_by=ruled_by,
    )
