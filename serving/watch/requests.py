"""Stands around every request: gives it its id, counts it, logs one line, and lets no error through to the server."""

from time import perf_counter

from h11 import LocalProtocolError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving import problems
from serving.watch.logs import logger, place_of, trace_of
from serving.watch.metrics import Metrics
from serving.watch.notes import Notes, begin

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
CUT_OFF = 499
"""Stands in the log and the metrics for a request that ended without an answer, as proxies count it."""
log = logger("accord.requests")


class Watch:
    """Turns what nobody expected into a plain 500; the log gets its place, but not its message, which may hold what a
    lead wrote."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        notes, begun = begin(), perf_counter()

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                notes.status = message["status"]
                message["headers"] = [*message.get("headers", ()), (b"request-id", notes.request.encode())]
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except LocalProtocolError as error:  # the other side broke off in a way that allows no answer any more
            notes.status = None
            log.warning("an answer could not be sent", request=notes.request, place=place_of(error))
        except Exception as error:  # the last fence before the server
            log.error("unexpected", request=notes.request, error=type(error).__name__, trace=trace_of(error))
            if notes.status is None:
                await problems.answer(problems.of_status(500))(scope, receive, watched)
        finally:
            self._ended(scope, notes, perf_counter() - begun)

    def _ended(self, scope: Scope, notes: Notes, seconds: float) -> None:
        endpoint, status = endpoint_of(scope), notes.status or CUT_OFF
        method = scope["method"] if scope["method"] in METHODS else "other"
        self.metrics.answered(endpoint, method, status, notes, seconds)
        log.info(
            "request",
            request=notes.request,
            method=method,
            endpoint=endpoint,
            status=status,
            milliseconds=round(seconds * 1000, 2),
            key=notes.key,
            lead=notes.lead,
            decision=notes.decision,
            code=notes.code,
            replayed=notes.replayed,
        )


def endpoint_of(scope: Scope) -> str:
    """The template of the path and never the path itself, which may be long, new each time, or hold a person's data."""
    return getattr(scope.get("route"), "path", None) or "unmatched"
