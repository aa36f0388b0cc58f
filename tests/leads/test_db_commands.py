"""`accord db`: the schema as an operator meets it, and backups that can be trusted."""

import json
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Event, Thread

import pytest
from alembic import command

from leads.ledger import Ledger, Writer, adopt_agreement, create_key, enter, lead_story, open_ledger
from leads.ledger.opening import REVISIONS, connect
from tests.command import ran
from tests.leads.conftest import entered, entry, sending
from tests.leads.test_ledger import count
from tests.leads.test_ledger_schema import migrations

ROOT = Path(__file__).parents[2]
Ran = subprocess.CompletedProcess[str]
Accord = Callable[..., Ran]


@pytest.fixture
def accord(database: str, tmp_path: Path) -> Accord:
    """The command on one of the two databases."""
    environment = {**os.environ, "ACCORD_HOME": str(tmp_path / "home"), "ACCORD_DATABASE_URL": database}
    environment.pop("ACCORD_AGREEMENT", None)

    def run(*words: object, expect: int = 0) -> Ran:
        done = ran(words, environment, tmp_path)
        assert done.returncode == expect, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done

    return run


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "accord.db"


def leads_in(ledger: Ledger, leads: int) -> list[str]:
    key, agreement = create_key(ledger, "sk")[:11], adopt_agreement(ledger, "text", "a" * 64)
    return [entered(ledger, entry(sending(key), agreement)).lead for _ in range(leads)]


def old_ledger(url: str) -> None:
    ledger = connect(url)
    with ledger.transaction() as connection:
        command.upgrade(migrations(connection), REVISIONS[0])
    ledger.close()


def test_an_old_ledger_is_refused_until_it_is_upgraded(accord: Accord, database: str) -> None:
    old_ledger(database)
    for words in (("keys", "list"), ("serve", "--port", "0")):
        refused = accord(*words, expect=2)
        assert "has schema 0001 and this Accord works with schema" in refused.stderr
        assert "make a backup and run `accord db upgrade`" in refused.stderr
    assert "0001" in accord("db", "status").stdout
    assert accord("db", "upgrade").stdout == f"The ledger's schema: 0001 → {REVISIONS[-1]}.\n"
    assert "nothing was changed" in accord("db", "upgrade").stdout
    accord("keys", "list")


def test_a_ledger_of_a_newer_accord_is_refused(accord: Accord, database: str) -> None:
    ledger = open_ledger(database)
    with ledger.transaction() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0999'")
    ledger.close()
    for words in (("keys", "list"), ("serve", "--port", "0"), ("db", "upgrade")):
        assert "install the newer Accord" in accord(*words, expect=2).stderr


def test_a_new_database_can_be_prepared(accord: Accord) -> None:
    assert accord("db", "upgrade").stdout == f"The ledger's schema: none → {REVISIONS[-1]}.\n"
    told = json.loads(accord("db", "status", "--json").stdout)
    assert told == told | {"schema": REVISIONS[-1], "wanted": REVISIONS[-1], "leads": 0, "decisions": 0}


def test_the_status_tells_what_the_ledger_holds(accord: Accord, database: str) -> None:
    ledger = open_ledger(database)
    leads_in(ledger, 3)
    ledger.close()
    assert "It holds 3 leads and 3 decisions." in accord("db", "status").stdout
    told = json.loads(accord("db", "status", "--json").stdout)
    assert told["database"].split(" ")[0] == ("SQLite" if database.startswith("sqlite") else "PostgreSQL")


def test_a_backup_holds_all_that_was_acknowledged_and_is_restored_by_copying(
    accord: Accord, database: str, file: Path, tmp_path: Path
) -> None:
    if not database.startswith("sqlite"):
        refused = accord("db", "backup", tmp_path / "copy.dump", expect=2)
        assert f"pg_dump --format=custom --no-owner --file={tmp_path / 'copy.dump'}" in refused.stderr
        assert database.split("?")[0] in refused.stderr
        return
    ledger = open_ledger(database, serving=True)
    acknowledged = leads_in(ledger, 20)
    key, stop = create_key(ledger, "sk")[:11], Event()
    writing = Thread(target=write_on, args=(ledger, key, stop))
    writing.start()
    try:
        told = accord("db", "backup", tmp_path / "copy.db").stdout
    finally:
        stop.set()
        writing.join()
    ledger.close()
    assert "its integrity was checked" in told
    assert stat.S_IMODE((tmp_path / "copy.db").stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir() if "copy" in path.name) == ["copy.db"]
    for path in file.parent.iterdir():
        path.unlink()
    shutil.copy(tmp_path / "copy.db", file)
    restored = open_ledger(database)
    assert all(lead_story(restored, lead) for lead in acknowledged)
    assert f"{count(restored, 'leads')} leads and {count(restored, 'decisions')} decisions" in told
    with restored.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
    restored.check()
    restored.close()


def write_on(ledger: Ledger, key: str, stop: Event) -> None:
    writer = Writer(ledger)
    while not stop.is_set():
        writer.submit(partial(enter, entry=entry(sending(key), 1))).result(20)
    writer.close()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_backup_never_overwrites_and_leaves_nothing_half(
    accord: Accord, database: str, file: Path, tmp_path: Path
) -> None:
    assert "There is no ledger" in accord("db", "backup", tmp_path / "copy.db", expect=2).stderr
    assert not file.exists()
    ledger = open_ledger(database)
    leads_in(ledger, 1)
    ledger.close()
    (tmp_path / "copy.db").write_text("a letter")
    assert "never overwrites" in accord("db", "backup", tmp_path / "copy.db", expect=2).stderr
    assert (tmp_path / "copy.db").read_text() == "a letter"
    assert "cannot be written" in accord("db", "backup", tmp_path / "nowhere" / "copy.db", expect=2).stderr


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_damaged_ledger_gives_no_backup(accord: Accord, database: str, file: Path, tmp_path: Path) -> None:
    ledger = open_ledger(database)
    leads_in(ledger, 200)
    ledger.close()
    with file.open("r+b") as damaged:
        damaged.seek(40 * 4096)
        damaged.write(b"\xff" * 20 * 4096)
    told = accord("db", "backup", tmp_path / "copy.db", expect=1).stderr
    assert "damaged" in told or "malformed" in told
    assert [path.name for path in tmp_path.iterdir() if "copy" in path.name] == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_an_sqlite_that_can_damage_ledgers_is_told_once(accord: Accord, tmp_path: Path) -> None:
    (tmp_path / "accord.toml").write_text("[goal]\nunknown = 1\n")
    told = accord("serve", "--port", "0", expect=2).stderr
    assert told.count("SQLite 3.51.3 or newer") == int(sqlite3.sqlite_version_info < (3, 51, 3))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_only_an_upgrade_loads_alembic(accord: Accord, database: str) -> None:
    open_ledger(database).close()
    code = "import sys, accord; code = accord.main(['keys', 'list']); sys.exit(code or 'alembic' in sys.modules)"
    environment = {**os.environ, "ACCORD_DATABASE_URL": database}
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True).returncode == 0
