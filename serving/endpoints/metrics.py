"""What the service counts, for Prometheus."""

import re
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from prometheus_client.exposition import choose_encoder
from starlette.responses import Response

from serving.endpoints.desk import caller, desk_of
from serving.openapi import problems
from serving.watch.state import State

LOOPBACK = re.compile(r"(localhost|(::ffff:)?127(\.\d{1,3}){3}|::1|\[::1\])(:\d{1,5})?")
FORWARDED = re.compile("forwarded|x-forwarded-.*|x-real-ip|via")
ANSWERS: dict[int | str, dict[str, Any]] = {200: {"content": {"text/plain": {}, "application/openmetrics-text": {}}}}


def metrics_endpoints() -> APIRouter:
    router = APIRouter()
    router.get(
        "/metrics",
        summary="Read the metrics",
        response_class=Response,
        responses=ANSWERS | problems(400, 401, 403, 503),
    )(read_metrics)
    return router


async def read_metrics(request: Request) -> Response:
    """This process's figures in the format of Prometheus. Open to the machine that the service runs on; from elsewhere
    it takes a secret key with the scope metrics."""
    if not from_this_machine(request):
        await run_in_threadpool(caller, request, "metrics")
    desk = desk_of(request)
    state: State = desk.state
    await state.refresh()
    encode, media_type = choose_encoder(request.headers.get("accept", ""))
    text = await run_in_threadpool(encode, desk.intake.metrics.with_state(state))
    return Response(text, headers={"Content-Type": media_type, "Cache-Control": "no-store"})


def from_this_machine(request: Request) -> bool:
    """A proxy on this machine speaks for others and says so; a page in a browser here speaks to a name."""
    if request.client is None or any(map(FORWARDED.fullmatch, request.headers)):
        return False
    hosts = request.headers.getlist("host")
    return len(hosts) == 1 and bool(LOOPBACK.fullmatch(hosts[0])) and bool(LOOPBACK.fullmatch(request.client.host))
