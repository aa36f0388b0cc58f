"""Tables of what leads did after their form: taken once, by content; wrong rows by line; nothing of the person kept."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import func, select

from benchmarks.reliability import workplace
from benchmarks.reliability.workplace import ROOT, Workplace, environment, serving
from leads.ledger import engagements_of, tables
from serving.imports.header import WrongHeader
from serving.imports.receipt import Receipt
from serving.imports.table_import import Asked, RowsRefused, import_table
from tests.serving.conftest import AGREEMENT
from tests.serving.office import SALES, Office, berlin, people

HEAD = "person,kind,occurred_at,page,mail,url,delivered_at\n"
TEN = berlin("2026-11-20 10:00")


def opened(database: str) -> Iterator[Office]:
    place = Office(database, TEN, SALES + people("anna"))
    yield place
    place.close()


@pytest.fixture
def either(database: str) -> Iterator[Office]:
    """For what the database has a say in."""
    yield from opened(database)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    yield from opened(f"sqlite:///{tmp_path / 'accord.db'}")


def table(place: Path, rows: str, head: str = HEAD) -> Path:
    place.write_text(head + rows)
    return place


def imported(office: Office, file: Path, **more: object) -> Receipt:
    return import_table(office.intake, Asked(file, file.name, "engagements", **more))  # type: ignore[arg-type]


def count(office: Office) -> int:
    with office.ledger.reading() as connection:
        return connection.scalar(select(func.count()).select_from(tables.engagements)) or 0


def test_a_table_is_taken_once_and_by_the_same_rules(either: Office, tmp_path: Path) -> None:
    lead = either.send("ann@steel.example")
    either.now += timedelta(hours=2)
    rows = "ann@steel.example,pricing_page,2026-11-20 10:30,/pricing?me=ann,,,\n"
    rows += "ann@steel.example,pricing_page,2026-11-20 10:30,/plans,,,\n"
    rows += "ann@steel.example,pricing_page,2026-11-20 10:30,/plans,,,\n"
    rows += "ann@steel.example,mail_clicked,2026-11-20T09:31:05Z,,7,https://a.example/x?y,2026-11-20 10:31\n"
    first = imported(either, table(tmp_path / "first.csv", rows))
    assert (first.done.taken, first.done.known, first.done.refused) == (3, 1, 0)
    with either.ledger.reading() as connection:
        kept = engagements_of(connection, lead)
    assert {one.properties.get("page") for one in kept} == {"/pricing", "/plans", None}
    assert kept[-1].properties == {
        "mail": "7",
        "url": "https://a.example/x",
        "delivered_at": "2026-11-20T09:31:00+00:00",
    }
    assert {one.received_at for one in kept} == {either.now}
    assert imported(either, tmp_path / "first.csv").already
    more = imported(either, table(tmp_path / "more.csv", rows + "ann@steel.example,reply,2026-11-20 11:00,,,,\n"))
    assert (more.done.taken, more.done.known) == (1, 4)
    assert count(either) == 4


def test_the_id_of_a_row_without_one_is_made_of_what_is_kept(office: Office, tmp_path: Path) -> None:
    office.send("ann@steel.example")
    office.now += timedelta(hours=2)
    with_person = "ann@steel.example,pricing_page,2026-11-20 10:30,/pricing?me=ann@steel.example,,,\n"
    without = "ann@steel.example,pricing_page,2026-11-20 10:30,/pricing,,,\n"
    assert imported(office, table(tmp_path / "with.csv", with_person)).done.taken == 1
    assert imported(office, table(tmp_path / "without.csv", without)).done.known == 1
    assert count(office) == 1


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        ("ann@steel.example,danced,2026-11-20 10:30,,,,", "kind", "value"),
        ("ann@steel.example,,2026-11-20 10:30,,,,", "kind", "required"),
        ("ann@steel.example,reply,,,,,", "occurred_at", "required"),
        ("ann@steel.example,reply,01/02/03,,,,", "occurred_at", "date-format"),
        ("ann@steel.example,reply,2026-11-19 10:30,,,,", "occurred_at", "timestamp"),
        ("ann@steel.example,reply,2026-11-21 10:30,,,,", "occurred_at", "timestamp"),
        ("zoe@steel.example,reply,2026-11-20 10:30,,,,", "person", "unknown-lead"),
        ("ann@steel.example,mail_opened,2026-11-20 10:30,,jane@x.example,,", "mail", "value"),
        ("ann@steel.example,mail_opened,2026-11-20 10:30,,<ann@steel.example>,,", "mail", "value"),
        ("ann@steel.example,mail_opened,2026-11-20 10:30,,m,,soon", "delivered_at", "date-format"),
    ],
)
def test_a_wrong_row_is_told_by_line_and_nothing_is_half_imported(
    office: Office, tmp_path: Path, row: str, column: str, code: str
) -> None:
    office.send("ann@steel.example")
    office.now += timedelta(hours=2)
    right = "ann@steel.example,page_view,2026-11-20 10:45,/,,,\n"
    file = table(tmp_path / "some.csv", f"{right}{row}\n")
    with pytest.raises(RowsRefused) as refused:
        imported(office, file)
    [wrong] = refused.value.checked.wrong
    assert (wrong.row, wrong.line, wrong.flaw.column, wrong.flaw.code) == (2, 3, column, code)
    assert "jane" not in wrong.flaw.detail
    assert count(office) == 0
    rejects = tmp_path / "rejects.csv"
    done = imported(office, file, partial=True, rejects=rejects)
    assert (done.done.taken, done.done.refused, count(office)) == (1, 1, 1)
    assert rejects.read_text() == f"{HEAD}{row}\n"


def test_the_same_event_twice_in_a_table_must_say_the_same(office: Office, tmp_path: Path) -> None:
    lead = office.send()
    office.now += timedelta(hours=2)
    rows = f"{lead},reply,2026-11-20 10:30,e\n{lead},webinar,2026-11-20 10:30,e\n"
    with pytest.raises(RowsRefused) as refused:
        imported(office, table(tmp_path / "twice.csv", rows, "lead,kind,occurred_at,event\n"))
    assert [one.flaw.code for one in refused.value.checked.wrong] == ["event-conflict"]


@pytest.mark.parametrize(
    ("head", "column"),
    [
        ("lead,occurred_at\n", "kind"),
        ("lead,kind\n", "occurred_at"),
        ("kind,occurred_at\n", "lead"),
        ("lead,person,kind,occurred_at\n", "lead"),
        ("lead,kind,occurred_at,e_mail\n", "e_mail"),
    ],
)
def test_a_header_that_does_not_fit(office: Office, tmp_path: Path, head: str, column: str) -> None:
    with pytest.raises(WrongHeader) as wrong:
        imported(office, table(tmp_path / "head.csv", "", head))
    assert [flaw.column for flaw in wrong.value.flaws] == [column]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workplace]:
    with serving(workplace.laid_out(tmp_path_factory.mktemp("tables") / "home", agreement=AGREEMENT)) as place:
        yield place


def test_over_http_and_by_the_command(running: Workplace, tmp_path: Path) -> None:
    url, allowed = f"http://127.0.0.1:{running.port}/v1", {"Authorization": f"Bearer {running.secret}"}
    lead = httpx2.post(f"{url}/leads", json={"email": "ann@steel.example"}, headers=allowed, timeout=20).json()["lead"]
    arrived = httpx2.get(f"{url}/leads/{lead}", headers=allowed, timeout=20).json()["arrived_at"]
    body = f"lead,kind,occurred_at\n{lead},reply,{arrived}\n"
    sent = allowed | {"Content-Type": "text/csv"}
    answers = [httpx2.post(f"{url}/imports?kind=engagements", content=body, headers=sent, timeout=20) for _ in "ab"]
    assert [(one.status_code, one.json()["kind"], one.json()["new"]) for one in answers] == [
        (201, "engagements", 1),
        (200, "engagements", 0),
    ]
    file = table(tmp_path / "more.csv", f"{lead},webinar,{arrived}\n", "lead,kind,occurred_at\n")
    command = [sys.executable, str(ROOT / "accord.py"), "import", "engagements", str(file), "--json"]
    done = subprocess.run(command, env=environment(running.home), capture_output=True, check=True)
    assert (json.loads(done.stdout)["taken"], json.loads(done.stdout)["kind"]) == (1, "engagements")
    story = httpx2.get(f"{url}/leads/{lead}", headers=allowed, timeout=20).json()
    assert sorted((one["kind"], one["key"]) for one in story["engagements"]) == [
        ("reply", running.secret[:11]),
        ("webinar", None),
    ]
