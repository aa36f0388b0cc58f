"""What leads do after their form, told by the tools of marketing."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel
from starlette.responses import Response

from leads.lead import Engagement
from serving.edge.bodies import body_of
from serving.edge.engagement_body import BATCH, MOST_KEYS, Item, SentEngagement, item_of, sent_engagement
from serving.edge.event_body import Source, sent_events
from serving.endpoints.desk import Desk, as_json, caller, desk_of
from serving.endpoints.outcomes import WrongPlace, problem_of
from serving.engagements import Told, tell
from serving.openapi import problems
from serving.problems import KINDS, Place, Problem, pointer_to
from serving.watch.notes import note


class EngagementTaken(BaseModel):
    lead: str
    event: str


class EngagementResult(BaseModel):
    """202 taken, 200 told before; else what a call of its own would have been answered, and what is wrong."""

    status: int
    lead: str | None
    errors: list[WrongPlace]


class EngagementResults(BaseModel):
    """In the order of the events."""

    results: list[EngagementResult]


def engagement_endpoints() -> APIRouter:
    router = APIRouter()
    wrong = problems(400, 401, 403, 409, 413, 415, 422, 503)
    before: dict[str, Any] = {"model": EngagementTaken, "description": "Told before; nothing changes"}
    some: dict[str, Any] = {"model": EngagementResults, "description": "Some events were not taken"}
    router.post(
        "/v1/leads/{lead}/engagements",
        summary="Tell what a lead did after its form",
        status_code=202,
        response_model=EngagementTaken,
        responses=wrong | {200: before},
        openapi_extra=body_of(SentEngagement),
    )(tell_engagement)
    router.post(
        "/v1/engagements",
        summary="Tell what many leads did after their forms",
        status_code=202,
        response_model=EngagementResults,
        responses=wrong | {207: some},
        openapi_extra={"requestBody": {"required": True, "content": {"application/json": {"schema": BATCH}}}},
    )(tell_engagements)
    return router


async def tell_engagement(request: Request, lead: str) -> Response:
    """The same event again changes nothing, and the order in which events come does not matter. `kind` is one of the
    agreement's; of the properties nothing that names the person is taken."""
    desk, source = await _source(request)
    engagement = await sent_engagement(request, lead, source)
    [told] = await run_in_threadpool(tell, desk.intake, [engagement])
    if told.wrong is not None:
        raise problem_of(told.wrong)
    note(lead=lead, replayed=told.replayed)
    answer = as_json({"lead": lead, "event": engagement.event}, _status(told))
    if told.replayed:
        answer.headers["Idempotency-Replayed"] = "true"
    return answer


async def tell_engagements(request: Request) -> Response:
    """Up to 1,000 events of any leads, each with its `lead`. One that is wrong holds up no other; when none can be
    taken, the answer is a problem."""
    desk, source = await _source(request)
    sent = await sent_events(request, MOST_KEYS)
    return await run_in_threadpool(_told, desk, sent, source)


async def _source(request: Request) -> tuple[Desk, Source]:
    key, desk = await run_in_threadpool(caller, request, "engagements"), desk_of(request)
    return desk, Source(key.id, desk.intake.decider.now())


def _told(desk: Desk, sent: Sequence[object], source: Source) -> Response:
    items = [item_of(one, place, source) for place, one in enumerate(sent)]
    told = iter(tell(desk.intake, [item.engagement for item in items if item.engagement is not None]))
    results = [Result.of(place, item, told) for place, item in enumerate(items)]
    wrong = [one for result in results for one in result.wrong]
    if all(result.wrong for result in results):
        raise Problem.of(wrong)
    return as_json({"results": [result.body() for result in results]}, 207 if wrong else 202)


class Result(NamedTuple):
    """What came of one of many; `told` is None where it could not be read."""

    engagement: Engagement | None
    told: Told | None
    wrong: Sequence[Place]

    @classmethod
    def of(cls, place: int, item: Item, told: Iterator[Told]) -> "Result":
        if item.engagement is None:
            return cls(None, None, item.wrong)
        came = next(told)
        wrong = came.wrong and Place(
            pointer_to(("events", place, *came.wrong.field.split("/"))), came.wrong.code, came.wrong.detail
        )
        return cls(item.engagement, came, [wrong] if wrong else [])

    def body(self) -> dict[str, Any]:
        there = self.engagement is not None and all(one.code != "unknown-lead" for one in self.wrong)
        return {
            "status": KINDS[self.wrong[0].code].status if self.wrong else _status(self.told),
            "lead": self.engagement.lead if self.engagement and there else None,
            "errors": [place.told() for place in self.wrong],
        }


def _status(told: Told | None) -> int:
    return 200 if told is not None and told.replayed else 202
