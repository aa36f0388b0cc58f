"""Imports on both databases: the same end whatever the order of rows, batches and files; two at once; on a terminal."""

import json
import os
import pty
import random
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import openpyxl
import pytest
from sqlalchemy import Table, event, func, select, text

from accord import main
from benchmarks.reliability import workplace
from benchmarks.reliability.workplace import ROOT, Workplace, environment, serving
from leads import excel_table
from leads.lead import Outcome
from leads.ledger import Ledger, LedgerBusy, create_key, digests, erase, leads_of, open_ledger, tables
from serving.feedback import outcomes
from serving.imports import event_rows, patience, table_import

AGREEMENT = workplace.AGREEMENT.replace(
    "[sales]",
    """[table]
arrived = "Created"
target = "Won"
positive = "yes"
converted_at = "Won at"
[sales]""",
    1,
)
HEAD = "email,name,country,budget,Created,Won,Won at\n"


@pytest.fixture
def place(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    made = workplace.laid_out(tmp_path / "home", database=database, agreement=AGREEMENT)
    monkeypatch.chdir(tmp_path)
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    return made


@pytest.fixture
def ledger(place: Workplace) -> Iterator[Ledger]:
    opened = open_ledger(place.database)
    yield opened
    opened.close()


@pytest.fixture
def imported(place: Workplace, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, Any]]:
    def run(kind: str, text: str, name: str = "past.csv", *words: str) -> dict[str, Any]:
        (tmp_path / name).write_text(text)
        assert main(["import", kind, str(tmp_path / name), "--json", *words]) == 0
        printed = capsys.readouterr()
        assert printed.err == ""
        told: dict[str, Any] = json.loads(printed.out)
        return told

    return run


def rows(ledger: Ledger, table: Table) -> list[Any]:
    with ledger.reading() as connection:
        return list(connection.execute(select(table)))


def count(ledger: Ledger, table: Table) -> int:
    with ledger.reading() as connection:
        return int(connection.scalar(select(func.count()).select_from(table)) or 0)


PEOPLE = 7


def line_of(number: int) -> str:
    person, name, country = number % PEOPLE, ("Ann", "", "Ann B.")[number % 3], ("", "DE", "FR", "")[number % 4]
    arrived = f"2026-{1 + number % 5:02}-{1 + number * 7 % 28:02} 10:0{number % 10}"
    won = "yes,2026-07-01 10:00" if number % 11 == 3 else "no,"
    budget = number if number % 2 else ""
    return f"p{person}@steel{person}.example,{name},{country},{budget},{arrived},{won}\n"


LINES = [line_of(number) for number in range(40)]


def standing(ledger: Ledger) -> dict[str, Any]:
    """What is known of each person in the end, without the ids that differ from ledger to ledger."""
    forms: dict[str, list[Any]] = {}
    for row in rows(ledger, tables.submissions):
        forms.setdefault(row.lead, []).append((row.submitted_at, json.dumps(row.form, sort_keys=True), row.id))
    newest = {row.lead: row for row in sorted(rows(ledger, tables.decisions), key=lambda one: (one.decided_at, one.id))}
    outcomes: dict[str, list[Any]] = {}
    for row in rows(ledger, tables.outcomes):
        outcomes.setdefault(row.lead, []).append((row.type, row.occurred_at, row.event))
    people = {}
    for lead in rows(ledger, tables.leads):
        told, decided = sorted(forms[lead.id]), newest[lead.id]
        assert decided.submission == told[-1][2]
        people[json.loads(told[0][1])["email"]] = (
            lead.arrived_at,
            [form[:2] for form in told],
            (decided.probability, decided.features, decided.contributions, decided.route, decided.cause),
            sorted(outcomes.get(lead.id, [])),
        )
    return people


