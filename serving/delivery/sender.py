"""One attempt to deliver a webhook: signed by Standard Webhooks 1.0, posted, and judged by the status."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import datetime
from functools import partial

import httpcore2
import httpx2
from standardwebhooks.webhooks import Webhook

from leads.ledger import Outgoing
from serving.delivery.addresses import Network, permitted
from serving.delivery.network import CheckedNetwork, Lookups, NotPermitted, Resolve, UnknownName
from serving.delivery.schedule import Outcome, retry_after

ATTEMPT_SECONDS = 15.0
"""From the look-up of the name to the end of the answer."""
CONNECT_SECONDS = 5.0
LARGEST_ANSWER = 65_536
ERRORS: tuple[tuple[type[Exception], str], ...] = (
    (UnknownName, "unknown-name"),
    (NotPermitted, "not-permitted"),
    (TimeoutError, "timeout"),
    (httpcore2.TimeoutException, "timeout"),
    (httpcore2.ConnectError, "no-connection"),
    (httpcore2.NetworkError, "connection-lost"),
    (httpcore2.ProtocolError, "no-http"),
    (ssl.SSLError, "tls"),
    (OSError, "no-connection"),
    (httpx2.InvalidURL, "no-url"),
)


def signed(outgoing: Outgoing, at: datetime) -> dict[str, str]:
    """The id stays the same over all attempts, the time is the attempt's; one signature a secret."""
    signatures = [Webhook(secret).sign(outgoing.message, at, outgoing.payload) for secret in outgoing.secrets]
    return {
        "webhook-id": outgoing.message,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


class WebhookSender:
    """Redirects are not followed, no proxy is asked, cookies and answers are thrown away, and each attempt makes a
    connection of its own, so that its address was checked a moment before."""

    def __init__(
        self,
        own: Sequence[Network] = (),
        resolve: Resolve | None = None,
        trust: ssl.SSLContext | None = None,
        network: httpcore2.AsyncNetworkBackend | None = None,
        seconds: float = ATTEMPT_SECONDS,
    ) -> None:
        self._lookups = Lookups()
        self._seconds = seconds
        context = trust or httpcore2.default_ssl_context()
        self._pools = {
            scheme: httpcore2.AsyncConnectionPool(
                ssl_context=context,
                max_connections=None,
                max_keepalive_connections=0,
                network_backend=CheckedNetwork(
                    partial(permitted, scheme=scheme, own=own),
                    resolve or self._lookups,
                    network or httpcore2.AnyIOBackend(),
                ),
            )
            for scheme in ("https", "http")
        }

    async def __call__(self, outgoing: Outgoing, at: datetime) -> Outcome:
        try:
            async with asyncio.timeout(self._seconds):
                return await self._post(outgoing, at)
        except tuple(kind for kind, _ in ERRORS) as error:
            return Outcome(error=_class_of(error))

    async def close(self) -> None:
        for pool in self._pools.values():
            await pool.aclose()
        self._lookups.close()

    async def _post(self, outgoing: Outgoing, at: datetime) -> Outcome:
        url = httpx2.URL(outgoing.url or "")
        request = httpcore2.Request(
            "POST",
            httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=_headers(url, outgoing, at),
            content=outgoing.payload.encode(),
            extensions={"timeout": {"connect": CONNECT_SECONDS}},
        )
        answer = await self._pools[url.scheme].handle_async_request(request)
        try:
            await _read_away(answer.aiter_stream())
        finally:
            await answer.aclose()
        headers = {name.lower(): value for name, value in answer.headers}
        wait = retry_after(headers.get(b"retry-after", b"").decode("latin-1"), at)
        return Outcome(answer.status, delivered=200 <= answer.status < 300, retry_after=wait)


def _headers(url: httpx2.URL, outgoing: Outgoing, at: datetime) -> list[tuple[str, str]]:
    fixed = {
        "Host": url.netloc.decode(),
        "User-Agent": "Accord-Webhooks/1.0",
        "Content-Type": "application/json",
        "Content-Length": str(len(outgoing.payload.encode())),
        "Accept-Encoding": "identity",
        "Connection": "close",
    }
    return list((fixed | signed(outgoing, at)).items())


async def _read_away(parts: AsyncGenerator[bytes]) -> None:
    """To its end, or as far as anybody may make us read."""
    size = 0
    async with aclosing(parts) as reading:
        async for part in reading:
            size += len(part)
            if size >= LARGEST_ANSWER:
                return


def _class_of(error: BaseException) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return "tls"
        cause = cause.__cause__ or cause.__context__
    return next(name for kind, name in ERRORS if isinstance(error, kind))
