"""`accord route`: who would get a lead, and why, before a change of the agreement is adopted."""

import io
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import pytest

from accord import main
from benchmarks.reliability import workplace
from tests.serving.conftest import PAGE, Service, accord, start, stop

AGREEMENT = """
[goal]
within_days = 120
value = { field = "budget", otherwise = 3000 }
[sales]
timezone = "Europe/Berlin"
hours = "Mon-Sun 00:00-24:00"
first_response_minutes = 15
[[sales.people]]
name = "Anna"
[[sales.people]]
name = "Ben"
hours = "Mon-Thu 08:00-16:00"
[routing]
sales_from = "B"
guard_slice = 0.02
[[routing.rules]]
when = { country = ["DE", "AT"] }
to = ["Anna", "Ben"]
[[routing.rules.rules]]
when = { budget = { at_least = 50000 } }
to = ["Ben"]
[[routing.rules]]
to = ["Anna"]
[scorecard]
base_rate = 0.1
[[scorecard.rules]]
points = 40
when = { country = ["DE"] }
[form.fields.email]
kind = "email"
required = true
[form.fields.country]
kind = "country"
required = true
[form.fields.budget]
kind = "money"
[form.fields.demo]
kind = "flag"
[form.fields.start_on]
kind = "date"
"""
MONDAY, SUNDAY = "2026-11-23T10:00", "2026-11-22T10:00"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An agreement, and no ledger."""
    place = tmp_path_factory.mktemp("route") / "home"
    place.mkdir()
    (place / "accord.toml").write_text(AGREEMENT)
    return place


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    text = AGREEMENT.replace('sales_from = "B"', 'sales_from = "D"').replace("0.02", "0.0")
    place = workplace.laid_out(tmp_path_factory.mktemp("served") / "home", None, text, rate=None, origins=[PAGE])
    service = start(Service("", place.home, place.secret, place.public))
    yield service
    stop(service)


class Ended(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


def route(home: Path, *words: str) -> Ended:
    """Through the front door, in this process."""
    names = {"ACCORD_HOME": str(home), "ACCORD_AGREEMENT": str(home / "accord.toml")}
    names["ACCORD_DATABASE_URL"] = f"sqlite:///{home / 'accord.db'}"
    said, failed = io.StringIO(), io.StringIO()
    environment = mock.patch.dict(os.environ, names)
    with environment, redirect_stdout(said), redirect_stderr(failed):
        code = main(["route", *words])
    return Ended(code, said.getvalue(), failed.getvalue())


def facts(home: Path) -> list[str]:
    """All that the ledger holds."""
    with closing(sqlite3.connect(home / "accord.db")) as connection:
        return list(connection.iterdump())


def told(home: Path, *words: str) -> dict[str, Any]:
    ended = route(home, *words, "--json")
    assert (ended.returncode, ended.stderr) == (0, "")
    return dict(json.loads(ended.stdout))


def test_it_says_who_gets_the_lead_and_why(home: Path) -> None:
    ended = accord(home, "route", "country=de", "budget=80.000,00", "demo=on", "--at", MONDAY, "--expect", "Ben")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.splitlines() == [
        "came    Mon 2026-11-23 10:00 (Europe/Berlin)",
        "score   30.8 %, band A, by the scorecard",
        "        Country is DE: yes (+1.39)",
        "worth   1,118.88 a minute (80,000 times the chance, over 22 minutes)",
        "price   none yet: bands alone count",
        "route   sales: sales begins at band B",
        "owner   Ben: rule 1.1 (country is DE or AT and budget is at least 50,000); only Ben can take it now",
        "due     Mon 2026-11-23 10:15",
        "For 2 % of the leads a coin picks the route instead.",
    ]
    assert [file.name for file in home.iterdir()] == ["accord.toml"]


def test_as_json_it_is_one_object(home: Path) -> None:
    found = told(home, "country=DE", "--at", MONDAY)
    assert found | {"reasons": [], "why": ""} == {
        "at": "2026-11-23T10:00:00+01:00",
        "probability": pytest.approx(4 / 13),
        "band": "A",
        "scored_by": "scorecard",
        "model": None,
        "reasons": [],
        "value": 3000.0,
        "minutes": 22.0,
        "index": pytest.approx(4 / 13 * 3000 / 22),
        "price": None,
        "route": "sales",
        "ruled_by": "band",
        "propensity": 0.99,
        "owners": ["Anna", "Ben"],
        "why": "",
        "respond_by": "2026-11-23T10:15:00+01:00",
        "p_sales": None,
        "p_nurture": None,
    }
    assert found["why"] == "rule 1 (country is DE or AT); their turns are equal"


def test_equal_turns_fulfil_the_expectation_of_each(home: Path) -> None:
    for name in ("Anna", "Ben"):
        ended = route(home, "country=DE", "--at", MONDAY, "--expect", name)
        assert ended.returncode == 0
        assert "owner   Anna or Ben: rule 1 (country is DE or AT); their turns are equal\n" in ended.stdout
        assert "Where turns are equal, the lead itself decides." in ended.stdout


def test_the_help_says_what_equal_turns_mean(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["route", "--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert "exit code 1 when it cannot go to them; where several people's turns are equal, it can go to each" in said


def test_who_is_not_there_then_does_not_get_it(home: Path) -> None:
    assert told(home, "country=DE", "--at", SUNDAY)["owners"] == ["Anna"]
    waits = told(home, "country=DE", "budget=60000", "--at", SUNDAY)
    assert (waits["owners"], waits["respond_by"]) == (["sales"], "2026-11-22T10:15:00+01:00")
    assert waits["why"].endswith("; Ben cannot take it now")
    assert told(home, "country=DE", "budget=60000", "--at", "2026-11-23T07:00Z")["owners"] == ["Ben"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["country=DE", "budget=9", "--at", SUNDAY],
            "“Ben” was expected, but it goes to Anna: rule 1 (country is",
        ),
        (["country=US", "--sales"], "“Ben” was expected, but it goes to Anna: rule 2 (everything else); only Anna can"),
        (["country=US"], "it goes to marketing: its route is nurture, since sales begins at band B."),
        (["country=DE", "budget=60000", "--at", SUNDAY], "it goes to sales: rule 1.1 (country is DE or AT and budget"),
    ],
    ids=["hours", "rule", "route", "queue"],
)
def test_anybody_else_than_expected_is_exit_code_1_with_the_reason(home: Path, words: list[str], message: str) -> None:
    ended = route(home, *words, "--expect", "Ben")
    assert ended.returncode == 1
    assert ended.stdout.startswith("came    ")
    assert message in ended.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["contry=DE"], "The form has no field “contry”. Did you mean country?"),
        (["country"], "“country” should be FIELD=VALUE, such as country=DE."),
        (["country=DE", "country=AT"], "country is given twice"),
        (["budget=1.234"], "budget must be an amount that can be read in one way only"),
        (["start_on=01/02/2026", "email=x"], "email must be an e-mail address such as name@company.com."),
        (["demo=perhaps"], "demo must be "),
        (["--at", "noon"], "--at takes a time such as 2026-11-23T09:00"),
        (["--agreement", "gone.toml"], "There is no agreement at gone.toml."),
    ],
    ids=["field", "word", "twice", "number", "several", "flag", "time", "agreement"],
)
def test_a_wrong_call_is_exit_code_2_and_names_the_place(home: Path, words: list[str], message: str) -> None:
    ended = route(home, *words)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert message in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_change_of_the_rules_is_tried_on_the_team_as_it_is(running: Service) -> None:
    """The file is another agreement than the one in force; people and owners are the ledger's."""
    home, draft = running.home, running.home / "draft.toml"
    sent = running.send({"email": "jane@acme-steel.com", "country": "US"}).json()
    assert sent["owner"] == "Anna"
    assert accord(home, "people", "add", "Cora", "--hours", "Mon-Sun 00:00-24:00").returncode == 0
    text = AGREEMENT.replace('to = ["Anna"]\n[scorecard]', "[scorecard]")
    draft.write_text(text)
    before = facts(home)
    words = ["--sales", "--agreement", str(draft), "--at", SUNDAY]
    found = told(home, "country=US", "email=joe@other-company.com", *words)
    assert (found["owners"], found["why"][:8]) == (["Anna", "Cora"], "rule 2 (")
    assert "This agreement is not in force: number 1 is." in route(home, "country=US", *words).stdout
    assert told(home, "email=jane@acme-steel.com", *words)["why"] == "Anna has this lead already"
    colleague = told(home, "email=joe@acme-steel.com", *words)
    assert (colleague["owners"], colleague["why"]) == (["Anna"], "Anna knows this person or company")
    assert facts(home) == before


def test_what_is_said_is_what_then_happens(running: Service) -> None:
    """Credits decide the turns of the trial as they do those of the service."""
    for number in range(6):
        expected = told(running.home, "country=AT")["owners"]
        answer = running.send({"email": f"lead{number}@gmail.com", "country": "AT"}).json()
        assert answer["owner"] in expected
