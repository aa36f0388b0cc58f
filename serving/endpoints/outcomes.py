"""What became of leads, told by the tools of sales."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field
from starlette.responses import Response

from leads.lead import Outcome
from leads.outcome import LeadState
from serving.edge.bodies import body_of
from serving.edge.event_body import Source, sent_events
from serving.edge.outcome_body import BATCH, Item, SentOutcome, item_of, sent_outcome
from serving.endpoints.desk import Desk, as_json, caller, desk_of
from serving.openapi import problems
from serving.outcomes import UNKNOWN, Told, Wrong, tell
from serving.problems import KINDS, Place, Problem, pointer_to
from serving.watch.notes import note


class OutcomeTaken(BaseModel):
    lead: str
    event: str
    state: LeadState = Field(description="The lead's now")


class WrongPlace(BaseModel):
    pointer: str
    code: str
    detail: str


class OutcomeResult(BaseModel):
    """202 taken, 200 told before; else what a call of its own would have been answered, and what is wrong."""

    status: int
    lead: str | None
    state: LeadState | None
    errors: list[WrongPlace]


class OutcomeResults(BaseModel):
    """In the order of the events."""

    results: list[OutcomeResult]


def outcome_endpoints() -> APIRouter:
    router = APIRouter()
    wrong = problems(400, 401, 403, 409, 413, 415, 422, 503)
    before: dict[str, Any] = {"model": OutcomeTaken, "description": "Told before; nothing changes"}
    some: dict[str, Any] = {"model": OutcomeResults, "description": "Some events were not taken"}
    router.post(
        "/v1/leads/{lead}/outcomes",
        summary="Tell what became of a lead",
        status_code=202,
        response_model=OutcomeTaken,
        responses=wrong | {200: before},
        openapi_extra=body_of(SentOutcome),
    )(tell_outcome)
    router.post(
        "/v1/outcomes",
        summary="Tell what became of many leads",
        status_code=202,
        response_model=OutcomeResults,
        responses=wrong | {207: some},
        openapi_extra={"requestBody": {"required": True, "content": {"application/json": {"schema": BATCH}}}},
    )(tell_outcomes)
    return router


async def tell_outcome(request: Request, lead: str) -> Response:
    """The same event again changes nothing, and the order in which events come does not matter: `occurred_at` says what
    came last. A rejection must name its reason."""
    desk, source = await _source(request)
    outcome = await sent_outcome(request, lead, source)
    [told] = await run_in_threadpool(tell, desk.intake, [outcome])
    if told.wrong is not None:
        raise problem_of(told.wrong)
    note(lead=lead, replayed=told.replayed)
    answer = as_json({"lead": lead, "event": outcome.event, "state": told.state}, _status(told))
    if told.replayed:
        answer.headers["Idempotency-Replayed"] = "true"
    return answer


async def tell_outcomes(request: Request) -> Response:
    """Up to 1,000 events of any leads, each with its `lead`. One that is wrong holds up no other; when none can be
    taken, the answer is a problem."""
    desk, source = await _source(request)
    sent = await sent_events(request)
    return await run_in_threadpool(_told, desk, sent, source)


async def _source(request: Request) -> tuple[Desk, Source]:
    key, desk = await run_in_threadpool(caller, request, "outcomes"), desk_of(request)
    return desk, Source(key.id, desk.intake.decider.now())


def _told(desk: Desk, sent: Sequence[object], source: Source) -> Response:
    items = [item_of(one, place, source) for place, one in enumerate(sent)]
    told = iter(tell(desk.intake, [item.outcome for item in items if item.outcome is not None]))
    results = [Result.of(place, item, told) for place, item in enumerate(items)]
    wrong = [one for result in results for one in result.wrong]
    if all(result.wrong for result in results):
        raise Problem.of(wrong)
    return as_json({"results": [result.body() for result in results]}, 207 if wrong else 202)


class Result(NamedTuple):
    """What came of one of many; `told` is None where it could not be read."""

    outcome: Outcome | None
    told: Told | None
    wrong: Sequence[Place]

    @classmethod
    def of(cls, place: int, item: Item, told: Iterator[Told]) -> "Result":
        if item.outcome is None:
            return cls(None, None, item.wrong)
        came = next(told)
        wrong = came.wrong and Place(
            pointer_to(("events", place, came.wrong.field)), came.wrong.code, came.wrong.detail
        )
        return cls(item.outcome, came, [wrong] if wrong else [])

    def body(self) -> dict[str, Any]:
        state = self.told.state if self.told else None
        return {
            "status": KINDS[self.wrong[0].code].status if self.wrong else _status(self.told),
            "lead": self.outcome.lead if self.outcome and state else None,
            "state": state,
            "errors": [place.told() for place in self.wrong],
        }


def _status(told: Told | None) -> int:
    return 200 if told is not None and told.replayed else 202


def problem_of(wrong: Wrong) -> Problem:
    if wrong is UNKNOWN.wrong:
        return Problem(wrong.code, wrong.detail, [Place(None, wrong.code, wrong.detail, "lead")])
    return Problem.at(pointer_to(wrong.field.split("/")), wrong.code, wrong.detail)
