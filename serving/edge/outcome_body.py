"""Reading what became of leads, strictly."""

from typing import Annotated

from pydantic import Field

from leads.kinds import LARGEST
from leads.lead import Outcome, OutcomeType
from serving.edge.bodies import Body, validated
from serving.edge.event_body import Path, Source, moment_of

REASON = "Why it was rejected (then needed) or lost: one of the agreement's sales.reasons"


class SentOutcome(Body):
    event: Annotated[str, Field(min_length=1, max_length=200, description="Your own id of it, once a lead")]
    type: OutcomeType
    occurred_at: Annotated[str, Field(max_length=64, description="RFC 3339, with its zone")]
    reason: Annotated[str | None, Field(min_length=1, max_length=64, description=REASON)] = None
    value: Annotated[float | None, Field(ge=0, le=LARGEST, description="What a conversion is worth")] = None


class SentLeadOutcome(SentOutcome):
    lead: Annotated[str, Field(description="ld_…")]


def sent_outcome(sent: object, lead: str, source: Source) -> Outcome:
    return _outcome(validated(SentOutcome, sent), lead, source, ())


def sent_lead_outcome(sent: object, under: Path, source: Source) -> Outcome:
    told = validated(SentLeadOutcome, sent, under)
    return _outcome(told, told.lead, source, under)


def _outcome(sent: SentOutcome, lead: str, source: Source, under: Path) -> Outcome:
    occurred_at = moment_of(sent.occurred_at, (*under, "occurred_at"))
    return Outcome(lead, sent.event, sent.type, occurred_at, source.at, sent.reason, sent.value, source.key)
