"""How the service is: for load balancers, monitors and people."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from leads.ledger import agreement_in_force, outbox_state
from serving import answers
from serving.deadline import in_time
from serving.deciding.intake import Intake
from serving.delivery.configuration import mail_not_configured
from serving.endpoints.desk import as_json, desk_of
from serving.openapi import problems

CHECK_SECONDS = 1.9


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
    await in_time(intake.ledger.check, seconds=CHECK_SECONDS)
    degraded = intake.degraded() + await in_time(undelivered, intake) + await in_time(waiting, intake)
    return as_json({"status": "degraded" if degraded else "ready", "degraded": degraded})


def waiting(intake: Intake) -> list[str]:
    """Both teams approved an agreement since this process started, which goes on under its own until it ends."""
    now = agreement_in_force(intake.ledger)
    return ["agreement-waiting"] if now is not None and now.number != intake.number else []


def undelivered(intake: Intake) -> list[str]:
    """Why somebody does not hear of leads: messages were given up, or mail has nowhere to go."""
    told = {
        "deliveries-dead": any(backlog.dead for backlog in outbox_state(intake.ledger)),
        "mail-not-configured": mail_not_configured(intake.agreement),
    }
    return [name for name, holds in told.items() if holds]
