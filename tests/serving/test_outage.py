"""While leads cannot be stored every form is told so within two seconds, and afterwards all goes on without a restart;
nothing that was answered with 201 is lost."""

import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import create_engine, text

from serving.edge.browsers import KEPT_SECONDS
from tests.serving.conftest import PAGE, Service, laid_out, start, stop

HOLD = "import sqlite3, sys, time; c = sqlite3.connect(sys.argv[1], isolation_level=None); c.execute('BEGIN IMMEDIATE')"
SLACK = 1.0
"""The machine that tests may be busy with other tests: an answer within two seconds may arrive a little later."""


def form(number: int) -> dict[str, object]:
    return {"email": f"person{number}@example.com", "country": "DE"}


def refused(answer: httpx2.Response, *codes: str) -> None:
    assert answer.status_code == 503, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["type"].removeprefix("/problems/") in codes
    assert int(answer.headers["Retry-After"]) >= 1
    assert answer.elapsed.total_seconds() < 2 + SLACK


def all_refused(service: Service, *codes: str, count: int = 10) -> None:
    with ThreadPoolExecutor(count) as pool:
        for answer in pool.map(service.send, map(form, range(1000, 1000 + count))):
            refused(answer, *codes)


def recovered(service: Service) -> dict[str, Any]:
    until = time.monotonic() + 20
    while (answer := service.send(form(1))).status_code != 201:
        assert time.monotonic() < until, answer.text
        time.sleep(0.2)
    body: dict[str, Any] = answer.json()
    assert service.call("GET", "/readyz").status_code == 200
    return body


def sound(path: Path, acknowledged: list[str]) -> None:
    """Nothing half written, and every acknowledged decision is there."""
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("pragma integrity_check").fetchall() == [("ok",)]
        assert database.execute("pragma foreign_key_check").fetchall() == []
        halves = "select count(*) from submissions s left join decisions d on d.submission = s.id where d.id is null"
        assert database.execute(halves).fetchone() == (0,)
        assert {one for (one,) in database.execute("select id from decisions")} >= set(acknowledged)


def test_a_database_that_another_process_locks(processes: Callable[..., Service]) -> None:
    running = processes()
    before = running.send(form(0)).json()
    call = [sys.executable, "-c", HOLD + "; print('held', flush=True); time.sleep(60)", running.home / "accord.db"]
    with subprocess.Popen(call, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        for _ in range(2):
            all_refused(running, "ledger-busy", "ledger-unavailable")
        refused(running.call("GET", "/readyz"), "ledger-busy", "ledger-unavailable")
        assert running.call("GET", "/healthz").status_code == 200
        assert running.call("GET", f"/v1/leads/{before['lead']}", running.secret).status_code == 200
        holder.kill()
    after = recovered(running)
    sound(running.home / "accord.db", [before["decision"], after["decision"]])


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3M", "tmpfs", place], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("only root may mount a small disk here")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def test_a_disk_that_is_full(small_disk: Path) -> None:
    running = start(laid_out(small_disk / "home"))
    try:
        told = [running.send(form(number)).json()["decision"] for number in range(3)]
        left = os.statvfs(small_disk)
        (small_disk / "filling").write_bytes(b"x" * (left.f_bavail * left.f_bsize - 4096))
        told += _fill(running)
        all_refused(running, "storage-full")
        refused(running.call("GET", "/readyz"), "storage-full")
        assert running.call("GET", "/healthz").status_code == 200
        assert running.call("GET", f"/v1/decisions/{told[0]}", running.secret).status_code == 200
        (small_disk / "filling").unlink()
        told.append(recovered(running)["decision"])
        sound(running.home / "accord.db", told)
    finally:
        assert stop(running) == 0


def _fill(running: Service) -> list[str]:
    """Sends until the first form is refused; what was acknowledged until then."""
    told = []
    for number in range(500):
        answer = running.send(form(number) | {"message": "x" * 3000})
        if answer.status_code != 201:
            refused(answer, "storage-full")
            return told
        told.append(answer.json()["decision"])
    raise AssertionError("the disk was never full")


def test_a_file_that_may_not_grow(processes: Callable[..., Service]) -> None:
    running = processes()
    told = [running.send(form(0)).json()["decision"]]
    pid = running.process.pid if running.process else 0
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (8192, resource.RLIM_INFINITY))
    all_refused(running, "ledger-unavailable", "storage-full")
    assert running.call("GET", f"/v1/decisions/{told[0]}", running.secret).status_code == 200
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    told.append(recovered(running)["decision"])
    sound(running.home / "accord.db", told)


