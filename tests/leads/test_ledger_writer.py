"""Many who write at once: shared transactions on SQLite, several at a time on PostgreSQL, the same promises on both."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Event, Semaphore

import pytest
from sqlalchemy import Connection, text

from leads.ledger import (
    Answer,
    Ledger,
    LedgerUnavailable,
    StorageFull,
    Writer,
    create_key,
    enter,
    list_keys,
    open_ledger,
)
from leads.ledger.book import POOL
from tests.leads.conftest import digest, entry, sending
from tests.leads.test_ledger import count

LONGEST = 20


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Ledger]:
    """Where only SQLite is meant."""
    opened = open_ledger(f"sqlite:///{tmp_path / 'accord.db'}")
    yield opened
    opened.close()


@contextmanager
def writing(ledger: Ledger, groups: list[int] | None = None) -> Iterator[Writer]:
    writer = Writer(ledger, (groups if groups is not None else []).append)
    yield writer
    writer.close()


@contextmanager
def held_up(writer: Writer) -> Iterator[None]:
    """What is submitted inside waits together behind one job."""
    begun, go_on = Event(), Event()

    def wait(_: Connection) -> None:
        begun.set()
        assert go_on.wait(LONGEST)

    first = writer.submit(wait)
    assert begun.wait(LONGEST)
    yield
    go_on.set()
    first.result(LONGEST)


def labelled(label: str) -> Callable[[Connection], None]:
    """A job whose being done can be seen: the only key's label grows by a word."""
    return lambda connection: connection.execute(
        text("UPDATE keys SET label = coalesce(label, '') || :label").bindparams(label=label)
    )


def label(ledger: Ledger) -> str | None:
    return list_keys(ledger)[0].label


def test_what_is_done_is_told_and_stored(ledger: Ledger, agreement: int, key: str) -> None:
    with writing(ledger) as writer:
        sent = [writer.submit(partial(enter, entry=entry(sending(key), agreement))) for _ in range(50)]
        assert len({one.result(LONGEST).lead for one in sent}) == 50
    assert (count(ledger, "leads"), count(ledger, "decisions")) == (50, 50)


def test_jobs_that_wait_share_a_transaction(file: Ledger) -> None:
    create_key(file, "sk")
    groups: list[int] = []
    with writing(file, groups) as writer, held_up(writer):
        done = [writer.submit(labelled("x")) for _ in range(150)]
    assert all(one.done() for one in done)
    assert label(file) == "x" * 150
    assert groups == [1, 64, 64, 22]


def test_a_job_that_fails_takes_no_other_with_it(ledger: Ledger, agreement: int, key: str) -> None:
    with writing(ledger) as writer, held_up(writer):
        good = [writer.submit(partial(enter, entry=entry(sending(key), agreement))) for _ in range(3)]
        bad = writer.submit(partial(enter, entry=entry(sending(key), 99)))
        more = [writer.submit(partial(enter, entry=entry(sending(key), agreement))) for _ in range(3)]
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        bad.result()
    assert len({one.result().lead for one in good + more}) == 6
    assert (count(ledger, "leads"), count(ledger, "submissions"), count(ledger, "decisions")) == (6, 6, 6)


def test_nobody_hears_of_a_shared_transaction_before_it_is_on_the_disk(file: Ledger, tmp_path: Path) -> None:
    create_key(file, "sk")
    seen: list[object] = []

    def look(_: Future[None]) -> None:
        other = sqlite3.connect(tmp_path / "accord.db")
        seen.append(other.execute("SELECT label FROM keys").fetchone()[0])
        other.close()

    with writing(file) as writer, held_up(writer):
        for _ in range(3):
            writer.submit(labelled("x")).add_done_callback(look)
    assert seen == ["xxx"] * 3


def test_a_job_that_was_cancelled_is_never_run(file: Ledger) -> None:
    create_key(file, "sk")
    with writing(file) as writer, held_up(writer):
        before, cancelled, after = (writer.submit(labelled(word)) for word in ("a", "b", "c"))
        assert cancelled.cancel()
    before.result(LONGEST)
    after.result(LONGEST)
    with pytest.raises(CancelledError):
        cancelled.result(LONGEST)
    assert label(file) == "ac"


