"""The PostgreSQL of the tests themselves: what a machine without a server falls back to."""

import shutil
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from tests.postgres import NONE, pip_programs, running

ROOT = Path(__file__).parents[2]
UNTIL_KILLED = """
import signal, time
from tests.postgres import programs, running
with running(programs()) as server:
    server.signal(signal.SIGSTOP)
    print(server.url, flush=True)
    time.sleep(60)
"""


def test_what_pip_installs_is_a_postgresql_that_ledgers_work_on() -> None:
    programs = pip_programs()
    if programs is None:
        pytest.skip(NONE)
    with running(programs) as server, psycopg.connect(server.url) as connection:
        assert connection.info.server_version >= 180000
    assert not server.place.exists()


def test_every_test_has_an_empty_database_of_its_own(postgres: str) -> None:
    with psycopg.connect(postgres) as connection:
        assert connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)


def test_not_even_a_frozen_server_outlives_tests_that_were_killed() -> None:
    killed = subprocess.Popen([sys.executable, "-c", UNTIL_KILLED], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert killed.stdout is not None
    with killed.stdout:
        url = killed.stdout.readline().strip()
    place = Path(parse_qs(urlsplit(url).query)["host"][0])
    running_now = place / "data" / "postmaster.pid"
    assert running_now.exists()
    killed.kill()
    killed.wait()
    until = time.monotonic() + 20
    while running_now.exists():
        assert time.monotonic() < until
        time.sleep(0.1)
    shutil.rmtree(place)
