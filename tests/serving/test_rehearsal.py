"""A small week of a company whose truth is written here: Bo, who alone takes leads from Britain, answers nobody."""

import json
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest

from accord import main
from benchmarks.reliability.workplace import ROOT, environment
from leads.agreement import parse_agreement
from leads.ledger import (
    add_receiver,
    leads_of_nobody,
    open_ledger,
    receivers,
    record_change,
    throw_away_ledger,
    unanswered,
)
from leads.team import Change
from serving.rehearsal.forms import forms_of
from serving.rehearsal.rehearsal import Wish, played
from tests.serving.conftest import laid_out, start, stop

MONDAY = date(2045, 1, 2)
AGREEMENT = """
[goal]
within_days = 120
value = 3000.0
[table]
arrived = "came"
[sales]
timezone = "Europe/Berlin"
first_response_minutes = 45
reassignments = 1
lead = "Cy"
mail = "sales@example.com"
[[sales.people]]
name = "Ada"
weight = 2
daily_cap = 9
[[sales.people]]
name = "Bo"
[[sales.people]]
name = "Cy"
hours = "Mon-Fri 08:00-18:00"
[routing]
bands = { A = 0.30, B = 0.15, C = 0.05 }
guard_slice = 0.1
[[routing.rules]]
when = { country = ["GB"] }
to = ["Bo"]
[[routing.rules]]
to = ["Ada", "Bo", "Cy"]
[scorecard]
base_rate = 0.1
[[scorecard.rules]]
points = 40.0
when = { country = ["DE", "GB"] }
[form.fields.email]
kind = "email"
required = true
[form.fields.country]
kind = "country"
[form.fields.message]
kind = "text"
"""
WITHOUT_PEOPLE = AGREEMENT[: AGREEMENT.index("lead =")] + AGREEMENT[AGREEMENT.index("[scorecard]") :]
COUNTRIES = ("DE", "GB", "DE", "FR", "DE")
SPAM = "We bring your shop to the first page of every search engine, see https://rank.example/now today"


def week(days: int = 3, minutes: int = 45) -> pd.DataFrame:
    """A lead every `minutes` from 07:00 on, by the clock of Berlin, eleven a day; on the first evening six bots."""
    starts = [datetime(2026, 3, 2, 7) + timedelta(days=day) for day in range(days)]
    came = [start + timedelta(minutes=minutes * number) for start in starts for number in range(11)]
    people = pd.DataFrame(
        {
            "came": [f"{moment:%Y-%m-%d %H:%M}" for moment in came],
            "email": [f"person{number}@shop{number}.example" for number in range(len(came))],
            "country": [COUNTRIES[number % len(COUNTRIES)] for number in range(len(came))],
            "message": None,
        }
    )
    bots = {"came": "2026-03-02 20:00", "country": "DE", "message": SPAM}
    spam = pd.DataFrame([bots | {"email": f"bot{number}@list{number}.example"} for number in range(6)])
    return pd.concat([people, spam], ignore_index=True)


class Said(NamedTuple):
    stdout: str
    stderr: str


@dataclass
class Place:
    home: Path
    table: Path

    def accord(self, *words: object, expect: int = 0, **settings: str) -> subprocess.CompletedProcess[str]:
        """In a process of its own."""
        call = [sys.executable, str(ROOT / "accord.py"), *map(str, words)]
        own = environment(self.home) | settings
        done = subprocess.run(call, env=own, cwd=self.home, capture_output=True, text=True, timeout=120)
        assert "Traceback" not in done.stderr
        assert done.returncode == expect, done.stderr
        return done

    def rehearse(self, *words: object, expect: int = 0, **settings: str) -> Said:
        """In this one, which has loaded everything."""
        own = {name: value for name, value in environment(self.home).items() if name.startswith("ACCORD_")} | settings
        with pytest.MonkeyPatch.context() as here, StringIO() as out, StringIO() as err:
            for name, value in own.items():
                here.setenv(name, value)
            here.chdir(self.home)
            with redirect_stdout(out), redirect_stderr(err):
                code = main(["rehearse", str(self.table), *map(str, words)])
            assert code == expect, err.getvalue()
            return Said(out.getvalue(), err.getvalue())


def laid(home: Path, text: str = AGREEMENT, table: pd.DataFrame | None = None) -> Place:
    home.mkdir()
    (home / "accord.toml").write_text(text)
    (week() if table is None else table).to_csv(home / "week.csv", index=False)
    return Place(home, home / "week.csv")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """No ledger is there."""
    return laid(tmp_path_factory.mktemp("rehearsal") / "home")


WEEK = ("--from", MONDAY, "--days", 5, "--silent", "Bo", "--story")


