"""The service as an ASGI application."""

import asyncio
import logging
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from leads.agreement import Agreement
from leads.form import form_class
from leads.ledger import Ledger, LedgerUnavailable
from models.scorecard import scorecard_scorer
from serving import problems
from serving.endpoints import Desk, endpoints
from serving.intake import Intake
from serving.openapi import describe
from serving.reference import pages
from serving.scoring import LiveScorer, Source
from serving.upkeep import upkeep

log = logging.getLogger("accord.serving")


def create_app(ledger: Ledger, agreement: Agreement, number: int, source: Source) -> FastAPI:
    """`number` is the agreement's in the ledger; `source` loads the champion that the ledger points to."""
    live = LiveScorer(ledger, agreement, source, scorecard_scorer(agreement))
    app = FastAPI(
        title="Accord",
        version="1",
        description="Scores a lead, decides who takes the reins, and keeps both.",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        lifespan=_lifespan,
    )
    app.state.desk = Desk(Intake(ledger, agreement, number, live))
    for router in endpoints():
        app.include_router(router)
    app.include_router(pages(agreement, describe(app, form_class(agreement))))
    _answer_errors(app)
    app.add_middleware(Guard)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    desk: Desk = app.state.desk
    await asyncio.to_thread(desk.intake.warm_up)
    async with upkeep(desk.intake):
        yield
    await asyncio.to_thread(desk.intake.close)


def _answer_errors(app: FastAPI) -> None:
    @app.exception_handler(problems.Problem)
    async def problem(_: Request, problem: problems.Problem) -> Response:
        return problems.answer(problem)

    @app.exception_handler(HTTPException)
    async def framework(_: Request, error: HTTPException) -> Response:
        return problems.answer(problems.of_status(error.status_code, error.headers))

    @app.exception_handler(RequestValidationError)
    async def parameter(_: Request, error: RequestValidationError) -> Response:
        return problems.answer(problems.of_status(404))

    @app.exception_handler(LedgerUnavailable)
    async def outage(_: Request, error: LedgerUnavailable) -> Response:
        log.error("the ledger cannot be used: %s", error)
        detail = "Nothing was stored. Send the form again in a moment."
        return problems.answer(problems.Problem("ledger-unavailable", detail, headers={"Retry-After": "1"}))


class Guard:
    """Turns what nobody expected into a plain 500; the log gets its place, but not its message, which may hold what a
    lead wrote."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:  # the last fence before the server
            log.error("%s\n%s", type(error).__name__, "".join(traceback.format_tb(error.__traceback__)))
            if not begun:
                await problems.answer(problems.of_status(500))(scope, receive, send)
