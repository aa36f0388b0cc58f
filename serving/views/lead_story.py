"""A lead's whole story, as JSON; the classes are what /openapi.json says of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field

from features.engagement import looks_scanned
from leads.lead import Assignment, Engagement, NextStep, Outcome, OutcomeType, Step, StepKind
from leads.ledger import Story
from leads.outcome import LeadState, state_of
from serving.answers import ToldDecision, time_told, told_decision_body
from serving.team.assignment import QUEUES


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
