import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
import uvicorn

from benchmarks.reliability import workplace
from benchmarks.reliability.workplace import ROOT, environment
from leads.agreement import parse_agreement
from leads.ledger import adopt_agreement, open_ledger
from models.champion import serving_scorer
from serving.app import create_app
from serving.scoring.live import Source
from tests.command import ran

PAGE = "https://www.example.com"
AGREEMENT = """
[goal]
within_days = 120
value = 3000.0
[sales]
timezone = "Europe/Berlin"
first_response_minutes = 15
[routing]
bands = { A = 0.30, B = 0.15, C = 0.05 }
sales_from = "B"
guard_slice = 0.0
[scorecard]
base_rate = 0.1
[[scorecard.rules]]
points = 40.0
when = { country = ["DE", "AT"] }
[form.fields.email]
kind = "email"
required = true
[form.fields.name]
kind = "person"
[form.fields.country]
kind = "country"
[form.fields.budget]
kind = "money"
label = "Yearly budget"
[form.fields.industry]
kind = "category"
levels = ["Steel", "Wood"]
[form.fields.demo_requested]
kind = "flag"
[form.fields.message]
kind = "text"
[form.fields.start_on]
kind = "date"
[form.fields.mail_allowed]
kind = "consent"
"""


@dataclass
class Service:
    url: str
    home: Path
    secret: str
    public: str
    process: subprocess.Popen[str] | None = None

    def call(
        self, method: str, path: str, key: str | None = None, headers: Mapping[str, str] | None = None, **more: object
    ) -> httpx2.Response:
        sent = {"Authorization": f"Bearer {key}"} if key else {}
        return httpx2.request(method, self.url + path, headers=sent | dict(headers or {}), timeout=20, **more)

    def send(self, form: Mapping[str, object], key: str | None = None) -> httpx2.Response:
        return self.call("POST", "/v1/leads", key or self.secret, {"Origin": PAGE}, json=form)

    @property
    def database(self) -> str:
        return f"sqlite:///{self.home / 'accord.db'}"


def accord(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return ran(words, environment(home))


def laid_out(home: Path, url: str | None = None) -> Service:
    """With the rates that keys have by themselves, and a publishable key for PAGE alone."""
    place = workplace.laid_out(home, url, AGREEMENT, rate=None, origins=[PAGE])
    return Service("", home, place.secret, place.public)


def start(service: Service, *words: str, **settings: str) -> Service:
    """`accord serve` as a real process; its first line of output says where it listens."""
    with (service.home / "stderr").open("w") as errors:
        service.process = subprocess.Popen(
            [sys.executable, ROOT / "accord.py", "serve", "--port", "0", *words],
            env=environment(service.home) | settings,
            text=True,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
    assert service.process.stdout is not None
    first = service.process.stdout.readline()
    assert first.startswith("Accord is ready at http://127.0.0.1:"), (service.home / "stderr").read_text()
    service.url = first.removeprefix("Accord is ready at ").strip()
    return service


def stop(service: Service, how: signal.Signals = signal.SIGTERM) -> int:
    assert service.process is not None
    assert service.process.stdout is not None
    if service.process.poll() is None:
        service.process.send_signal(how)
    code = service.process.wait(20)
    service.process.stdout.close()
    return code


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One process for all tests that only ask; it has no champion."""
    running = start(laid_out(tmp_path_factory.mktemp("service") / "home"))
    yield running
    stop(running)


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Callable[..., Service]]:
    """Starts services of the test's own, on one state directory."""
    started: list[Service] = []
    first = laid_out(tmp_path / "home")

    def another(*words: str, **settings: str) -> Service:
        started.append(start(Service("", first.home, first.secret, first.public), *words, **settings))
        return started[-1]

    yield another
    for running in started:
        stop(running, signal.SIGKILL)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Callable[..., Service]]:
    """Serves in a thread of this process, with a scorer source of the test's choice."""
    ends: list[Callable[[], None]] = []

    def run(source: Source = serving_scorer, text: str = AGREEMENT) -> Service:
        service = laid_out(tmp_path / "home")
        agreement = parse_agreement(text)
        ledger = open_ledger(service.database)
        number = adopt_agreement(ledger, text, agreement.digest)
        app = create_app(ledger, agreement, number, source)
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="on"))
        thread = threading.Thread(target=server.run)
        thread.start()

        def end() -> None:
            server.should_exit = True
            thread.join(20)
            ledger.close()

        ends.append(end)
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        host, port = server.servers[0].sockets[0].getsockname()[:2]
        service.url = f"http://{host}:{port}"
        return service

    yield run
    for end in ends:
        end()
