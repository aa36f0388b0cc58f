"""PostgreSQL that is away, frozen, slow or new: told in time, and used again as soon as it is back."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from leads.ledger import (
    Ledger,
    LedgerBusy,
    LedgerUnavailable,
    Writer,
    adopt_agreement,
    create_key,
    find_key,
    list_keys,
    open_ledger,
)
from leads.refusal import Refusal
from tests.postgres import Server

ROOT = Path(__file__).parents[2]
LONGEST = 10  # seconds; far above every limit that is tested, far below waiting for ever


@pytest.fixture
def served(own_postgres: Server) -> Iterator[Ledger]:
    opened = open_ledger(own_postgres.url, serving=True)
    yield opened
    opened.close()


def unavailable(ledger: Ledger) -> str:
    begun = time.monotonic()
    with pytest.raises(LedgerUnavailable) as told:
        ledger.check()
    with pytest.raises(LedgerUnavailable):
        find_key(ledger, "sk_unknown")
    assert time.monotonic() - begun < LONGEST
    return str(told.value)


def test_a_server_that_was_restarted_is_used_again_without_one_error(own_postgres: Server, served: Ledger) -> None:
    key = create_key(served, "sk")
    own_postgres.stop()
    own_postgres.start()
    assert find_key(served, key) is not None
    served.check()


def test_a_server_that_is_away_is_told_and_used_again_when_it_is_back(own_postgres: Server, served: Ledger) -> None:
    key = create_key(served, "sk")
    writer = Writer(served)
    own_postgres.stop()
    assert "No such file" in unavailable(served) or "refused" in unavailable(served)
    with pytest.raises(LedgerUnavailable):
        writer.submit(lambda connection: connection.execute(text("SELECT 1"))).result(LONGEST)
    own_postgres.start()
    assert find_key(served, key) is not None
    writer.submit(lambda connection: connection.execute(text("UPDATE keys SET label = 'back'"))).result(LONGEST)
    writer.close()
    assert [key.label for key in list_keys(served)] == ["back"]


def test_a_server_that_neither_answers_nor_hangs_up_is_given_up(own_postgres: Server, served: Ledger) -> None:
    served.check()
    own_postgres.signal(signal.SIGSTOP)
    unavailable(served)
    own_postgres.signal(signal.SIGCONT)
    served.check()


def test_a_server_that_freezes_inside_a_transaction_is_given_up_too(own_postgres: Server, served: Ledger) -> None:
    begun = time.monotonic()
    with pytest.raises(LedgerUnavailable):
        freeze_inside(served, own_postgres)
    assert time.monotonic() - begun < LONGEST
    own_postgres.signal(signal.SIGCONT)
    served.check()


def freeze_inside(ledger: Ledger, server: Server) -> None:
    with ledger.transaction() as connection:
        connection.execute(text("SELECT 1"))
        server.signal(signal.SIGSTOP)


def test_a_commit_that_breaks_writes_nothing_and_tells_so(own_postgres: Server, served: Ledger) -> None:
    create_key(served, "sk", label="before")
    writer = Writer(served)

    def breaking(connection: Connection) -> None:
        connection.execute(text("UPDATE keys SET label = 'lost'"))
        own_postgres.stop()

    with pytest.raises(LedgerUnavailable):
        writer.submit(breaking).result(LONGEST)
    own_postgres.start()
    assert [key.label for key in list_keys(served)] == ["before"]
    writer.close()


def test_the_service_waits_for_no_slow_statement_and_no_lock(own_postgres: Server, served: Ledger) -> None:
    create_key(served, "sk")
    with pytest.raises(LedgerBusy, match="statement timeout"), served.reading() as connection:
        connection.execute(text("SELECT pg_sleep(30)"))
    other = open_ledger(own_postgres.url)
    with other.transaction() as connection:
        connection.execute(text("UPDATE keys SET label = 'held'"))
        with pytest.raises(LedgerBusy, match="timeout"), served.transaction() as waiting:
            waiting.execute(text("UPDATE keys SET label = 'wanted'"))
    other.close()


def test_what_reads_most_of_the_ledger_may_take_longer_and_sees_one_state_of_it(
    own_postgres: Server, served: Ledger
) -> None:
    """Nobody else gets its patience with the connection."""
    other = open_ledger(own_postgres.url)
    counted = text("SELECT count(*) FROM keys")
    with served.long_reading() as connection:
        before = connection.execute(counted).scalar_one()
        connection.execute(text("SELECT pg_sleep(2)"))
        create_key(other, "sk")
        assert connection.execute(counted).scalar_one() == before
    with served.reading() as connection:
        assert connection.execute(counted).scalar_one() == before + 1
    with pytest.raises(LedgerBusy, match="statement timeout"), served.reading() as connection:
        connection.execute(text("SELECT pg_sleep(30)"))
    other.close()


def test_a_job_may_take_longer_for_a_statement_but_not_for_a_lock(own_postgres: Server) -> None:
    job = open_ledger(own_postgres.url)
    with job.reading() as connection:
        connection.execute(text("SELECT pg_sleep(2)"))
        settings = {
            name: connection.execute(text(f"SHOW {name}")).scalar_one()
            for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
        }
    job.close()
    assert settings == {
        "statement_timeout": "0",
        "lock_timeout": "1500ms",
        "idle_in_transaction_session_timeout": "10s",
    }


def test_more_callers_than_connections_wait_and_are_told_when_it_takes_too_long(served: Ledger) -> None:
    with ThreadPoolExecutor(30) as threads:
        assert not any(threads.map(lambda _: served.check(), range(200)))
    held = [served.engine.connect() for _ in range(10)]
    with pytest.raises(LedgerBusy, match="no connection"):
        served.check()
    for connection in held:
        connection.close()
    served.check()


def test_a_server_that_is_away_at_the_start_is_refused_without_its_password(own_postgres: Server) -> None:
    url = own_postgres.url.replace("postgres@", "postgres:canary@")
    own_postgres.stop()
    with pytest.raises(Refusal, match=r"cannot be opened: .*ACCORD_DATABASE_URL") as told:
        open_ledger(url)
    assert "canary" not in str(told.value)


OPENING = """
import sys
from leads.ledger import create_key, open_ledger
print("here", flush=True)
sys.stdin.readline()
create_key(open_ledger(sys.argv[1], serving=True), "sk")
"""


def test_processes_that_start_at_once_on_a_new_database_make_it_once(database: str) -> None:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    starting = [subprocess.Popen([sys.executable, "-c", OPENING, database], cwd=ROOT, **pipes) for _ in range(4)]
    for process in starting:
        assert process.stdout is not None
        process.stdout.readline()
    with ThreadPoolExecutor(4) as threads:
        ended = list(threads.map(lambda process: process.communicate(b"go\n", 60), starting))
    assert [process.returncode for process in starting] == [0] * 4, ended
    ledger = open_ledger(database)
    assert len(list_keys(ledger)) == 4
    assert len(ledger.salt) == 32
    ledger.close()


READING = """
import sys
from leads.ledger import agreement_in_force, open_ledger
ledger = open_ledger(sys.argv[1])
print(agreement_in_force(ledger).text)
ledger.close()
"""


def test_what_is_written_after_another_process_has_come_and_gone_is_kept(database: str) -> None:
    """The last process to close an SQLite database removes its write-ahead log; one that has it open must be seen."""
    first, again = open_ledger(database), open_ledger(database)
    again.close()
    for number in range(3):
        adopt_agreement(first, f"text {number}", f"{number:064d}")
        call = [sys.executable, "-c", READING, database]
        told = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        assert told == f"text {number}\n"
    first.close()
