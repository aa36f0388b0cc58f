"""The service as an ASGI application."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.responses import Response

from leads.agreement import Agreement
from leads.form import form_class
from leads.ledger import Ledger, LedgerUnavailable
from models.scorecard import scorecard_scorer
from serving import problems
from serving.deciding.intake import Intake
from serving.edge.browsers import Browsers, Origins
from serving.edge.html_form import told
from serving.edge.rates import Rates
from serving.edge.wire import Sieve
from serving.endpoints import Desk, endpoints
from serving.openapi import describe
from serving.outages import problem_of
from serving.reference import pages
from serving.scoring.live import LiveScorer, Source
from serving.upkeep import upkeep
from serving.watch.logs import logger
from serving.watch.requests import Watch

log = logger("accord.serving")


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
    app.state.rates = Rates()
    for router in endpoints():
        app.include_router(router)
    app.include_router(pages(agreement, describe(app, form_class(agreement))))
    _answer_errors(app)
    app.add_middleware(Sieve)
    app.add_middleware(Watch, metrics=app.state.desk.intake.metrics)
    app.add_middleware(Browsers, origins=Origins(ledger))
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
    async def problem(request: Request, problem: problems.Problem) -> Response:
        return told(request, problem)

    @app.exception_handler(HTTPException)
    async def framework(request: Request, error: HTTPException) -> Response:
        headers = {"Allow": allowed(app, request)} if error.status_code == 405 else error.headers
        return problems.answer(problems.of_status(error.status_code, headers))

    @app.exception_handler(RequestValidationError)
    async def parameter(_: Request, error: RequestValidationError) -> Response:
        return problems.answer(problems.of_status(404))

    @app.exception_handler(LedgerUnavailable)
    async def outage(request: Request, error: LedgerUnavailable) -> Response:
        log.error("the ledger cannot be used", reason=str(error).split("\n")[0])
        return told(request, problem_of(error))


def allowed(app: FastAPI, request: Request) -> str:
    """Every method of the address; the framework names those of one function alone."""
    path = request.scope["path"]
    known = (route for route in iter_route_contexts(app.routes) if route.path_regex.match(path))
    return ", ".join(sorted({method for route in known for method in route.methods or ()}))
