"""What both teams promised, and what happened."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

from fastapi import APIRouter, Request
from pydantic import RootModel
from starlette.responses import Response

from serving.endpoints.desk import as_json, caller, desk_of
from serving.endpoints.quarantine import parameter
from serving.openapi import problems
from serving.problems import Problem
from serving.report.body import report_body
from serving.report.period import WrongPeriod
from serving.report.read import Days, read_report

MAKING = Lock()
AGAIN = "Another report is being made; ask again in a few seconds."
NAMES = ("month", "from", "to")
PARAMETERS = [
    {
        "name": "month",
        "in": "query",
        "schema": {"type": "string"},
        "description": "Such as 2026-10; without any days it is the month of the newest lead",
    },
    {"name": "from", "in": "query", "schema": {"type": "string"}, "description": "A first day, such as 2026-10-01"},
    {"name": "to", "in": "query", "schema": {"type": "string"}, "description": "The last day, which belongs to it"},
]


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Of many leads a report takes seconds, and room for all of them: forms must not suffer from ten at once. Nobody
    waits for another's: whoever waits keeps one of the few threads that forms need too."""
    if not MAKING.acquire(blocking=False):
        raise Problem("ledger-busy", AGAIN, headers={"Retry-After": "5"})
    try:
        yield
    finally:
        MAKING.release()


class ReportBody(RootModel[dict[str, Any]]):
    """The page that both teams read; docs/report.md explains every figure."""


def report_endpoints() -> APIRouter:
    router = APIRouter()
    router.get(
        "/v1/report",
        summary="What sales and marketing promised, and what happened",
        response_model=ReportBody,
        responses=problems(400, 401, 403, 422, 503),
        openapi_extra={"parameters": PARAMETERS},
    )(answer_report)
    return router


def answer_report(request: Request) -> Response:
    """The same object as `accord report --json`. Secret keys only."""
    caller(request, "leads", "approve-sales", "approve-marketing")
    if request.query_params.keys() - set(NAMES):
        raise Problem("parameter", "Only month, from and to can be asked for.")
    desk, days = desk_of(request), Days(*(parameter(request, name) for name in NAMES))
    decider = desk.intake.decider
    try:
        with _one_at_a_time():
            found = read_report(desk.ledger, decider.agreement, decider.number, days, decider.now())
    except WrongPeriod as wrong:
        raise Problem.of_parameter(wrong.name, str(wrong)) from None
    return as_json(report_body(found))
