"""What the service answers, as JSON; the classes are what /openapi.json says of it."""

import json
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field

from leads.lead import Band, Cause, Contribution, Decision, Route, RuledBy, Rung
from models.reasons import top_reasons

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


def _reason(reason: Contribution) -> dict[str, Any]:
    return {"field": reason.field, "text": reason.text, "effect": reason.effect}


def time_told(moment: datetime | None, zone: ZoneInfo) -> str | None:
    """RFC 3339 in the team's zone, to the second."""
    return None if moment is None else moment.astimezone(zone).isoformat(timespec="seconds")
