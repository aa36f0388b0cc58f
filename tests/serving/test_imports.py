"""Imports of leads and outcomes: rows 75-79 of the table of bad input, what is kept, and that nothing is kept twice."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import openpyxl
import pandas as pd
import pytest
from sqlalchemy import func, select

from accord import main
from benchmarks.reliability import workplace
from benchmarks.reliability.workplace import ROOT, Workplace, environment, serving
from leads.ledger import open_ledger, tables
from serving.endpoints.imports import LARGEST_TABLE
from tests.conftest import Accord

AGREEMENT = workplace.AGREEMENT.replace(
    "[sales]",
    """[table]
arrived = "Created"
target = "Won"
positive = "yes"
converted_at = "Won at"
[sales]
timezone = "Europe/Berlin"
""",
    1,
)
HEAD = b"email,name,budget,Created\n"
GOOD = HEAD + b"a@steel.example,Ann,100,2026-01-02\n"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workplace]:
    with serving(workplace.laid_out(tmp_path_factory.mktemp("imports") / "home", agreement=AGREEMENT)) as place:
        yield place


def post(place: Workplace, body: bytes, query: str = "?kind=leads", media_type: str = "text/csv") -> httpx2.Response:
    headers = {"Authorization": f"Bearer {place.secret}", "Content-Type": media_type}
    url = f"http://127.0.0.1:{place.port}/v1/imports{query}"
    return httpx2.post(url, content=body, headers=headers, timeout=60)


def count(place: Workplace, table: Any = tables.submissions) -> int:
    ledger = open_ledger(place.database)
    with ledger.reading() as connection:
        found = connection.scalar(select(func.count()).select_from(table))
    ledger.close()
    return int(found or 0)


WRONG: dict[str, tuple[bytes, str, int, str, str]] = {
    "75 missing": (b"email,name\na@b.example,x\n", "", 422, "csv-header", "#/header/Created"),
    "75 required missing": (b"name,Created\nx,2026-01-02\n", "", 422, "csv-header", "#/header/email"),
    "75 twice": (b"email,email,Created\na@b.example,x,2026-01-02\n", "", 422, "csv-header", "#/header/email"),
    "75 unknown": (b"email,Created,Nickname\na@b.example,2026-01-02,x\n", "", 422, "csv-header", "#/header/Nickname"),
    "75 target without time": (
        b"email,Created,Won\na@b.example,2026-01-02,1\n",
        "",
        422,
        "csv-header",
        "#/header/Won%20at",
    ),
    "76 short row": (HEAD + b"a@b.example,x\n", "", 422, "csv-row", "#/rows/1/budget"),
    "76 long row": (GOOD + b"a@b.example,x,1,2026-01-02,9\n", "", 422, "csv-row", "#/rows/2/5"),
    "76 unclosed quote": (GOOD + b'b@b.example,"x,1,2026-01-02\n', "", 422, "csv-row", "#/rows/2/name"),
    "76 quote inside": (GOOD + b'b@b.example,"x"y,1,2026-01-02\n', "", 422, "csv-row", "#/rows/2/name"),
    "76 mixed line ends": (HEAD + b"a@b.example,x,1,2026-01-02\r\n", "", 422, "csv-row", "#/rows/1"),
    "76 NUL": (HEAD + b"b@b.example,x\0y,1,2026-01-02\n", "", 422, "control-character", "#/rows/1/name"),
    "76 Latin-1": (GOOD + b"b@b.example,J\xf6rg,1,2026-01-02\n", "", 422, "csv-encoding", "#/rows/2/name"),
    "77 zip as CSV": (b"PK\x03\x04" + b"x" * 100, "", 415, "media-type", ""),
    "77 gzip as CSV": (b"\x1f\x8b" + b"x" * 100, "", 415, "media-type", ""),
    "77 too large": (b"x" * (LARGEST_TABLE + 1), "", 413, "body-too-large", ""),
    "79 ambiguous date": (GOOD + b"b@b.example,x,1,01/02/03\n", "", 422, "date-format", "#/rows/2/Created"),
    "79 future": (HEAD + b"b@b.example,x,1,2099-01-01\n", "", 422, "timestamp", "#/rows/1/Created"),
    "no time": (HEAD + b"b@b.example,x,1,\n", "", 422, "required", "#/rows/1/Created"),
    "bad address": (HEAD + b"nobody,x,1,2026-01-02\n", "", 422, "email-format", "#/rows/1/email"),
    "no rows": (HEAD, "", 422, "csv-empty", "#/rows"),
    "nothing": (b"", "", 400, "empty-body", ""),
    "partial, all wrong": (HEAD + b"nobody,x,1,2026-01-02\n", "&partial=true", 422, "email-format", "#/rows/1/email"),
    "outcomes header": (b"lead,type\nx,y\n", "outcomes", 422, "csv-header", "#/header/occurred_at"),
    "outcomes unknown lead": (
        b"lead,type,occurred_at\nx,lost,2026-01-02\n",
        "outcomes",
        422,
        "unknown-lead",
        "#/rows/1/lead",
    ),
}


@pytest.mark.parametrize("name", list(WRONG))
def test_what_is_wrong_is_told_with_its_place_and_nothing_is_imported(running: Workplace, name: str) -> None:
    body, more, status, code, pointer = WRONG[name]
    before = count(running)
    answer = post(running, body, "?kind=outcomes" if more == "outcomes" else f"?kind=leads{more}")
    assert (answer.status_code, answer.json()["type"].removeprefix("/problems/")) == (status, code)
    assert pointer in [error["pointer"] for error in answer.json().get("errors", [{"pointer": ""}])]
    assert count(running) == before


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?kind=people",
        "?kind=leads&partial=1",
        "?kind=leads&x=1",
        "?kind=leads&from=hubspott",
        "?kind=leads&from=hubspot&from=hubspot",
        "?kind=outcomes&from=hubspot",
        "?kind=leads&dates=american",
    ],
)
def test_an_unknown_parameter(running: Workplace, query: str) -> None:
    assert post(running, GOOD, query).status_code == 422


def test_what_another_tool_exported(running: Workplace) -> None:
    body = (
        b"First Name,Last Name,Email,Lead Status,Create Date,Converted,Converted Date\n"
        b"Sal,Force,sal@force.example,Qualified,1/12/2026,1,2/3/2026\n"
    )
    assert "#/rows/1/Create%20Date" in [
        error["pointer"] for error in post(running, body, "?kind=leads&from=salesforce").json()["errors"]
    ]
    before = count(running, tables.outcomes)
    told = post(running, body, "?kind=leads&from=salesforce&dates=month-first")
    assert (told.status_code, told.json()["taken"]) == (201, 1)
    assert count(running, tables.outcomes) == before + 1


def test_another_media_type(running: Workplace) -> None:
    answer = post(running, GOOD, media_type="application/json")
    assert (answer.status_code, answer.json()["type"]) == (415, "/problems/media-type")


def test_75_a_mark_and_semicolons_are_accepted_and_told_78_and_the_same_table_twice(running: Workplace) -> None:
    body = b"\xef\xbb\xbfCreated;budget;email;name\r\n2026-01-02;1.200,50 \xe2\x82\xac;first@steel.example;x\r\n"
    before = count(running)
    told = post(running, body)
    assert told.status_code == 201
    assert told.json()["notes"] == ["it begins with a byte order mark", "its cells are separated by semicolons"]
    again = post(running, body)
    assert (again.status_code, again.json()["status"], again.json()["new"]) == (200, "already-imported", 0)
    assert count(running) == before + 1
    more = post(running, body + b"2026-01-03;;second@steel.example;\r\n").json()
    assert (more["rows"], more["new"], more["known"]) == (2, 1, 1)


def test_76_in_part_the_right_rows_are_taken_and_the_others_told(running: Workplace) -> None:
    body = HEAD + b"p1@steel.example,x,1,2026-01-02\nnobody,x,1,2026-01-02\np2@steel.example,x\n"
    told = post(running, body, "?kind=leads&partial=true")
    assert told.status_code == 201
    receipt = told.json()
    assert (receipt["rows"], receipt["taken"], receipt["refused"]) == (3, 1, 2)
    assert [(one["row"], one["line"], one["column"]) for one in receipt["rejected"]] == [
        (2, 3, "email"),
        (3, 4, "budget"),
    ]


def laid_out(home: Path, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    place = workplace.laid_out(home, agreement=AGREEMENT)
    for name, value in environment(home).items():
        monkeypatch.setenv(name, value)
    return place


def receipt_of(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert main(["import", *words, "--json"]) == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


def forms(place: Workplace) -> list[dict[str, Any]]:
    ledger = open_ledger(place.database)
    with ledger.reading() as connection:
        found = [dict(form) for form in connection.scalars(select(tables.submissions.c.form))]
    ledger.close()
    return found


def test_79_formulas_and_numbers_in_texts_stay_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = laid_out(tmp_path / "home", monkeypatch)
    file = tmp_path / "past.csv"
    file.write_text('email,name,message,budget,Created\n1E5@x.example,007,"=1+1",$1234.5,02.01.2026\n')
    assert receipt_of(capsys, "leads", str(file))["taken"] == 1
    assert forms(place) == [{"email": "1E5@x.example", "name": "007", "message": "=1+1", "budget": 1234.5}]


def test_leads_come_as_history_which_nobody_is_given_and_nobody_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = laid_out(tmp_path / "home", monkeypatch)
    file = tmp_path / "past.csv"
    file.write_text(
        "email,country,Created,Won,Won at\n"
        "a@x.example,DE,2026-01-02 10:00,yes,2026-01-02\n"
        "b@x.example,,2026-01-03,no,\n"
    )
    receipt_of(capsys, "leads", str(file))
    ledger = open_ledger(place.database)
    with ledger.reading() as connection:
        decided = connection.execute(select(tables.decisions.c.route, tables.decisions.c.cause)).all()
        arrived = list(connection.scalars(select(tables.leads.c.arrived_at).order_by(tables.leads.c.arrived_at)))
        outcomes = connection.execute(select(tables.outcomes.c.type, tables.outcomes.c.occurred_at)).all()
    ledger.close()
    assert decided == [("nurture", "imported")] * 2
    assert [one.isoformat() for one in arrived] == ["2026-01-02T09:00:00+00:00", "2026-01-02T23:00:00+00:00"]
    assert outcomes == [("converted", arrived[0])]
    assert (count(place, tables.messages), count(place, tables.assignments)) == (0, 0)


@pytest.mark.parametrize("suffix", ["parquet", "xlsx"])
def test_parquet_and_excel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], suffix: str
) -> None:
    place = laid_out(tmp_path / "home", monkeypatch)
    file = tmp_path / f"past.{suffix}"
    table = pd.DataFrame(
        {"email": ["a@x.example"], "budget": [5.0], "Created": [pd.Timestamp("2026-01-02 10:00")], "name": ["x"]}
    )
    (table.to_parquet if suffix == "parquet" else table.to_excel)(file, index=False)
    receipt_of(capsys, "leads", str(file))
    assert forms(place) == [{"email": "a@x.example", "budget": 5.0, "name": "x"}]


def test_outcomes_of_a_table_and_the_rejects(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = laid_out(tmp_path / "home", monkeypatch)
    past, told, rejects = tmp_path / "past.csv", tmp_path / "told.csv", tmp_path / "rejects.csv"
    past.write_bytes(GOOD)
    receipt_of(capsys, "leads", str(past))
    head = "person,type,occurred_at,event,value\n"
    right, wrong = "a@steel.example,converted,2026-02-01,e1,50\n", "z@steel.example,lost,2026-02-01,e2,\n"
    told.write_text(head + right + wrong)
    assert main(["import", "outcomes", str(told)]) == 2
    assert count(place, tables.outcomes) == 0
    receipt = receipt_of(capsys, "outcomes", str(told), "--rejects", str(rejects))
    assert (receipt["taken"], receipt["refused"]) == (1, 1)
    assert rejects.read_text() == head + wrong
    assert count(place, tables.outcomes) == 1


def many(file: Path, rows: int) -> Path:
    with file.open("wb") as table:
        table.write(HEAD)
        table.writelines(b"p%d@gmail.com,Person %d,%d,2026-01-02 10:00\n" % (n, n, n) for n in range(rows))
    return file


def test_an_import_that_was_killed_goes_on_without_doubles(tmp_path: Path) -> None:
    place = workplace.laid_out(tmp_path / "home", agreement=AGREEMENT)
    file = many(tmp_path / "many.csv", 3_000)
    command = [sys.executable, str(ROOT / "accord.py"), "import", "leads", str(file), "--json"]
    running = subprocess.Popen(command, env=environment(place.home), stdout=subprocess.PIPE)
    while count(place) == 0 and running.poll() is None:
        time.sleep(0.01)
    running.send_signal(signal.SIGKILL)
    running.communicate()
    begun = count(place)
    assert 0 < begun < 3_000
    done = json.loads(subprocess.run(command, env=environment(place.home), capture_output=True, check=True).stdout)
    assert (done["taken"], done["new"]) == (3_000, 3_000 - begun)
    assert (count(place), count(place, tables.leads), count(place, tables.decisions)) == (3_000, 3_000, 3_000)


PEAK = (
    "import resource, sys, accord; accord.main(sys.argv[1:]); print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
)


def test_memory_does_not_grow_with_the_table(tmp_path: Path) -> None:
    """KiB at the most, of 50,000 rows that are looked at and a table of a few: one wrong row at the end keeps the
    ledger out of it, and the largest of what is held is the same."""
    place = workplace.laid_out(tmp_path / "home", agreement=AGREEMENT)
    peaks = []
    for rows in (100, 50_000):
        file = many(tmp_path / f"{rows}.csv", rows)
        with file.open("ab") as table:
            table.write(b"nobody,x,1,2026-01-02\n")
        command = [sys.executable, "-c", PEAK, "import", "leads", str(file)]
        told = subprocess.run(
            command, env=environment(place.home), cwd=ROOT, capture_output=True, text=True, check=True
        )
        peaks.append(int(told.stdout.split()[-1]))
    assert peaks[1] < peaks[0] + 50_000


def test_an_excel_table_with_words_where_numbers_are_asked_is_told_by_its_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    laid_out(tmp_path / "home", monkeypatch)
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in (["email", "budget", "Created"], ["a@x.example", "much", "2026-01-02"]):
        book.active.append(row)
    book.save(tmp_path / "past.xlsx")
    assert main(["import", "leads", str(tmp_path / "past.xlsx")]) == 2
    assert "row 1 (line 2), budget: must be a number" in capsys.readouterr().err


def test_without_an_agreement_an_import_says_what_to_do(accord: Accord, tmp_path: Path) -> None:
    (tmp_path / "past.csv").write_text("email,created_at\n")
    assert "Write one from a table of past leads" in accord("import", "leads", "past.csv", expect=2).stderr
