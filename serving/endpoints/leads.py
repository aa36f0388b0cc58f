"""Reading leads and decisions."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from leads.ledger import decision_by_id, lead_story
from serving import answers
from serving.endpoints.desk import IDENTIFIER, as_json, caller, desk_of
from serving.openapi import problems
from serving.problems import Problem
from serving.views.lead_story import LeadStory, story_body
from serving.watch.notes import note


def lead_endpoints() -> APIRouter:
    router = APIRouter()
    found = problems(400, 401, 403, 404, 503)
    router.get("/v1/leads/{lead}", summary="Read a lead", response_model=LeadStory, responses=found)(read_lead)
    router.get(
        "/v1/decisions/{decision}", summary="Read a decision", response_model=answers.FullDecision, responses=found
    )(read_decision)
    return router


def read_lead(request: Request, lead: str) -> Response:
    """Everything known of one lead: what it sent and what was decided, oldest first. Secret keys only."""
    caller(request, "leads")
    desk = desk_of(request)
    story = lead_story(desk.ledger, lead) if IDENTIFIER.fullmatch(lead) else None
    if story is None:
        raise Problem("not-found", "There is no lead with this id.")
    note(lead=story.lead)
    return as_json(story_body(story, desk.zone))


def read_decision(request: Request, decision: str) -> Response:
    """Every contribution to the score: base + all effects + others = log_odds. Secret keys only."""
    caller(request, "leads")
    desk = desk_of(request)
    found = decision_by_id(desk.ledger, decision) if IDENTIFIER.fullmatch(decision) else None
    if found is None:
        raise Problem("not-found", "There is no decision with this id.")
    note(lead=found.lead, decision=found.id)
    return as_json(answers.full_decision_body(found, desk.zone))
