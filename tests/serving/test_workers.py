"""Several serving processes on one PostgreSQL ledger and one port."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx2
import psutil
import pytest

from leads.ledger import Ledger, create_key, open_ledger
from tests.serving.conftest import AGREEMENT, PAGE, Service, start, stop

WAIT = 60


@pytest.fixture
def ledger(postgres: str) -> Iterator[Ledger]:
    opened = open_ledger(postgres)
    yield opened
    opened.close()


@pytest.fixture
def workers(ledger: Ledger, postgres: str, tmp_path: Path) -> Iterator[Service]:
    (tmp_path / "accord.toml").write_text(AGREEMENT)
    service = Service("", tmp_path, create_key(ledger, "sk"), create_key(ledger, "pk", [PAGE]))
    start(service, "--workers", "2", ACCORD_DATABASE_URL=postgres)
    yield service
    stop(service, signal.SIGKILL)


def servers(service: Service) -> set[int]:
    """multiprocessing has one more process, which keeps account of what they share."""
    assert service.process is not None
    children = psutil.Process(service.process.pid).children()
    return {
        each.pid for each in children if each.status() != psutil.STATUS_ZOMBIE and "spawn_main" in str(each.cmdline())
    }


def stored(service: Service, address: str) -> httpx2.Response:
    """As a sender does it, which is told to come again where the machine is too busy."""
    end = time.monotonic() + WAIT
    while (answer := service.send({"email": address})).status_code == 503:
        assert time.monotonic() < end
        time.sleep(float(answer.headers["Retry-After"]))
    assert answer.status_code == 201, answer.text
    return answer


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT
    while not true():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_leads_that_come_at_once_are_stored_once_each_and_sigterm_ends_all(workers: Service, ledger: Ledger) -> None:
    both = servers(workers)
    assert len(both) == 2
    with ThreadPoolExecutor(8) as threads:
        sent = list(threads.map(lambda one: stored(workers, f"person{one % 20}@example.com"), range(40)))
    assert len({answer.json()["lead"] for answer in sent}) == 20
    assert {answer.json()["agreement"] for answer in sent} == {1}
    assert stop(workers) == 0
    assert not any(psutil.pid_exists(each) for each in both)
    assert (workers.home / "stderr").read_text().count("Traceback") == 0


def test_a_process_that_died_is_replaced_while_the_other_answers(workers: Service) -> None:
    before = servers(workers)
    os.kill(min(before), signal.SIGKILL)

    def answered() -> bool:
        with suppress(httpx2.TransportError):  # the killed one had taken this connection
            stored(workers, "jane@example.com")
        return len(servers(workers)) == 2 and min(before) not in servers(workers)

    until(answered)
    stored(workers, "jane@example.com")
    assert stop(workers) == 0


def test_processes_end_with_the_one_that_started_them(workers: Service) -> None:
    both = servers(workers)
    assert stop(workers, signal.SIGKILL) == -signal.SIGKILL
    until(lambda: not any(psutil.pid_exists(each) for each in both))
