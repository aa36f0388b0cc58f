"""What can be asked of the service over HTTP."""

import asyncio
import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from leads.form import form_class
from leads.ledger import decision_by_id, lead_story
from serving import answers
from serving.access import admit
from serving.edge import read_object, validated
from serving.intake import Intake
from serving.openapi import problems
from serving.problems import Problem

IDENTIFIER = re.compile("(ld|dc)_[0-9a-f-]{36}")


def lead_endpoints(intake: Intake, writer: ThreadPoolExecutor) -> APIRouter:
    """Scoring and writing take turns on the one thread of `writer`, so that a slow disk never blocks other requests."""
    router, ledger = APIRouter(tags=["leads"]), intake.ledger
    zone, form = ZoneInfo(intake.agreement.sales.timezone), form_class(intake.agreement)

    @router.post(
        "/v1/leads",
        status_code=201,
        response_model=answers.DecisionAnswer | answers.Receipt,
        responses=problems(400, 401, 403, 413, 415, 422, 503),
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Form"}}},
            }
        },
        summary="Send a form",
    )
    async def send_form(request: Request) -> Response:
        """The form's fields as one flat JSON object. A secret key is answered with the decision, a publishable key with
        a receipt. The decision is stored before it is answered."""
        key = admit(request, ledger, "forms")
        sent = await read_object(request)
        checked = validated(form, sent)
        decision = await asyncio.get_running_loop().run_in_executor(writer, intake.receive, sent, checked, key)
        return _json(answers.receipt(decision) if key.kind == "pk" else answers.decision_body(decision, zone), 201)

    @router.get(
        "/v1/leads/{lead}",
        response_model=answers.LeadStory,
        responses=problems(400, 401, 403, 404, 503),
        summary="Read the story of a lead",
    )
    def read_lead(request: Request, lead: str) -> Response:
        """Everything known of one lead: what it sent and what was decided, oldest first. Secret keys only."""
        admit(request, ledger, "all")
        story = lead_story(ledger, lead) if IDENTIFIER.fullmatch(lead) else None
        if story is None:
            raise Problem("not-found", "There is no lead with this id.")
        return _json(answers.story_body(story, zone))

    @router.get(
        "/v1/decisions/{decision}",
        response_model=answers.FullDecision,
        responses=problems(400, 401, 403, 404, 503),
        summary="Read a decision with all its reasons",
    )
    def read_decision(request: Request, decision: str) -> Response:
        """Every contribution to the score: base + all effects + others = log_odds. Secret keys only."""
        admit(request, ledger, "all")
        found = decision_by_id(ledger, decision) if IDENTIFIER.fullmatch(decision) else None
        if found is None:
            raise Problem("not-found", "There is no decision with this id.")
        return _json(answers.full_decision_body(found, zone))

    schema = form.model_json_schema()

    @router.get(
        "/v1/form",
        responses=problems(400, 401, 403, 503),
        response_model=dict[str, Any],
        summary="Read what the form asks",
    )
    def read_form(request: Request) -> Response:
        """A JSON Schema; each key has a title."""
        admit(request, ledger, "forms")
        return _json(schema, media_type="application/schema+json")

    return router


def health_endpoints(intake: Intake) -> APIRouter:
    router = APIRouter(tags=["health"])

    @router.get("/healthz", response_model=answers.Health, summary="Is the process alive?")
    async def health() -> Response:
        return _json({"status": "ok"})

    @router.get("/readyz", response_model=answers.Readiness, responses=problems(503), summary="Can leads be stored?")
    async def readiness() -> Response:
        """503 only when leads cannot be stored; `degraded` says what is missing while they can."""
        await run_in_threadpool(intake.ledger.check)
        degraded = intake.live.degraded()
        return _json({"status": "degraded" if degraded else "ready", "degraded": degraded})

    return router


def _json(body: object, status: int = 200, media_type: str = "application/json") -> Response:
    text = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Response(text, status, media_type=media_type, headers={"Cache-Control": "no-store"})
