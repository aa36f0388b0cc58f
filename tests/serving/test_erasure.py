"""Erased means erased: no byte of the person stays in any file of the service, and no older backup brings it back."""

import json
import shutil
import sqlite3
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest

from leads.ledger import Connection, Erasure, add_receiver, lead_story, open_ledger, overwrite, remains
from serving.rights.erasure import erase_people
from tests.serving.conftest import AGREEMENT, Service, accord, laid_out, start, stop

CANARIES = 100


def canary(number: int) -> dict[str, object]:
    """As hard to find as it gets: signs that JSON escapes, and a message that does not fit a page of the database."""
    return {
        "email": f"canary.{number:03}@example.com",
        "name": f'Zoë "Canary{number:03}"',
        "message": f"Canary{number:03} " * (500 if number % 3 == 0 else 5),
        "country": "DE",
    }


def traces(home: Path, numbers: range) -> set[tuple[str, str]]:
    """File and trace. The name is searched as UTF-8 and as JSON writes it, without and with its escapes."""
    found = set()
    for file in (path for path in home.rglob("*") if path.is_file()):
        held = file.read_bytes().lower()
        for number in numbers:
            name = str(canary(number)["name"])
            words = [
                f"canary.{number:03}@",
                f"canary{number:03}",
                name,
                json.dumps(name)[1:-1],
                json.dumps(name, ensure_ascii=False),
            ]
            found |= {(file.name, word) for word in words if word.lower().encode() in held}
    return found


@pytest.fixture
def state(tmp_path: Path) -> Iterator[tuple[Service, Callable[[], Service], Callable[[], None]]]:
    """A state directory, and how a service on it is started and stopped."""
    service = laid_out(tmp_path / "home")
    yield service, lambda: start(service), lambda: stop(service)
    if service.process:
        stop(service)


def send_all(service: Service, numbers: range) -> list[str]:
    headers = {"Authorization": f"Bearer {service.secret}"}
    with httpx2.Client(base_url=service.url, headers=headers) as client:
        return [sent(client, canary(number)) for number in numbers]


def sent(client: httpx2.Client, form: Mapping[str, object]) -> str:
    """A busy computer may be told to come again."""
    for _ in range(20):
        answer = client.post("/v1/leads", json=form)
        if answer.status_code != 503:
            break
        time.sleep(0.5)
    assert answer.status_code == 201, answer.text
    lead: str = answer.json()["lead"]
    return lead


def erase_all(service: Service, numbers: range) -> set[tuple[int, str]]:
    headers = {"Authorization": f"Bearer {service.secret}"}
    with httpx2.Client(base_url=service.url, headers=headers) as client:
        people = [{"person": str(canary(number)["email"]).upper()} for number in numbers]
        answers = [client.post("/v1/people/erase", json=person) for person in people]
    return {(answer.status_code, answer.text) for answer in answers}


def test_not_one_byte_of_a_hundred_people_is_left(state: Any) -> None:
    service, start, stop = state
    start()
    kept, gone = range(CANARIES, CANARIES + 40), range(CANARIES)
    send_all(service, range(50))
    others = send_all(service, kept)
    send_all(service, range(50, CANARIES))
    assert len(traces(service.home, gone)) > CANARIES  # the search finds what is there
    assert erase_all(service, gone) == {(202, '{"status":"accepted"}')}
    assert erase_all(service, gone) == {(202, '{"status":"accepted"}')}  # nobody can tell who was known
    stop()
    told = json.loads(accord(service.home, "erase", "--again", "--json").stdout)
    assert told == {"leads": 0, "receivers_told": 0, "mailed": [], "overwritten": True}
    assert traces(service.home, gone) == set()
    ledger = open_ledger(service.database)
    assert all(lead_story(ledger, lead) for lead in others)
    assert remains(ledger) == 0
    ledger.close()


def test_the_service_overwrites_what_a_command_erased_beside_it(state: Any) -> None:
    service, start, _ = state
    start()
    (lead,) = send_all(service, range(1))
    done = accord(service.home, "erase", "--person", str(canary(0)["email"]), "--yes")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("1 lead was erased, and stays so")
    assert "overwrites what was erased within a minute" in done.stdout
    assert service.call("GET", f"/v1/leads/{lead}", service.secret).status_code == 404


@pytest.mark.parametrize(
    ("receivers", "words"), [(1, "1 message tells receivers of it"), (2, "2 messages tell receivers of it")]
)
def test_the_messages_to_receivers_are_counted(state: Any, receivers: int, words: str) -> None:
    service, start, stop = state
    ledger = open_ledger(service.database)
    with ledger.transaction() as connection:
        for number in range(receivers):
            add_receiver(connection, f"https://127.0.0.1/{number}", datetime.now(UTC))
    ledger.close()
    start()
    send_all(service, range(1))
    stop()
    with sqlite3.connect(service.home / "accord.db") as tables:
        tables.execute("UPDATE messages SET leased_until = due_at")  # a worker is at it
    tables.close()
    assert words in accord(service.home, "erase", "--person", str(canary(0)["email"]), "--yes").stdout


