"""Forms while everything around the service is down: the model, the registry, the receivers, and then the database."""

import json
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple

from benchmarks.latency import ECHO, told
from benchmarks.reliability import progress
from benchmarks.reliability.receiving import Receiver, registered
from benchmarks.reliability.report import Report, Run, Target
from benchmarks.reliability.sending import form_of
from benchmarks.reliability.workplace import Workplace, end, first_line, laid_out, serving
from leads.ledger import open_ledger, promote, save_bundle

PARALLEL = 4
WARM_UP = 20
NOWHERE = "http://127.0.0.1:1"
"""Nothing listens there."""
AILING = ("-m", "benchmarks.reliability.ailing")


class Answer(NamedTuple):
    status: int
    kind: str
    retry_after: str | None
    milliseconds: float


class Timed(NamedTuple):
    """The same number of forms on one connection and on PARALLEL of them at once."""

    alone: list[Answer]
    together: list[Answer]

    def told(self) -> dict[str, dict[str, float]]:
        return {"one_connection": _times(self.alone), f"{PARALLEL}_parallel": _times(self.together)}


def run(run: Run) -> Report:
    return measure(2_000, 6, run.seed) if run.long else measure(200, 2, run.seed)


def measure(requests: int, rounds: int, seed: int) -> Report:
    """In `rounds` of PARALLEL forms the database is locked."""
    random_ = random.Random(seed)
    forms = [json.dumps(form_of(number, random_)).encode() for number in range(500)]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        unusable = _timed_while_down(_everything_down(place / "unusable"), forms, requests)
        ailing = _timed_while_down(_everything_down(place / "ailing", AILING), forms, requests)
        with _echo(place) as port:
            echo = _timed(port, "", forms, requests)
        locked = _locked(_everything_down(place / "locked"), forms, rounds)
    figures = {
        "unusable_champion_ms": unusable.told(),
        "ailing_champion_ms": ailing.told(),
        "bare_fastapi_echo_ms": echo.told(),
        "ratio_of_medians": round(_median(unusable.alone) / _median(echo.alone), 2),
    }
    return Report({"requests": requests, "locked_requests": len(locked)}, figures, _targets(unusable, ailing, locked))


def _everything_down(home: Path, program: tuple[str, ...] | None = None) -> Workplace:
    """A champion whose bytes are no bundle, a registry and two receivers at closed ports."""
    workplace = laid_out(home, more={"MLFLOW_TRACKING_URI": NOWHERE, "ACCORD_RECEIVER_NETWORKS": "127.0.0.0/8"})
    workplace.program = program or workplace.program
    registered(workplace, Receiver(url=f"{NOWHERE}/crm"), Receiver(url=f"{NOWHERE}/mail"))
    ledger = open_ledger(workplace.database)
    promote(ledger, save_bundle(ledger, b'{"no": "bundle"}', {}), None, "to see what happens")
    ledger.close()
    return workplace


def _timed_while_down(workplace: Workplace, forms: Sequence[bytes], requests: int) -> Timed:
    with serving(workplace):
        return _timed(workplace.port, workplace.secret, forms, requests)


def _timed(port: int, key: str, forms: Sequence[bytes], requests: int) -> Timed:
    _ask(port, key, forms, WARM_UP)
    alone = _ask(port, key, forms, requests)
    with ThreadPoolExecutor(PARALLEL) as clients:
        parts = clients.map(lambda _: _ask(port, key, forms, requests // PARALLEL), range(PARALLEL))
        return Timed(alone, [answer for part in parts for answer in part])


def _ask(port: int, key: str, forms: Sequence[bytes], requests: int) -> list[Answer]:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    send = _sender(connection, key)
    answers = [send(forms[number % len(forms)]) for number in range(requests)]
    connection.close()
    return answers


def _sender(connection: HTTPConnection, key: str) -> Callable[[bytes], Answer]:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def send(form: bytes) -> Answer:
        begun = time.perf_counter()
        connection.request("POST", "/v1/leads", form, headers)
        answer = connection.getresponse()
        answer.read()
        spent = (time.perf_counter() - begun) * 1000
        return Answer(answer.status, answer.headers.get_content_type(), answer.headers["Retry-After"], spent)

    return send


@contextmanager
def _echo(folder: Path) -> Iterator[int]:
    with (folder / "stderr").open("w") as errors:
        process = subprocess.Popen([sys.executable, "-c", ECHO], text=True, stdout=subprocess.PIPE, stderr=errors)
    try:
        yield int(first_line(process, folder / "stderr").rsplit(":", 1)[1])
    finally:
        end(process)


def _locked(workplace: Workplace, forms: Sequence[bytes], rounds: int) -> list[Answer]:
    found: list[Answer] = []
    with serving(workplace), ThreadPoolExecutor(PARALLEL) as clients, _lock(workplace.home / "accord.db"):
        for number in progress.over(range(rounds), "rounds with a locked database"):
            sent = forms[number * PARALLEL : (number + 1) * PARALLEL]
            parts = clients.map(lambda form: _ask(workplace.port, workplace.secret, [form], 1), sent)
            found += [answer for part in parts for answer in part]
    return found


@contextmanager
def _lock(database: Path) -> Iterator[None]:
    writer = sqlite3.connect(database, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        writer.execute("ROLLBACK")
        writer.close()


def _targets(unusable: Timed, ailing: Timed, locked: Sequence[Answer]) -> list[Target]:
    answered = [*unusable.alone, *unusable.together, *ailing.alone, *ailing.together]
    wrong = sum((one.status, one.kind) != (503, "application/problem+json") or not one.retry_after for one in locked)
    slowest = max(one.milliseconds for one in locked) / 1000
    return [
        Target("answers other than 201 while all is down", "exactly", 0, sum(one.status != 201 for one in answered)),
        *_waits("champion unusable", unusable),
        *_waits("champion raises and hangs", ailing),
        Target("answers other than a 503 with Retry-After while the database is locked", "exactly", 0, wrong),
        Target("slowest 503 while the database is locked", "at most", 2, round(slowest, 3), "s"),
    ]


def _waits(what: str, timed: Timed) -> list[Target]:
    return [
        Target(f"p99, {what}, one connection", "at most", 200, _times(timed.alone)["p99"], "ms"),
        Target(f"p99, {what}, {PARALLEL} in parallel", "at most", 200, _times(timed.together)["p99"], "ms"),
    ]


def _times(answers: Sequence[Answer]) -> dict[str, float]:
    times = [answer.milliseconds for answer in answers]
    return {**told(times), "p95": round(statistics.quantiles(times, n=20)[18], 3), "worst": round(max(times), 3)}


def _median(answers: Sequence[Answer]) -> float:
    return statistics.median(answer.milliseconds for answer in answers)