def test_a_database_file_that_is_gone_and_comes_back(processes: Callable[..., Service]) -> None:
    running = processes()
    told = [running.send(form(0)).json()["decision"]]
    shutil.move(running.home / "accord.db", running.home / "elsewhere.db")
    all_refused(running, "ledger-unavailable")
    refused(running.call("GET", "/readyz"), "ledger-unavailable")
    assert running.call("GET", "/healthz").status_code == 200
    shutil.move(running.home / "elsewhere.db", running.home / "accord.db")
    told.append(recovered(running)["decision"])
    sound(running.home / "accord.db", told)


def on_postgres(tmp_path: Path, url: str) -> Service:
    return start(laid_out(tmp_path / "home", url), ACCORD_DATABASE_URL=url)


@pytest.mark.parametrize("how", ["stopped", "frozen"])
def test_a_postgresql_that_is_away(tmp_path: Path, own_postgres: Any, how: str) -> None:
    running = on_postgres(tmp_path, own_postgres.url)
    try:
        told = [running.send(form(number)).json()["decision"] for number in range(5)]
        own_postgres.stop() if how == "stopped" else own_postgres.signal(signal.SIGSTOP)
        for _ in range(2):
            all_refused(running, "ledger-unavailable", "ledger-busy")
        refused(running.call("GET", "/readyz"), "ledger-unavailable", "ledger-busy")
        assert running.call("GET", "/healthz").status_code == 200
        own_postgres.start() if how == "stopped" else own_postgres.signal(signal.SIGCONT)
        told.append(recovered(running)["decision"])
        engine = create_engine(own_postgres.url.replace("postgresql:", "postgresql+psycopg:"))
        with engine.connect() as connection:
            assert set(connection.scalars(text("select id from decisions"))) >= set(told)
        engine.dispose()
    finally:
        assert stop(running) == 0


def test_a_page_is_told_in_time_that_a_database_hangs(tmp_path: Path, own_postgres: Any) -> None:
    running = on_postgres(tmp_path, own_postgres.url)
    try:
        assert running.send(form(0)).headers["Access-Control-Allow-Origin"] == PAGE
        own_postgres.signal(signal.SIGSTOP)
        time.sleep(KEPT_SECONDS)  # now the ledger has to be asked again which pages may read an answer
        with ThreadPoolExecutor(5) as pool:
            for answer in pool.map(running.send, map(form, range(5))):
                refused(answer, "ledger-unavailable", "ledger-busy")
                assert answer.headers["Access-Control-Allow-Origin"] == PAGE
        own_postgres.signal(signal.SIGCONT)
        recovered(running)
    finally:
        assert stop(running) == 0


def test_a_stop_under_load_answers_what_was_read_and_writes_what_was_answered(
    processes: Callable[..., Service],
) -> None:
    running = processes()
    told: list[str] = []

    def send(number: int) -> None:
        try:
            answer = running.send(form(number))
        except httpx2.TransportError:  # not taken in any more
            return
        assert answer.status_code in (201, 503), answer.text
        if answer.status_code == 201:
            told.append(answer.json()["decision"])

    with ThreadPoolExecutor(20) as pool:
        for number in range(400):
            pool.submit(send, number)
        while len(told) < 60:
            time.sleep(0.01)
        began = time.monotonic()
        assert running.process is not None
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(20) == 0
        assert time.monotonic() - began < 15
    assert len(told) >= 60
    sound(running.home / "accord.db", told)
