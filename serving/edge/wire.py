"""HTTP itself: what is refused before a body is read or a key looked at."""

import re

import h11
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from serving.edge.browsers import SHARED, preflight
from serving.problems import MEDIA_TYPE, Problem, answer, of_status

MOST_HEADERS = 100
LARGEST_HEADERS = 16_384
READ_AT_ONCE = 65_536
"""Headers up to here are answered with a problem of their own; beyond, as what is not HTTP."""
CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
ANSWERED = ("application/json", MEDIA_TYPE, "application/schema+json", "text/html")
SCRIPT = "/v1/form.js"


class Wire(H11Protocol):
    """Answers what is not HTTP with a problem, as everything else is."""

    def send_400_response(self, msg: str) -> None:
        told = answer(
            Problem("http-syntax", "Send plain HTTP: headers without control characters, and one length for the body.")
        )
        headers = [*told.raw_headers, (b"connection", b"close"), (b"x-content-type-options", b"nosniff")]
        for event in (
            h11.Response(status_code=told.status_code, headers=headers, reason=b"Bad Request"),
            h11.Data(data=bytes(told.body)),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()


class Sieve:
    """Lets through what can be an honest request, and answers a browser's question before it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answered = _answer_of(scope) if scope["type"] == "http" else None
        await (answered or self.app)(scope, receive, send)


def _answer_of(scope: Scope) -> Response | None:
    if problem := _problem_of(scope):
        return answer(problem)
    if scope["method"] == "OPTIONS" and scope["path"] in SHARED:
        return Response(status_code=204, headers=preflight(scope["path"]))
    return None


def _problem_of(scope: Scope) -> Problem | None:
    raw: list[tuple[bytes, bytes]] = scope["headers"]
    if len(raw) > MOST_HEADERS or sum(len(name) + len(value) for name, value in raw) > LARGEST_HEADERS:
        detail = f"At most {MOST_HEADERS} headers and {LARGEST_HEADERS:,} bytes of them are read."
        return Problem("headers-too-large", detail, headers={"Connection": "close"})
    if any(CONTROL.search(value) for _, value in raw):
        return Problem("http-syntax", "Send headers without control characters.", headers={"Connection": "close"})
    headers = Headers(raw=raw)
    if "transfer-encoding" in headers and "content-length" in headers:
        detail = "Send Content-Length or Transfer-Encoding, not both: it must be clear where the body ends."
        return Problem("content-length", detail, headers={"Connection": "close"})
    path: str = scope["path"]
    if "//" in path or ".." in path.split("/"):
        return of_status(404)
    if path.startswith("/v1/") and path != SCRIPT and not accepts(headers, *ANSWERED):
        return Problem("not-acceptable", "Answers are JSON: send Accept: application/json, or leave the header out.")
    return None


def accepts(headers: Headers, *media_types: str) -> bool:
    """Without an Accept header everything is."""
    wanted = [part.strip().lower() for part in ",".join(headers.getlist("accept")).split(",") if part.strip()]
    return not wanted or any(_admits(part, media_type) for part in wanted for media_type in media_types)


def names(headers: Headers, media_type: str) -> bool:
    """Whether Accept has the type itself, as a browser's does that wants to show a page."""
    return any(
        re.match(rf"\s*{media_type}\s*(;|$)", part, re.IGNORECASE) for part in headers.get("accept", "").split(",")
    )


def _admits(part: str, media_type: str) -> bool:
    found, _, parameters = part.partition(";")
    if re.search(r"(^|;)\s*q=0(\.0*)?\s*(;|$)", parameters):
        return False
    return found.strip() in ("*/*", f"{media_type.split('/')[0]}/*", media_type)
