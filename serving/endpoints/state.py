"""How the service is: for load balancers, monitors and people."""

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from serving import answers
from serving.endpoints.desk import as_json, desk_of
from serving.openapi import problems


def state_endpoints() -> APIRouter:
    router = APIRouter()
    router.get("/healthz", summary="Is the process alive?", response_model=answers.Health)(read_health)
    router.get("/readyz", summary="Can leads be stored?", response_model=answers.Readiness, responses=problems(503))(
        read_readiness
    )
    return router


async def read_health() -> Response:
    return as_json({"status": "ok"})


async def read_readiness(request: Request) -> Response:
    """503 only when leads cannot be stored; `degraded` says what is missing while they can."""
    intake = desk_of(request).intake
    await run_in_threadpool(intake.ledger.check)
    degraded = intake.live.degraded()
    return as_json({"status": "degraded" if degraded else "ready", "degraded": degraded})