@pytest.fixture(scope="module")
def found(place: Place) -> dict[str, Any]:
    return dict(json.loads(place.rehearse(*WEEK, "--json").stdout))


def person(found: Mapping[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in found["people"] if one["name"] == name)


def total(found: Mapping[str, Any], key: str) -> float:
    return float(sum(day[key] for day in found["days"]))


def test_who_never_answers_is_reminded_passed_over_paused_and_their_leads_are_escalated(found: dict[str, Any]) -> None:
    bo = person(found, "Bo")
    assert (bo["leads"], bo["answered"], bo["at_hand"]) == (3, 0, 0)
    assert bo["let_pass"] == 3
    assert bo["paused_at"] is not None
    assert total(found, "reminded") >= 3
    assert total(found, "reassigned") >= 1
    assert total(found, "escalated") >= 1
    assert {one["name"]: one["paused_at"] for one in found["people"] if one["name"] != "Bo"} == {
        "Ada": None,
        "Cy": None,
    }
    assert found["story"]["lines"][0] == found["story"]["lead"]
    told = "\n".join(found["story"]["lines"])
    assert "Bo was reminded" in told
    assert "It was escalated" in told


def test_the_others_answer_all_that_they_get(found: dict[str, Any]) -> None:
    for name in ("Ada", "Cy"):
        one = person(found, name)
        assert one["answered"] > 3
        assert one["answered"] + one["at_hand"] <= one["leads"] <= one["answered"] + one["let_pass"] + one["at_hand"]
    assert sum(one["answered"] for one in found["people"]) == total(found, "answered")
    assert sum(one["in_time"] for one in found["people"]) == total(found, "in_time")


def test_each_form_is_counted_on_its_day_and_goes_one_way(found: dict[str, Any]) -> None:
    days = found["days"]
    assert [day["day"] for day in days] == [f"2045-01-{2 + number:02d}" for number in range(5)]
    assert [day["forms"] for day in days] == [17, 11, 11, 0, 0]
    for day in days:
        assert day["forms"] == sum(day[route] for route in ("sales", "review", "nurture", "quarantine"))
    assert days[0]["quarantine"] == 2  # the fifth and the sixth who wrote the same words
    assert days[-1]["waiting"] == found["queued"] + sum(one["at_hand"] for one in found["people"])
    assert found["never"] == {"looks": found["never"]["looks"], "of_nobody": 0, "given_back": 0, "beyond_cap": 0}
    assert found["never"]["looks"] > 50


def test_what_is_printed_is_what_is_told_to_programs(place: Place, found: dict[str, Any]) -> None:
    done = place.rehearse(*WEEK)
    lines = done.stdout.splitlines()

    def row(label: str) -> list[int]:
        cells = next(line for line in lines if line.startswith(label))[len(label) :].split()
        return [0 if cell == "·" else int(cell.replace(",", "")) for cell in cells]

    labels = {"forms": "forms", "  to sales": "sales", "answered by sales": "answered", "  in time": "in_time"}
    labels |= {"reminded": "reminded", "reassigned": "reassigned", "escalated": "escalated"}
    for label, key in labels.items():
        assert row(label) == [*(day[key] for day in found["days"]), total(found, key)], label
    assert row("waiting at midnight") == [day["waiting"] for day in found["days"]]
    assert max(map(len, lines[: lines.index("The lead that went furthest")])) <= 120
    assert "\n".join(found["story"]["lines"]) in done.stdout
    assert "Bo answers no lead." in done.stdout


def test_the_same_seed_plays_the_same_week_and_another_one_another(place: Place, found: dict[str, Any]) -> None:
    again = place.accord("rehearse", place.table, *WEEK, "--json", PYTHONHASHSEED="7")
    assert json.loads(again.stdout) == found
    other = json.loads(place.rehearse(*WEEK, "--json", "--seed", 2).stdout)
    assert other["days"] != found["days"]


def rows(file: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def played_ledger(place: Place, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    """The days' figures, and the ledger from which they were counted, kept for once."""
    agreement, folder = parse_agreement(AGREEMENT), tmp_path_factory.mktemp("kept")
    wish = Wish(agreement, AGREEMENT, MONDAY, 5, frozenset({"Bo"}), 1)
    ground = throw_away_ledger(f"sqlite:///{folder / 'none.db'}", folder, 1, wish.begins)
    done = played(wish, forms_of(place.table, agreement, MONDAY, 5, 1), ground, lambda: None)
    ground.ledger.close()
    return {"days": done.figures.days, "people": done.figures.people}, folder / "accord.db"


def test_the_figures_are_those_of_the_facts(played_ledger: tuple[dict[str, Any], Path], found: dict[str, Any]) -> None:
    figures, file = played_ledger
    kinds = Counter(kind for (kind,) in rows(file, "SELECT kind FROM steps"))
    for kind in ("reminded", "reassigned", "escalated", "answered"):
        assert sum(getattr(day, kind) for day in figures["days"]) == kinds[kind] == total(found, kind), kind
    routes = Counter(route for (route,) in rows(file, "SELECT route FROM decisions WHERE cause = 'submission'"))
    for route in ("sales", "nurture", "quarantine"):
        assert sum(getattr(day, route) for day in figures["days"]) == routes[route]
    told = Counter(kind for (kind,) in rows(file, "SELECT type FROM outcomes"))
    assert told["contacted"] == kinds["answered"]
    assert rows(file, "SELECT person, kind FROM team_changes") == [("Bo", "paused")]
    assert rows(file, "SELECT count(*) FROM attempts") == [(0,)]
    assert rows(file, "SELECT count(*) FROM decisions WHERE ruled_by = 'lot'")[0][0] >= 1


def test_nobody_is_answered_outside_of_hours(played_ledger: tuple[dict[str, Any], Path]) -> None:
    hours = {"Ada": (8, 16.5), "Cy": (7, 17)}  # UTC, in January
    for owner, at in rows(played_ledger[1], "SELECT owner, at FROM steps WHERE kind = 'answered'"):
        moment = datetime.fromisoformat(at)
        opens, closes = hours[owner]
        assert opens <= moment.hour + moment.minute / 60 <= closes


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A ledger with leads and a receiver, under another agreement; temporary files are the test's own to look at."""
    home = tmp_path_factory.mktemp("lived") / "home"
    service = start(laid_out(home))
    for number in range(3):
        assert service.send({"email": f"early{number}@example.com", "country": "DE"}).status_code == 201
    stop(service)
    ledger = open_ledger(service.database)
    with ledger.transaction() as connection:
        add_receiver(connection, "https://receiver.example/hook", datetime.now(UTC))
    ledger.close()
    (home / "next.toml").write_text(AGREEMENT)
    week().to_csv(home / "week.csv", index=False)
    (home / "temporary").mkdir()
    return Place(home, home / "week.csv")


def dump(file: Path) -> list[str]:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        return list(connection.iterdump())


def test_the_present_ledger_stays_as_it_is_and_nothing_is_sent_or_left_behind(
    lived: Place, found: dict[str, Any]
) -> None:
    before = dump(lived.home / "accord.db")
    assert any("early" in line for line in before)
    words = ("--agreement", lived.home / "next.toml", "--json")
    done = lived.accord("rehearse", lived.table, *WEEK, *words, TMPDIR=str(lived.home / "temporary"))
    assert dump(lived.home / "accord.db") == before
    assert list((lived.home / "temporary").iterdir()) == []
    told = json.loads(done.stdout)
    assert told["forms"] == found["forms"]
    assert person(told, "Bo")["paused_at"] is not None


def test_the_copy_sends_nothing_and_begins_with_empty_hands(lived: Place, tmp_path: Path) -> None:
    begins = datetime(2045, 1, 2, tzinfo=UTC)
    ground = throw_away_ledger(f"sqlite:///{lived.home / 'accord.db'}", tmp_path, 1, begins)
    with ground.ledger.reading() as connection:
        assert unanswered(connection) == []
        # Who has a lead that nobody ended is looked for, and found: these three were only taken out of the play.
        assert len(leads_of_nobody(connection, datetime(2020, 1, 1, tzinfo=UTC))) == 3
        assert leads_of_nobody(connection, begins) == []
    assert [one.disabled_at for one in receivers(ground.ledger)] == [begins]
    ground.ledger.close()


def test_what_was_said_of_people_in_the_present_ledger_counts(lived: Place) -> None:
    agreed = {"ACCORD_AGREEMENT": str(lived.home / "next.toml")}
    lived.accord("people", "add", "Dora", "--weight", "3")
    told = json.loads(lived.rehearse("--from", MONDAY, "--days", 2, "--json", **agreed).stdout)
    assert person(told, "Dora")["leads"] == 0  # no rule names her
    refused = lived.rehearse("--from", date.today() - timedelta(days=1), expect=2, **agreed)
    assert "let the rehearsal begin after it with --from" in refused.stderr


def test_a_ledger_in_postgresql_is_copied_and_not_written_to(tmp_path: Path, postgres: str) -> None:
    here = laid(tmp_path / "home")
    ledger = open_ledger(postgres)
    with ledger.transaction() as connection:
        add_receiver(connection, "https://receiver.example/hook", datetime.now(UTC))
        record_change(connection, Change("Dora", datetime.now(UTC), "added"))
        before = connection.exec_driver_sql("SELECT secret FROM salt").all()
    words = ("--from", MONDAY, "--days", 1, "--json")
    told = json.loads(here.rehearse(*words, ACCORD_DATABASE_URL=postgres).stdout)
    assert told["days"][0]["forms"] == 17
    assert [one["name"] for one in told["people"]] == ["Ada", "Bo", "Cy", "Dora"]
    with ledger.reading() as connection:
        assert connection.exec_driver_sql("SELECT secret FROM salt").all() == before
        assert connection.exec_driver_sql("SELECT count(*) FROM leads").all() == [(0,)]
    ledger.close()


def test_without_people_leads_wait_in_one_queue_and_that_is_said(tmp_path: Path) -> None:
    here = laid(tmp_path / "home", WITHOUT_PEOPLE)
    done = here.rehearse("--from", MONDAY, "--days", 2)
    assert "leads wait in one queue called sales" in done.stderr
    assert "accord people add" in done.stderr
    assert "In the queue at the end: " in done.stdout


def test_after_four_weeks_a_price_is_made_each_day(place: Place, tmp_path: Path) -> None:
    agreement = parse_agreement(AGREEMENT)
    wish = Wish(agreement, AGREEMENT, MONDAY, 31, frozenset(), 1)
    table = tmp_path / "month.csv"
    some = week(31, 200)
    some[some["email"].str.startswith("person")].iloc[::5].to_csv(table, index=False)
    ground = throw_away_ledger(f"sqlite:///{tmp_path / 'none.db'}", tmp_path, 1, wish.begins)
    played(wish, forms_of(table, agreement, MONDAY, 31, 1), ground, lambda: None)
    ground.ledger.close()
    prices = rows(tmp_path / "accord.db", "SELECT day FROM prices ORDER BY number")
    assert len(prices) == len(set(prices)) >= 2
    ruled = {rule for (rule,) in rows(tmp_path / "accord.db", "SELECT DISTINCT ruled_by FROM decisions")}
    assert {"band", "price"} <= ruled


def test_rows_come_at_their_time_of_the_day_and_rows_without_times_are_spread_over_working_days(
    place: Place, tmp_path: Path
) -> None:
    agreement = parse_agreement(AGREEMENT)
    told = forms_of(place.table, agreement, MONDAY, 5, 1)
    assert {f"{one.at:%H:%M}" for one in told.timed[:11]} == {
        f"{datetime(2026, 3, 2, 7) + timedelta(minutes=45 * number):%H:%M}" for number in range(11)
    }
    assert told.timed[0].at.isoformat() == "2045-01-02T07:00:00+01:00"
    one_day = forms_of(place.table, agreement, MONDAY, 1, 1)
    assert (len(one_day.timed), one_day.later) == (17, 22)
    bare = tmp_path / "bare.csv"
    week().drop(columns="came").to_csv(bare, index=False)
    spread = forms_of(bare, agreement, MONDAY, 7, 1)
    assert [one.row for one in spread.timed] == list(range(1, 40))
    assert {one.at.weekday() for one in spread.timed} == set(range(5))


def test_a_form_that_a_page_would_refuse_is_not_played_and_counted(tmp_path: Path) -> None:
    table = week(1)
    table.loc[table.index[:2], "email"] = None
    here = laid(tmp_path / "home", table=table)
    done = here.rehearse("--from", MONDAY, "--days", 1)
    assert "2 rows were not played, since a page's form would be refused: email must be given." in done.stderr
    assert done.stdout.splitlines()[0].startswith("15 leads ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--silent", "Bob"], "Nobody is called “Bob”, so they cannot be --silent; the team is Ada, Bo, Cy."),
        (["--days", "0"], "--days lies between 1 and 92."),
        (["--seed", "-1"], "--seed is a whole number, 0 or more."),
        (["--from", "monday"], "--from is a day, such as 2026-11-23."),
        (["--agreement", "nowhere.toml"], "There is no agreement at nowhere.toml."),
    ],
    ids=["silent", "days", "seed", "from", "agreement"],
)
def test_a_wrong_call_is_told_what_to_do(place: Place, words: list[str], said: str) -> None:
    done = place.rehearse(*words, expect=2)
    assert said in done.stderr
    assert done.stdout == ""


def test_a_table_that_is_not_there_or_has_no_rows_is_refused(place: Place, tmp_path: Path) -> None:
    empty = tmp_path / "empty.csv"
    empty.write_text("came,email,country,message\n")
    for table in (tmp_path / "nowhere.csv", empty):
        done = Place(place.home, table).rehearse(expect=2)
        assert str(table) in done.stderr