def test_the_order_of_rows_and_their_batches_change_nothing(
    imported: Callable[..., dict[str, Any]],
    ledger: Ledger,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A person who stands there many times, never in the order of time, is one lead: it arrived with the first form and
    is scored by the newest answer to each question."""
    told = imported("leads", HEAD + "".join(LINES))
    assert (told["taken"], count(ledger, tables.leads), count(ledger, tables.submissions)) == (40, PEOPLE, 40)
    first = standing(ledger)
    assert all(arrived == forms[0][0] for arrived, forms, _, _ in first.values())
    for seed, at_once in ((1, 3), (2, 1), (3, 500)):
        monkeypatch.setattr(table_import, "AT_ONCE", at_once)
        lines = LINES * 2
        random.Random(seed).shuffle(lines)
        again = workplace.laid_out(tmp_path / f"home{seed}", agreement=AGREEMENT)
        monkeypatch.setenv("ACCORD_DATABASE_URL", again.database)
        told = imported("leads", HEAD + "".join(lines))
        assert (told["taken"], told["known"]) == (40, 40)
        other = open_ledger(again.database)
        assert standing(other) == first
        other.close()


def test_the_same_rows_again_change_nothing(imported: Callable[..., dict[str, Any]], ledger: Ledger) -> None:
    imported("leads", HEAD + "".join(LINES))
    before = [sorted(map(repr, rows(ledger, table))) for table in (tables.submissions, tables.decisions, tables.leads)]
    assert imported("leads", HEAD + "".join(LINES))["status"] == "already-imported"
    told = imported("leads", HEAD + "".join(reversed(LINES)), "other.csv")
    assert (told["status"], told["new"], told["known"]) == ("imported", 0, 40)
    after = [sorted(map(repr, rows(ledger, table))) for table in (tables.submissions, tables.decisions, tables.leads)]
    assert after == before


def test_outcomes_of_imported_leads(imported: Callable[..., dict[str, Any]], ledger: Ledger) -> None:
    imported("leads", HEAD + "".join(LINES))
    before = count(ledger, tables.outcomes)
    head = "person,type,occurred_at,event,reason,value\n"
    told = imported(
        "outcomes",
        head + "p1@steel1.example,lost,2026-08-02,e1,competitor,\n" + "P2@Steel2.example,converted,2026-08-03,e2,,50\n",
        "told.csv",
    )
    assert (told["taken"], count(ledger, tables.outcomes)) == (2, before + 2)
    again = imported("outcomes", head + "p2@steel2.example,converted,2026-08-03,e2,,50\n", "other.csv")
    assert (again["new"], again["known"]) == (0, 1)


def test_who_was_forgotten_stays_so_beside_others_of_the_batch(
    imported: Callable[..., dict[str, Any]], ledger: Ledger
) -> None:
    imported("leads", HEAD + "".join(LINES[:3]))
    with ledger.transaction() as connection:
        people = digests(ledger, ["email:p1@steel1.example"])
        erase(connection, people, leads_of(connection, people), datetime.now(UTC), lambda _: None)
    told = imported("leads", HEAD + "".join(LINES), "more.csv")
    assert (told["forgotten"], told["known"]) == (len(LINES[1::PEOPLE]), 2)
    assert count(ledger, tables.leads) == PEOPLE - 1


POSTGRESQL = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


def until_waiting(ledger: Ledger) -> None:
    """For a lock that another connection holds."""
    asked = text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    ends = time.monotonic() + 10
    while time.monotonic() < ends:
        with ledger.reading() as connection:
            if connection.scalar(asked):
                return
        time.sleep(0.01)
    raise AssertionError("nobody waits")


@POSTGRESQL
def test_an_erasure_during_an_import_stands(imported: Callable[..., dict[str, Any]], ledger: Ledger) -> None:
    imported("leads", HEAD + "".join(LINES[:3]))
    people = digests(ledger, ["email:p1@steel1.example"])
    with ThreadPoolExecutor(1) as thread:
        with ledger.transaction() as connection:
            erase(connection, people, leads_of(connection, people), datetime.now(UTC), lambda _: None)
            later = thread.submit(imported, "leads", HEAD + "".join(LINES), "more.csv")
            until_waiting(ledger)
        told = later.result()
    assert (told["forgotten"], told["known"]) == (len(LINES[1::PEOPLE]), 2)
    assert count(ledger, tables.leads) == PEOPLE - 1


@POSTGRESQL
def test_an_erasure_holds_leads_in_the_order_of_imports(
    imported: Callable[..., dict[str, Any]], ledger: Ledger
) -> None:
    """Who holds the first of them, as an import does, is given the last while the erasure waits."""
    people = digests(ledger, [f"email:p{number}@steel{number}.example" for number in range(PEOPLE)])
    there = tables.leads
    with ledger.transaction() as connection:
        for place, person in enumerate(sorted(people, reverse=True)):
            connection.execute(there.insert().values(id=f"ld_{place}", arrived_at=datetime.now(UTC), person=person))
    first, *_, last = (select(there.c.id).where(there.c.person == one).with_for_update() for one in sorted(people))

    def erased() -> int:
        with ledger.transaction() as connection:
            leads = [f"ld_{place}" for place in range(PEOPLE)]
            return erase(connection, people, leads, datetime.now(UTC), lambda _: None).leads

    with ThreadPoolExecutor(1) as thread:
        with ledger.transaction() as connection:
            connection.execute(first)
            later = thread.submit(erased)
            until_waiting(ledger)
            connection.execute(last)
        assert later.result() == PEOPLE


@POSTGRESQL
def test_two_that_wait_in_a_circle_may_try_again(place: Workplace, ledger: Ledger) -> None:
    there = tables.leads
    with ledger.transaction() as connection:
        for name in ("ld_1", "ld_2"):
            connection.execute(there.insert().values(id=name, arrived_at=datetime.now(UTC)))
    both_hold, busy = threading.Barrier(2), list[LedgerBusy]()

    def hold(first: str, then: str) -> None:
        try:
            with ledger.transaction() as connection:
                connection.execute(select(there.c.id).where(there.c.id == first).with_for_update())
                both_hold.wait(5)
                connection.execute(select(there.c.id).where(there.c.id == then).with_for_update())
        except LedgerBusy as told:
            busy.append(told)

    with ThreadPoolExecutor(2) as threads:
        done = [threads.submit(hold, "ld_1", "ld_2"), threads.submit(hold, "ld_2", "ld_1")]
    assert [one.result() for one in done] == [None, None]
    assert ["deadlock" in str(told) for told in busy] == [True]


def busy_at(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, call: int) -> None:
    """Once, somebody else is writing."""
    calls, work = list[int](), getattr(module, name)

    def at_first(*given: Any, **named: Any) -> Any:
        calls.append(1)
        if len(calls) == call:
            raise LedgerBusy("somebody else is writing")
        return work(*given, **named)

    monkeypatch.setattr(module, name, at_first)


@pytest.mark.parametrize(
    ("module", "name", "call"),
    [(table_import, "begin_import", 1), (outcomes, "write_outcome", 3), (event_rows, "advance_import", 1)],
    ids=["at the beginning", "in the middle of a block", "at the end of a block"],
)
def test_a_receipt_counts_right_whenever_the_ledger_was_busy(
    imported: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch, module: Any, name: str, call: int
) -> None:
    imported("leads", HEAD + "".join(LINES))
    monkeypatch.setattr(patience, "PAUSE_SECONDS", 0.01)
    busy_at(monkeypatch, module, name, call)
    head, rows_ = (
        "person,type,occurred_at,event\n",
        [f"p{one}@steel{one}.example,meeting,2026-08-02,e\n" for one in range(PEOPLE)],
    )
    told = imported("outcomes", head + "".join([*rows_, rows_[0]]), "told.csv")
    assert (told["taken"], told["known"], told["new"]) == (PEOPLE, 1, PEOPLE)


def test_what_a_key_told_is_read_once_for_many_rows(
    imported: Callable[..., dict[str, Any]], ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And with the first that is too many, training takes none of them."""
    imported("leads", HEAD + "".join(LINES))
    key, now = create_key(ledger, "sk")[:11], datetime.now(UTC)
    monkeypatch.setattr(outcomes, "MOST_CONVERSIONS", 2 * PEOPLE)
    lead_ids, said = [row.id for row in rows(ledger, tables.leads)], list[str]()
    event.listen(ledger.engine, "before_cursor_execute", lambda *told: said.append(told[2]))

    def tell(name: str, leads: list[str]) -> list[bool]:
        said.clear()
        with ledger.transaction() as connection:
            past = [Outcome(lead, name, "converted", now, now, None, None, key) for lead in leads]
            outcomes.keep_past(
                connection, [*past, Outcome(leads[0], f"{name} m", "meeting", now, now, None, None, key)]
            )
        return [row.left_out for row in rows(ledger, tables.outcomes) if row.key == key and row.type == "converted"]

    assert tell("a", lead_ids) == [False] * PEOPLE
    assert sum(text.startswith("SELECT") and "left_out" in text for text in said) <= 2  # and one of the test's own
    assert tell("b", lead_ids) == [False] * 2 * PEOPLE
    assert tell("c", lead_ids[:1]) == [True] * (2 * PEOPLE + 1)
    assert not [row for row in rows(ledger, tables.outcomes) if row.left_out and row.type == "meeting"]


def test_rows_that_name_nobody_are_leads_of_their_own(imported: Callable[..., dict[str, Any]], ledger: Ledger) -> None:
    agreement = AGREEMENT.replace("required = true\n", "")
    Path(os.environ["ACCORD_AGREEMENT"]).write_text(agreement)
    told = imported("leads", "email,country,Created\n,DE,2026-01-02\n,DE,2026-01-02\na@x.example,DE,2026-01-02\n")
    assert (told["taken"], count(ledger, tables.leads), count(ledger, tables.decisions)) == (3, 3, 3)


def test_an_imported_decision_is_made_again_and_says_so(
    imported: Callable[..., dict[str, Any]], ledger: Ledger, capsys: pytest.CaptureFixture[str]
) -> None:
    imported("leads", HEAD + LINES[0])
    assert main(["replay", rows(ledger, tables.decisions)[0].id]) == 0
    told = capsys.readouterr().out
    assert "Nobody decided then: it was imported, so its score alone is made again." in told
    assert "The same, byte for byte." in told


def test_two_imports_of_one_table_at_once_take_each_row_once(place: Workplace, ledger: Ledger) -> None:
    """Whoever finds that another is further answers 409; the rows are there once, and all of them."""
    lines = [f"q{number % 900}@steel.example,,DE,{number},2026-01-02 10:00,no,\n" for number in range(1_100)]
    statuses, rounds = list[int](), 0
    with serving(place), httpx2.Client(timeout=60) as client:
        url, secret = f"http://127.0.0.1:{place.port}/v1/imports?kind=leads", f"Bearer {place.secret}"
        while 409 not in statuses and rounds < 5:
            rounds += 1
            body = (HEAD + "".join(lines)).replace(",,DE", f",Round {rounds},DE")
            waiting = threading.Barrier(2)

            def post(body: str = body, waiting: threading.Barrier = waiting) -> None:
                waiting.wait()
                headers = {"Authorization": secret, "Content-Type": "text/csv"}
                answer = client.post(url, content=body.encode(), headers=headers)
                statuses.append(answer.status_code)
                if answer.status_code == 409:
                    assert answer.json()["type"] == "/problems/import-running"
                    assert answer.headers["Retry-After"] == "5"

            threads = [threading.Thread(target=post) for _ in range(2)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(60)
    assert set(statuses) <= {200, 201, 409}
    assert 409 in statuses
    assert (len(statuses), count(ledger, tables.submissions)) == (2 * rounds, 1_100 * rounds)
    assert count(ledger, tables.leads) == 900
    assert all(row.done == row.taken == 1_100 and row.finished_at for row in rows(ledger, tables.imports))


def test_progress_is_told_on_a_terminal(tmp_path: Path) -> None:
    place = workplace.laid_out(tmp_path / "home", agreement=AGREEMENT)
    lines = (f"p{number}@steel.example,,,,2026-01-02,no,\n" for number in range(1_100))
    (tmp_path / "past.csv").write_text(HEAD + "".join(lines))
    command = [sys.executable, str(ROOT / "accord.py"), "import", "leads", str(tmp_path / "past.csv")]
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as screen:
        done = subprocess.run(command, env=environment(place.home), stdout=subprocess.PIPE, stderr=theirs, check=True)
        os.set_blocking(ours, False)
        told = (screen.read() or b"").decode()
        os.close(theirs)
    assert "1,100 of 1,100 rows" in done.stdout.decode()
    assert "1,000 rows checked" in told
    assert "1,100 of 1,100 rows written" in told
    assert told.endswith("\r\x1b[K")


def workbook(path: Path, *table: list[Any]) -> Path:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in table:
        book.active.append(row)
    book.save(path)
    return path


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_excel_dates_and_formulas(place: Workplace, ledger: Ledger, tmp_path: Path) -> None:
    """A time of Excel has no zone, so it is the team's; what a formula came to is read, and one that never was worked
    out is an empty cell."""
    head = ["email", "name", "country", "budget", "Created"]
    moment = datetime(2026, 7, 2, 10, 30)
    file = workbook(
        tmp_path / "a.xlsx", head, ["a@x.example", "'=1+1", "DE", 5, moment], ["b@x.example", "x", "DE", "=1+1", moment]
    )
    assert main(["import", "leads", str(file)]) == 0
    forms = {row.form["email"]: row for row in rows(ledger, tables.submissions)}
    assert forms["a@x.example"].form == {"email": "a@x.example", "name": "'=1+1", "country": "DE", "budget": 5.0}
    assert "budget" not in forms["b@x.example"].form
    assert forms["a@x.example"].submitted_at == datetime(2026, 7, 2, 10, 30, tzinfo=UTC)


def packed(path: Path, sheet: bytes, texts: bytes = b"") -> Path:
    """The workbook with another sheet or list of texts, which pack to next to nothing."""
    whole = workbook(path.with_suffix(".tmp.xlsx"), ["email", "Created"], ["a@x.example", "2026-01-02"])
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            content = old.read(part)
            content = content.replace(b"<sheetData>", b"<sheetData>" + sheet) if "sheet1" in part.filename else content
            new.writestr(part, content)
        new.writestr("xl/sharedStrings.xml", texts)
    return path


BOMBS = {
    "texts": (b"", b" " * 3_000_000),
    "one cell": (b'<row r="9"><c t="inlineStr"><is><t>' + b"x" * 3_000_000 + b"</t></is></c></row>", b""),
    "one row": (b'<row r="9">' + b"<c><v>1</v></c>" * 200_000 + b"</row>", b""),
}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", list(BOMBS))
def test_a_workbook_that_unpacks_to_more_than_anybody_wrote(
    place: Workplace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
) -> None:
    monkeypatch.setattr(excel_table, "MOST_TEXT", 2_000_000)
    monkeypatch.setattr(excel_table, "LONGEST_ROW", 2_000_000)
    file = packed(tmp_path / "bomb.xlsx", *BOMBS[name])
    assert file.stat().st_size < 40_000
    assert main(["import", "leads", str(file)]) == 2
    assert "unpacks to more than is read of a workbook; save it as CSV" in capsys.readouterr().err


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_long_sheet_of_short_rows_is_read(
    place: Workplace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(excel_table, "LONGEST_ROW", 50_000)
    monkeypatch.setattr(excel_table, "CHUNK", 1_000)
    table = [[f"p{number}@x.example", "2026-01-02"] for number in range(2_000)]
    file = workbook(tmp_path / "long.xlsx", ["email", "Created"], *table)
    assert main(["import", "leads", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["taken"] == 2_000
