"""Requests that nobody should send, by the thousand: whatever comes in, the answer is a proper one."""

import http.client
import json
import socket
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from hypothesis import HealthCheck, Phase, given, seed, settings

from benchmarks.odd_requests import CANARY, Sent, requests
from benchmarks.reliability.workplace import AGREEMENT, laid_out, serving
from serving.problems import KINDS, MEDIA_TYPE

ALL_KINDS = f"""{AGREEMENT}
[form.fields.job_title]
kind = "job_title"
[form.fields.phone]
kind = "phone"
[form.fields.company]
kind = "company"
[form.fields.website]
kind = "url"
[form.fields.employees]
kind = "number"
[form.fields.industry]
kind = "category"
levels = ["Steel", "Wood"]
[form.fields.demo_requested]
kind = "flag"
[form.fields.start_on]
kind = "date"
[form.fields.mail_allowed]
kind = "consent"
"""
"""An agreement whose form has a field of every kind."""
TIMES_BUSY = 5


class Got(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


class Unfit(AssertionError):
    """An answer that the service must never give."""


@dataclass
class Tally:
    """What was answered, so that nobody takes a fuzzer for thorough that only ever met one check."""

    cases: int = 0
    busy: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)

    def facts(self) -> dict[str, Any]:
        statuses = {str(status): count for status, count in sorted(self.statuses.items())}
        return {"cases": self.cases, "busy": self.busy, "statuses": statuses, "codes": dict(sorted(self.codes.items()))}


def run(cases: int, seed: int) -> dict[str, Any]:
    """Against a service of its own; AssertionError with the smallest request found that is answered badly."""
    with tempfile.TemporaryDirectory() as folder:
        place = laid_out(Path(folder) / "home", agreement=ALL_KINDS, more={"ACCORD_TRUSTED_PROXIES": "127.0.0.1"})
        begun = time.monotonic()
        try:
            with serving(place):
                tally = attack(f"http://127.0.0.1:{place.port}", place.secret, place.public, cases, seed)
        except Unfit as unfit:
            raise Unfit(f"{unfit}\n{unexpected(place.home)[-1:]}") from None
        if CANARY in (place.home / "stderr").read_text() or unexpected(place.home):
            raise Unfit(f"the log holds what was sent, or an error that nobody expected: {unexpected(place.home)[-1:]}")
    return tally.facts() | {"seed": seed, "seconds": round(time.monotonic() - begun, 1)}


def unexpected(home: Path) -> list[str]:
    return [line for line in (home / "stderr").read_text().splitlines() if '"unexpected"' in line]


def attack(url: str, secret: str, public: str, cases: int, number: int) -> Tally:
    tally, client = Tally(), Client(url)
    paths = endpoints(client)

    @seed(number)
    @settings(
        max_examples=cases,
        phases=[Phase.generate, Phase.shrink],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),  # a slow service is no fault of the requests drawn
        print_blob=False,
    )
    @given(requests(paths, secret, public))
    def one(sent: Sent) -> None:
        got = client.exchange(sent)
        while got.status == 503 and tally.busy < TIMES_BUSY * (1 + tally.cases // 100):  # a slow disk is no fault here
            tally.busy += 1
            time.sleep(0.5)
            got = client.exchange(sent)
        tally.cases += 1
        tally.statuses[got.status] += 1
        if code := judged(sent, got):
            tally.codes[code] += 1

    try:
        one()
    finally:
        client.close()
    return tally


def endpoints(client: "Client") -> list[str]:
    described = json.loads(client.exchange(Sent("GET", "/openapi.json", (), b"")).body)
    return [*described["paths"], "/", "/docs", "/openapi.json", "/problems/{code}"]


def judged(sent: Sent, got: Got) -> str | None:
    """The code of a problem, None for anything that is none."""
    if got.status >= 500:
        raise Unfit(f"{got.status} to {shown(sent)}")
    if got.status < 300 or sent.method == "HEAD" or (got.status == 303 and got.headers.get("location")):
        return None
    told = [value for name, value in got.headers.items() if name != "access-control-allow-origin"]
    if CANARY.encode() in got.body or any(CANARY in value for value in told):
        raise Unfit(f"what was sent came back: {shown(sent)}")
    if _is_page(sent, got):
        return None
    problem = json.loads(got.body) if got.headers.get("content-type") == MEDIA_TYPE else {}
    code = str(problem.get("type", "")).removeprefix("/problems/")
    if code not in KINDS or not KINDS[code].status == problem["status"] == got.status:
        raise Unfit(f"{got.status} without its problem to {shown(sent)}")
    if code != "http-syntax" and problem["instance"] != got.headers.get("request-id"):
        raise Unfit(f"a problem with another request's id to {shown(sent)}")
    return code


def _is_page(sent: Sent, got: Got) -> bool:
    """A browser that posts a form by itself, or follows the link of a mail, and shows what comes back."""
    asked = dict(sent.headers)
    posted = sent.target.startswith("/v1/answer/") or asked.get("Content-Type") == "application/x-www-form-urlencoded"
    return posted and asked.get("Accept") == "text/html" and got.headers.get("content-type", "").startswith("text/html")


def shown(sent: Sent) -> str:
    return f"{sent.method} {sent.target!r} {dict(sent.headers)} {sent.body[:2000]!r}"


class Client:
    """One connection that is kept, and takes requests that no library would send."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.place = (str(parts.hostname), int(parts.port or 80))
        self._socket: socket.socket | None = None

    def exchange(self, sent: Sent) -> Got:
        """Once more on a new connection if the kept one was closed in between."""
        try:
            return self._exchange(sent)
        except (ConnectionError, http.client.BadStatusLine):
            self.close()
            return self._exchange(sent)

    def close(self) -> None:
        if self._socket:
            self._socket.close()
        self._socket = None

    def _exchange(self, sent: Sent) -> Got:
        if self._socket is None:
            self._socket = socket.create_connection(self.place, timeout=30)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        lines = [f"{sent.method} {sent.target} HTTP/1.1", f"Host: {self.place[0]}:{self.place[1]}"]
        lines += [f"{name}: {value}" for name, value in sent.headers]
        lines += [f"Content-Length: {len(sent.body)}"] if sent.body or sent.method in ("POST", "PUT", "PATCH") else []
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + sent.body)
        answer = http.client.HTTPResponse(self._socket, method=sent.method)
        try:
            answer.begin()
            got = Got(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        finally:
            answer.close()
        if answer.will_close:
            self.close()
        return got
