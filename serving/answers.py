"""What the service answers, as JSON; the classes are what /openapi.json says of it."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field

from features.engagement import looks_scanned
from leads.lead import (
    Assignment,
    Band,
    Cause,
    Contribution,
    Decision,
    Engagement,
    NextStep,
    Outcome,
    OutcomeType,
    Route,
    RuledBy,
    Rung,
    Step,
    StepKind,
)
from leads.ledger import Story
from leads.outcome import LeadState, state_of
from models.reasons import top_reasons
from serving.assignment import QUEUES

THANKS = "Thank you. We have received your message and will be in touch."


class Next(BaseModel):
    message: str = Field(description="What the page may show to the visitor")
    redirect: str | None


class Receipt(BaseModel):
    """The answer to a publishable key: no score and no reason."""

    lead: str
    next: Next


class Reason(BaseModel):
    field: str = Field(description="The form's key that it speaks of")
    text: str
    effect: float = Field(description="What it adds to the log-odds")


class DecisionAnswer(BaseModel):
    """The answer to a secret key. What does not apply is null, never absent."""

    lead: str
    decision: str
    probability: float = Field(description="That the lead converts within the horizon")
    horizon_days: int
    band: Band
    route: Route
    owner: str
    respond_by: datetime | None
    scored_by: Rung
    model: str | None
    agreement: int
    price: float | None
    propensity: float | None
    reasons: list[Reason]


class ContributionAnswer(Reason):
    feature: str


class ToldDecision(DecisionAnswer):
    """A decision among others: when, of which submission, and why it was made."""

    submission: str
    decided_at: datetime
    cause: Cause
    note: str | None = Field(description="What the person said who made it by hand, or what changed since then")
    track: str | None = Field(description="How marketing nurtures it; null where it does not, or may not by mail")
    degraded: str | None = Field(description="Why the champion did not score it")
    ruled_by: RuledBy | None = Field(description="What had the last word on the route; null for decisions of old")
    p_sales: float | None = Field(
        description="The probability if sales follows up; null where the model does not know what a call adds"
    )
    p_nurture: float | None = Field(description="The probability without a call; null where the model does not know")
    index: float | None = Field(description="What a sales minute spent on it was expected to earn")
    value: float | None = Field(description="What its conversion is worth; null where nobody said")
    minutes: float | None = Field(description="Of sales, for one such lead")
    price_number: int | None = Field(description="Which of the prices it was decided under")
    lot: float | None = Field(description="Drawn once for the submission, at least 0 and below 1")


class FullDecision(ToldDecision):
    """base + the effects of all contributions + others = log_odds."""

    log_odds: float
    spread: float | None
    base: float
    contributions: list[ContributionAnswer]
    others: float
    features: dict[str, float | str | None] = Field(description="The row that was scored")


class SubmissionAnswer(BaseModel):
    submission: str
    received_at: datetime
    key: str | None = Field(description="The first letters of the key that sent it")
    form: dict[str, Any] = Field(description="As it was sent")


class StepAnswer(BaseModel):
    at: datetime
    kind: StepKind
    owner: str | None = Field(description="Who has the lead after it; null where nobody of sales has")
    owner_before: str | None
    respond_by: datetime | None
    why: str


class Standing(BaseModel):
    owner: str = Field(description="Who has it; `sales` while it waits in the queue")
    respond_by: datetime
    answered_at: datetime | None
    escalated: bool
    next_step: NextStep | None
    next_at: datetime | None


class OutcomeAnswer(BaseModel):
    event: str
    type: OutcomeType
    occurred_at: datetime
    received_at: datetime
    reason: str | None
    value: float | None
    key: str | None = Field(description="The first letters of the key that told it")
    told_by: str | None = Field(description="The owner whose mail held the link that told it")


class EngagementAnswer(BaseModel):
    event: str
    kind: str = Field(description="One of the agreement's marketing.engagements")
    occurred_at: datetime
    received_at: datetime
    properties: dict[str, str | float | bool]
    counts: bool = Field(description="False where it looks like a mail scanner's")
    key: str | None = Field(description="The first letters of the key that told it")


class LeadStory(BaseModel):
    lead: str
    arrived_at: datetime
    submissions: list[SubmissionAnswer]
    decisions: list[ToldDecision]
    steps: list[StepAnswer] = Field(description="What happened to it in sales")
    standing: Standing | None = Field(description="Where it stands with sales; null where sales has it not")
    outcomes: list[OutcomeAnswer] = Field(description="What sales told of it, as it happened")
    engagements: list[EngagementAnswer] = Field(description="What it did after its form, as it happened")
    state: LeadState = Field(description="What became of it so far")


class Health(BaseModel):
    status: Literal["ok"]


class Readiness(BaseModel):
    status: Literal["ready", "degraded"]
    degraded: list[str]


def receipt(decision: Decision) -> dict[str, Any]:
    return {"lead": decision.lead, "next": {"message": THANKS, "redirect": None}}


def sent_on(receipt: str, page: str) -> str:
    """The receipt of a sender that said where the visitor goes next."""
    told = json.loads(receipt)
    if "next" in told:
        told["next"]["redirect"] = page
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def decision_body(decision: Decision, zone: ZoneInfo) -> dict[str, Any]:
    score = decision.score
    return {
        "lead": decision.lead,
        "decision": decision.id,
        "probability": score.probability,
        "horizon_days": decision.horizon_days,
        "band": decision.band,
        "route": decision.route,
        "owner": decision.owner,
        "respond_by": time_told(decision.respond_by, zone),
        "scored_by": score.scored_by,
        "model": score.model,
        "agreement": decision.agreement,
        "price": decision.price,
        "propensity": decision.propensity,
        "reasons": [_reason(reason) for reason in top_reasons(score.contributions)],
    }


def told_decision_body(decision: Decision, zone: ZoneInfo) -> dict[str, Any]:
    return decision_body(decision, zone) | {
        "submission": decision.submission,
        "decided_at": time_told(decision.decided_at, zone),
        "cause": decision.cause,
        "note": decision.note,
        "track": decision.track,
        "degraded": decision.degraded,
        "ruled_by": decision.ruled_by,
        "p_sales": decision.score.p_sales,
        "p_nurture": decision.score.p_nurture,
        "index": decision.index,
        "value": decision.value,
        "minutes": decision.minutes,
        "price_number": decision.price_number,
        "lot": decision.lot,
    }


def full_decision_body(decision: Decision, zone: ZoneInfo) -> dict[str, Any]:
    """Contributions of exactly nothing are left out; `others` is what is left after the listed ones."""
    score = decision.score
    listed = sorted((c for c in score.contributions if c.effect != 0), key=lambda c: -abs(c.effect))
    return told_decision_body(decision, zone) | {
        "log_odds": score.log_odds,
        "spread": score.spread,
        "base": score.base,
        "contributions": [{"feature": c.feature, **_reason(c)} for c in listed],
        "others": score.log_odds - score.base - sum(c.effect for c in listed),
        "features": dict(decision.features),
    }


def story_body(story: Story, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "lead": story.lead,
        "arrived_at": time_told(story.arrived_at, zone),
        "submissions": [
            {"submission": s.id, "received_at": time_told(s.received_at, zone), "key": s.key, "form": dict(s.form)}
            for s in story.submissions
        ],
        "decisions": [told_decision_body(decision, zone) for decision in story.decisions],
        "steps": [step_body(step, zone) for step in story.steps],
        "standing": standing_body(story.assignment, zone),
        "outcomes": [outcome_body(outcome, zone) for outcome in story.outcomes],
        "engagements": engagement_bodies(story.engagements, zone),
        "state": state_of(story.outcomes),
    }


def outcome_body(outcome: Outcome, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "event": outcome.event,
        "type": outcome.type,
        "occurred_at": time_told(outcome.occurred_at, zone),
        "received_at": time_told(outcome.received_at, zone),
        "reason": outcome.reason,
        "value": outcome.value,
        "key": outcome.key,
        "told_by": outcome.told_by,
    }


def engagement_bodies(engagements: Sequence[Engagement], zone: ZoneInfo) -> list[dict[str, Any]]:
    scanned = looks_scanned(engagements)
    return [
        {
            "event": one.event,
            "kind": one.kind,
            "occurred_at": time_told(one.occurred_at, zone),
            "received_at": time_told(one.received_at, zone),
            "properties": dict(one.properties),
            "counts": one.event not in scanned,
            "key": one.key,
        }
        for one in engagements
    ]


def step_body(step: Step, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "at": time_told(step.at, zone),
        "kind": step.kind,
        "owner": step.owner,
        "owner_before": step.owner_before,
        "respond_by": time_told(step.respond_by, zone),
        "why": step.why,
    }


def standing_body(assignment: Assignment | None, zone: ZoneInfo) -> dict[str, Any] | None:
    if assignment is None or assignment.ended_at is not None:
        return None
    return {
        "owner": assignment.owner or QUEUES["sales"],
        "respond_by": time_told(assignment.respond_by, zone),
        "answered_at": time_told(assignment.answered_at, zone),
        "escalated": assignment.escalated,
        "next_step": assignment.next_step,
        "next_at": time_told(assignment.next_at, zone),
    }


def _reason(reason: Contribution) -> dict[str, Any]:
    return {"field": reason.field, "text": reason.text, "effect": reason.effect}


def time_told(moment: datetime | None, zone: ZoneInfo) -> str | None:
    """RFC 3339 in the team's zone, to the second."""
    return None if moment is None else moment.astimezone(zone).isoformat(timespec="seconds")
