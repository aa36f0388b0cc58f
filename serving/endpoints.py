"""What can be asked of the service over HTTP."""

import asyncio
import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel
from starlette.responses import Response

from leads.form import form_class
from leads.ledger import Ledger, decision_by_id, lead_story
from serving import answers
from serving.access import admit
from serving.edge import read_object, validated
from serving.intake import Intake
from serving.openapi import FORM_BODY, problems
from serving.problems import Problem

IDENTIFIER = re.compile("(ld|dc)_[0-9a-f-]{36}")


@dataclass
class Desk:
    """What the endpoints of one application work with. Scoring and writing take turns on the one thread of `writer`, so
    that a slow disk never blocks other requests."""

    intake: Intake
    writer: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "accord-writer"))

    @property
    def ledger(self) -> Ledger:
        return self.intake.ledger

    @cached_property
    def form(self) -> type[BaseModel]:
        return form_class(self.intake.agreement)

    @cached_property
    def schema(self) -> dict[str, Any]:
        return self.form.model_json_schema()

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.intake.agreement.sales.timezone)


def desk_of(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


async def send_form(request: Request) -> Response:
    """The form's fields as one flat JSON object. A secret key is answered with the decision, a publishable key with a
    receipt. The decision is stored before it is answered."""
    desk = desk_of(request)
    key = admit(request, desk.ledger, "forms")
    sent = await read_object(request)
    form = validated(desk.form, sent)
    decision = await asyncio.get_running_loop().run_in_executor(desk.writer, desk.intake.receive, sent, form, key)
    return _json(answers.receipt(decision) if key.kind == "pk" else answers.decision_body(decision, desk.zone), 201)


def read_lead(request: Request, lead: str) -> Response:
    """Everything known of one lead: what it sent and what was decided, oldest first. Secret keys only."""
    desk = desk_of(request)
    admit(request, desk.ledger, "all")
    story = lead_story(desk.ledger, lead) if IDENTIFIER.fullmatch(lead) else None
    if story is None:
        raise Problem("not-found", "There is no lead with this id.")
    return _json(answers.story_body(story, desk.zone))


def read_decision(request: Request, decision: str) -> Response:
    """Every contribution to the score: base + all effects + others = log_odds. Secret keys only."""
    desk = desk_of(request)
    admit(request, desk.ledger, "all")
    found = decision_by_id(desk.ledger, decision) if IDENTIFIER.fullmatch(decision) else None
    if found is None:
        raise Problem("not-found", "There is no decision with this id.")
    return _json(answers.full_decision_body(found, desk.zone))


def read_form(request: Request) -> Response:
    """A JSON Schema; each key has a title."""
    desk = desk_of(request)
    admit(request, desk.ledger, "forms")
    return _json(desk.schema, media_type="application/schema+json")


async def read_health() -> Response:
    return _json({"status": "ok"})


async def read_readiness(request: Request) -> Response:
    """503 only when leads cannot be stored; `degraded` says what is missing while they can."""
    intake = desk_of(request).intake
    await run_in_threadpool(intake.ledger.check)
    degraded = intake.live.degraded()
    return _json({"status": "degraded" if degraded else "ready", "degraded": degraded})


def endpoints() -> APIRouter:
    router = APIRouter()
    router.post(
        "/v1/leads",
        summary="Send a form",
        status_code=201,
        response_model=answers.DecisionAnswer | answers.Receipt,
        responses=problems(400, 401, 403, 413, 415, 422, 503),
        openapi_extra=FORM_BODY,
    )(send_form)
    reading = problems(400, 401, 403, 503)
    found = reading | problems(404)
    router.get("/v1/leads/{lead}", summary="Read a lead", response_model=answers.LeadStory, responses=found)(read_lead)
    router.get(
        "/v1/decisions/{decision}", summary="Read a decision", response_model=answers.FullDecision, responses=found
    )(read_decision)
    router.get("/v1/form", summary="Read the form", response_model=dict[str, Any], responses=reading)(read_form)
    router.get("/healthz", summary="Is the process alive?", response_model=answers.Health)(read_health)
    router.get("/readyz", summary="Can leads be stored?", response_model=answers.Readiness, responses=problems(503))(
        read_readiness
    )
    return router


def _json(body: object, status: int = 200, media_type: str = "application/json") -> Response:
    text = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Response(text, status, media_type=media_type, headers={"Cache-Control": "no-store"})
