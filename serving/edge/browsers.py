"""What browsers are told with every answer: which pages may read it, and what may be done with it."""

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from leads.ledger import Ledger, LedgerUnavailable, list_keys
from serving.deadline import in_time
from serving.edge.access import origin_of

SHARED = {"/v1/leads": "POST", "/v1/form": "GET"}
"""What pages of other origins may call."""
PREFLIGHT_HEADERS = "authorization, content-type, idempotency-key"
PREFLIGHT_SECONDS = 3600
KEPT_SECONDS = 5.0
WAIT_SECONDS = 0.15
"""Comes on top of what a form may wait for its key, and both must end within two seconds."""
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""For pages that bring no policy of their own."""


class Origins:
    """The pages that a publishable key in force allows. The ledger is asked every five seconds at most, beside the
    requests, which hardly wait for it; while it cannot answer, what it said last still holds."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._reading: asyncio.Task[None] | None = None
        self._read_at = 0.0
        self._any_page = False
        self._origins: frozenset[str] = frozenset()

    async def allow(self, headers: Headers) -> bool:
        if self._reading is None or (self._reading.done() and time.monotonic() - self._read_at >= KEPT_SECONDS):
            self._reading = asyncio.create_task(self._read())
        await asyncio.wait([self._reading], timeout=WAIT_SECONDS)
        return self._any_page or origin_of(headers) in self._origins

    async def _read(self) -> None:
        self._read_at = time.monotonic()
        try:
            keys = await in_time(list_keys, self._ledger)
        except LedgerUnavailable:
            return
        now = datetime.now(UTC)
        on_pages = [key.origins for key in keys if key.kind == "pk" and not key.ended(now)]
        self._any_page = not all(on_pages)
        self._origins = frozenset(origin for origins in on_pages for origin in origins)


class Browsers:
    """Stands around everything, so that errors are dressed like answers."""

    def __init__(self, app: ASGIApp, origins: Origins) -> None:
        self.app = app
        self.origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        sharing = await self._sharing(scope)

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                _dress(MutableHeaders(scope=message), sharing)
            await send(message)

        await self.app(scope, receive, dressed)

    async def _sharing(self, scope: Scope) -> Mapping[str, str]:
        if scope["path"] not in SHARED:
            return {}
        headers = Headers(scope=scope)
        if "origin" not in headers or not await self.origins.allow(headers):
            return {"Vary": "Origin"}
        return {
            "Vary": "Origin",
            "Access-Control-Allow-Origin": headers["origin"],
            "Access-Control-Expose-Headers": "Idempotency-Replayed, Retry-After",
        }


def preflight(path: str) -> dict[str, str]:
    """The same for everyone who asks, whatever methods and headers were asked for."""
    return {
        "Access-Control-Allow-Methods": SHARED[path],
        "Access-Control-Allow-Headers": PREFLIGHT_HEADERS,
        "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
    }


def _dress(headers: MutableHeaders, sharing: Mapping[str, str]) -> None:
    for name, value in (ALWAYS | dict(sharing)).items():
        headers.setdefault(name, value)
    if headers.get("content-type", "").startswith("text/html"):
        headers.setdefault("Content-Security-Policy", PAGE_POLICY)
