"""Weeks of decisions, written into a ledger as a service would have made them by the agreement's points."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from leads.agreement import parse_agreement
from leads.known_answers import values_of
from leads.lead import Decision, RuledBy, Submission, decision_id, submission_id
from leads.ledger import Ledger
from leads.ledger.decision import write_decision, write_submission
from leads.ledger.person import lead_of_person
from models import policy
from models.scorecard import scorecard_scorer


def remember(
    ledger: Ledger,
    text: str,
    agreement: int,
    forms: Sequence[Mapping[str, object]],
    until: datetime,
    days: float = 29,
    ruled_by: RuledBy | None = "band",
) -> None:
    """Spreads the forms evenly over the days before `until`, each from another person."""
    step = timedelta(days=days) / len(forms)
    with ledger.transaction() as connection:
        for number, form in enumerate(forms, 1):
            at = until - timedelta(days=days) + number * step - step
            lead = lead_of_person(connection, [f"{number:064d}"], at)
            submission = Submission(submission_id(), lead, at, dict(form), None)
            write_submission(connection, submission)
            write_decision(connection, decided(text, agreement, submission, ruled_by))


def decided(text: str, number: int, submission: Submission, ruled_by: RuledBy | None = "band") -> Decision:
    agreement = parse_agreement(text)
    scorer, values = scorecard_scorer(agreement), values_of(submission, agreement.form.fields)
    score, row = scorer.score(values), scorer.row(values)
    weighed = policy.weigh(score, values, agreement, 0)
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