def test_how_many_jobs_wait_is_told(ledger: Ledger) -> None:
    create_key(ledger, "sk")
    at_once = 1 if ledger.on_sqlite else POOL - 2
    begun, go_on = Semaphore(0), Event()

    def wait(_: Connection) -> bool:
        begun.release()
        return go_on.wait(LONGEST)

    with writing(ledger) as writer:
        running = [writer.submit(wait) for _ in range(at_once)]
        assert all(begun.acquire(timeout=LONGEST) for _ in running)
        behind = [writer.submit(labelled("x")) for _ in range(5)]
        assert writer.waiting == 5
        go_on.set()
        assert all(one.result(LONGEST) for one in running)
        for one in behind:
            one.result(LONGEST)
        assert writer.waiting == 0


def test_closing_writes_what_came_before_and_lets_nothing_in_after(ledger: Ledger) -> None:
    create_key(ledger, "sk")
    writer = Writer(ledger)
    done = [writer.submit(labelled("x")) for _ in range(100)]
    writer.close()
    assert all(one.done() and one.exception() is None for one in done)
    assert label(ledger) == "x" * 100
    with pytest.raises(LedgerUnavailable, match="stopping"):
        writer.submit(labelled("y"))
    writer.close()


def test_a_ledger_that_is_locked_fails_all_that_wait_and_later_ones_are_written(file: Ledger, tmp_path: Path) -> None:
    create_key(file, "sk")
    other = sqlite3.connect(tmp_path / "accord.db", isolation_level=None)
    with writing(file) as writer:
        other.execute("BEGIN IMMEDIATE")
        lost = [writer.submit(labelled("x")) for _ in range(5)]
        for one in lost:
            with pytest.raises(LedgerUnavailable, match="locked"):
                one.result(LONGEST)
        other.execute("ROLLBACK")
        writer.submit(labelled("y")).result(LONGEST)
    other.close()
    assert label(file) == "y"


SMALL_DISK = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from tests.leads.test_ledger_writer import fill
fill(Path(sys.argv[1]))
"""


def test_a_full_disk_fails_the_whole_group_and_writes_nothing_of_it(tmp_path: Path) -> None:
    """In a name space of its own, where an ordinary user too may mount a disk of a few megabytes."""
    place = tmp_path / "small"
    place.mkdir()
    commands = f'mount -t tmpfs -o size=3m tmpfs {place} && exec "$0" -c "$1" {place} {Path(__file__).parents[2]}'
    call = ["unshare", "--mount", "--map-root-user", "sh", "-c", commands, sys.executable, SMALL_DISK]
    try:
        done = subprocess.run(call, capture_output=True, text=True, timeout=120)
    except FileNotFoundError:
        pytest.skip("this system has no name spaces")
    if "unshare" in done.stderr or "mount" in done.stderr:
        pytest.skip("this system lets nobody mount a disk of a few megabytes")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "as promised\n"


def fill(place: Path) -> None:
    ledger = open_ledger(f"sqlite:///{place / 'accord.db'}")
    create_key(ledger, "sk")
    (place / "filler").write_bytes(bytes(1_000_000))
    with writing(ledger) as writer:
        writer.submit(labelled("kept")).result(LONGEST)
        with held_up(writer):
            small = writer.submit(labelled("lost"))
            large = writer.submit(labelled("x" * 4_000_000))
        for one in (small, large):
            assert isinstance(one.exception(LONGEST), StorageFull), repr(one.exception())
        assert label(ledger) == "kept"
        (place / "filler").unlink()
        writer.submit(labelled(" on")).result(LONGEST)
    assert label(ledger) == "kept on"
    ledger.close()
    print("as promised")


def test_the_same_sending_in_one_group_is_entered_once(ledger: Ledger, agreement: int, key: str) -> None:
    with writing(ledger) as writer, held_up(writer):
        sent = [writer.submit(partial(enter, entry=entry(sending(key, "token"), agreement))) for _ in range(8)]
    answers: list[Answer] = [one.result(LONGEST) for one in sent]
    assert len({answer.body for answer in answers}) == 1
    assert sorted(answer.replayed for answer in answers) == [False] + [True] * 7
    assert count(ledger, "decisions") == 1


def test_one_new_person_who_sends_many_times_at_once_is_one_lead(ledger: Ledger, agreement: int, key: str) -> None:
    people = [digest("jane@example.com"), digest("+442079460000")]
    with writing(ledger) as writer, held_up(writer):
        sent = [writer.submit(partial(enter, entry=entry(sending(key), agreement, people))) for _ in range(20)]
    assert len({one.result(LONGEST).lead for one in sent}) == 1
    assert (count(ledger, "leads"), count(ledger, "identities"), count(ledger, "decisions")) == (1, 2, 20)