def test_overwriting_works_while_others_read_and_write(served: Any) -> None:
    """The service's own chore, at once instead of after its pause."""
    service = served()
    send_all(service, range(10))
    erase_all(service, range(10))
    ledger = open_ledger(service.database)
    assert remains(ledger) > 0
    assert overwrite(ledger)
    assert remains(ledger) == 0
    assert traces(service.home, range(10)) == set()
    assert len(send_all(service, range(3))) == 3
    ledger.close()


def test_an_older_backup_brings_nobody_back(state: Any) -> None:
    service, start, stop = state
    start()
    leads = send_all(service, range(4))
    stop()
    backup = service.home.parent / "backup.db"
    shutil.copy(service.home / "accord.db", backup)
    start()
    erase_all(service, range(2))
    stop()
    shutil.copy(backup, service.home / "accord.db")
    start()
    found = [service.call("GET", f"/v1/leads/{lead}", service.secret).status_code for lead in leads]
    assert found == [404, 404, 200, 200]
    assert "Erased 2 leads again" in (service.home / "stderr").read_text()
    (again,) = send_all(service, range(1))  # who sends a form after the erasure wants to be known
    stop()
    done = accord(service.home, "erase", "--again")
    assert done.stdout.startswith("No lead was erased.")
    ledger = open_ledger(service.database)
    assert lead_story(ledger, again) is not None
    ledger.close()
    backup.unlink()
    assert traces(service.home, range(1, 2)) == set()


def test_the_list_of_erasures_holds_digests_for_its_owner_alone(state: Any) -> None:
    service, start, stop = state
    start()
    send_all(service, range(2))
    stop()
    file = service.home / "erasures.txt"
    accord(service.home, "erase", "--person", str(canary(0)["email"]), "--yes")
    with file.open("a") as opened:
        opened.write("2026-11-23T09:15")  # a crash in the middle of a line
    accord(service.home, "erase", "--person", str(canary(1)["email"]), "--yes")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    lines = [line.split(" ") for line in file.read_text().splitlines()]
    assert [len(line) for line in lines] == [2, 2, 2, 2]
    assert "canary" not in file.read_text()
    file.write_text(file.read_text() + "something else\n")
    refused = accord(service.home, "erase", "--again")
    assert (refused.returncode, "Put back" in refused.stderr) == (2, True)


def test_erasures_at_once_are_all_kept(postgres: str, tmp_path: Path) -> None:
    ledger = open_ledger(postgres)

    def writing(work: Callable[[Connection], Erasure]) -> Erasure:
        with ledger.transaction() as connection:
            return work(connection)

    people = [f"{number:064}" for number in range(160)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda person: erase_people(writing, tmp_path, [person]), people))
    ledger.close()
    lines = (tmp_path / "erasures.txt").read_text().splitlines()
    assert sorted(line.partition(" ")[2] for line in lines) == people


def test_leads_are_erased_when_the_agreed_time_is_over(served: Any) -> None:
    service = served(text=AGREEMENT + "[privacy]\nkeep_days = 30\n")
    old, young, back = send_all(service, range(3))
    with sqlite3.connect(service.home / "accord.db") as connection:
        connection.execute("UPDATE leads SET arrived_at = '2020-01-01 00:00:00.000000' WHERE id != ?", [young])
        connection.execute("UPDATE submissions SET received_at = '2020-01-01 00:00:00.000000' WHERE lead = ?", [old])
    done = accord(service.home, "erase", "--expired", "--json")
    assert json.loads(done.stdout)["leads"] == 1
    statuses = [service.call("GET", f"/v1/leads/{lead}", service.secret).status_code for lead in (old, young, back)]
    assert statuses == [404, 200, 200]
    assert not (service.home / "erasures.txt").exists()  # nobody asked to be forgotten


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "--person TEXT, --lead ID, --again or --expired"),
        (["--person", "Jane", "--yes"], "an e-mail address"),
        (["--person", "a@b.com"], "--yes"),
        (["--expired"], "keep_days"),
        (["--lead", "../1", "--yes"], "ld_"),
    ],
    ids=["nobody", "no person", "not confirmed", "no time agreed", "no lead"],
)
def test_a_wrong_call_says_what_to_do(service: Service, words: list[str], told: str) -> None:
    refused = accord(service.home, "erase", *words)
    assert refused.returncode == 2
    assert told in refused.stderr
    assert "Traceback" not in refused.stderr
