"""`accord people` beside a service that gives leads to the people it speaks of."""

import io
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import pytest

from accord import main
from benchmarks.reliability import workplace
from leads.agreement import parse_agreement
from leads.ledger import adopt_agreement, open_ledger, record_change
from leads.team import Change
from tests.serving.conftest import PAGE, Service, accord, start, stop

ALWAYS = "Mon-Sun 00:00-24:00"
AGREEMENT = f"""
[goal]
within_days = 120
value = 3000.0
[sales]
timezone = "UTC"
hours = "{ALWAYS}"
lead = "Ben"
first_response_minutes = 100000
[[sales.people]]
name = "Anna"
[[sales.people]]
name = "Ben"
[[sales.people]]
name = "Nora"
hours = "Mon-Sun 00:00-24:00"
weight = 3
takes = {{ country = ["NO"] }}
[routing]
sales_from = "D"
guard_slice = 0.0
[[routing.rules]]
when = {{ country = ["NO", "SE"] }}
to = ["Nora", "Ben"]
[[routing.rules]]
[form.fields.email]
kind = "email"
required = true
[form.fields.country]
kind = "country"
"""
NUMBER = count()


class Ended(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A ledger with the agreement in force; nothing serves."""
    place = workplace.laid_out(tmp_path / "home", None, AGREEMENT).home
    ledger = open_ledger(f"sqlite:///{place / 'accord.db'}")
    adopt_agreement(ledger, AGREEMENT, parse_agreement(AGREEMENT).digest)
    ledger.close()
    return place


@pytest.fixture
def running(home: Path) -> Iterator[Service]:
    place = workplace.laid_out(home, None, AGREEMENT, rate=None, origins=[PAGE])
    service = start(Service("", home, place.secret, place.public))
    yield service
    stop(service)


def people(home: Path, *words: str) -> Ended:
    """Through the front door, in this process."""
    environment = {"ACCORD_HOME": str(home), "ACCORD_DATABASE_URL": f"sqlite:///{home / 'accord.db'}"}
    said, failed = io.StringIO(), io.StringIO()
    with mock.patch.dict(os.environ, environment), redirect_stdout(said), redirect_stderr(failed):
        try:
            code = main(["people", *words])
        except SystemExit as end:
            code = int(str(end.code))
    return Ended(code, said.getvalue(), failed.getvalue())


def done(home: Path, *words: str) -> str:
    ended = people(home, *words)
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout


def shown(home: Path, *words: str) -> dict[str, Any]:
    told = json.loads(done(home, *words, "--json"))
    return {one["name"]: one for one in told["people"]} | {"queued": told["queued"]}


def owner(service: Service, **more: str) -> str:
    answer = service.send({"email": f"lead{next(NUMBER)}@gmail.com", **more})
    assert answer.status_code == 201
    assert answer.json()["route"] == "sales"
    return str(answer.json()["owner"])


def owners(service: Service, leads: int, **more: str) -> Mapping[str, int]:
    return Counter(owner(service, **more) for _ in range(leads))


def test_the_agreements_people_are_shown_by_default(home: Path) -> None:
    lines = done(home).splitlines()
    assert lines == done(home, "list").splitlines()
    assert lines[0].split() == ["person", "now", "weight", "today", "unanswered", "open", "takes", "leave"]
    assert [line.split() for line in lines[1:]] == [
        ["Anna", "there", "1", "0", "0", "0", "all"],
        ["Ben", "there", "1", "0", "0", "0", "all"],
        ["Nora", "there", "3", "0", "0", "0", "country:", "NO"],
    ]


def test_people_come_and_go_while_leads_come_in(running: Service) -> None:
    home = running.home
    assert done(home, "pause", "Ben").startswith("“Ben” gets no leads until `accord people resume Ben`.")
    assert owners(running, 3, country="DE") == {"Anna": 3}
    assert accord(home, "people", "add", "Cora", "--weight", "2", "--daily-cap", "4").returncode == 0
    assert owners(running, 6, country="DE") == {"Anna": 2, "Cora": 4}
    assert owners(running, 3, country="DE") == {"Anna": 3}, "Cora has reached her cap"
    done(home, "remove", "Anna")
    assert owners(running, 2, country="DE") == {"sales": 2}
    now = shown(home)
    assert (now["Cora"]["taken_today"], now["Cora"]["daily_cap"], now["Cora"]["unanswered"]) == (4, 4, 4)
    assert (now["Ben"]["paused_by"], now["Ben"]["there"], "Anna" in now) == ("hand", False, False)
    done(home, "resume", "Ben")
    assert owners(running, 2, country="DE") == {"Ben": 2}


def test_a_hands_decision_for_a_stranger_is_questioned(running: Service) -> None:
    lead = running.send({"email": "override@gmail.com", "country": "DE"}).json()["lead"]
    words = ("override", lead[-8:], "--route", "sales", "--reason", "an old friend", "--owner")
    question = "Nobody in the team is called “Bem”, so no mail goes to them. Did you mean Ben?\n"
    for name, told in {"Bem": question, "Ben": ""}.items():
        decided = accord(running.home, *words, name)
        assert decided.stdout.startswith(f"{lead} goes to sales: {name}, by ")
        assert decided.stderr == told


def test_leave_holds_for_the_leads_of_those_days(running: Service) -> None:
    home, today = running.home, datetime.now(UTC).date()
    yesterday, tomorrow = (str(today + timedelta(days=days)) for days in (-1, 1))
    said = done(home, "leave", "Nora", "--from", yesterday, "--to", tomorrow)
    assert said.startswith(f"“Nora” is on leave from {yesterday} to {tomorrow}, both days included.")
    assert owners(running, 3, country="NO") == {"Ben": 3}
    assert shown(home)["Nora"]["leave"] == [{"from": yesterday, "to": tomorrow}]
    line = next(line for line in done(home).splitlines() if line.startswith("Nora"))
    assert f"on leave until {today + timedelta(days=2):%a %Y-%m-%d} 00:00" in line
    done(home, "leave", "Nora", "--from", yesterday, "--to", tomorrow, "--cancel")
    assert owners(running, 4, country="NO") == {"Nora": 3, "Ben": 1}, "what was missed is not made up for"


def test_other_hours_and_another_clock_hold_at_once(running: Service) -> None:
    now = datetime.now(UTC)
    away = f"{(now + timedelta(days=2)):%a} 09:00-17:00"
    done(running.home, "hours", "Anna", away, "--timezone", "Asia/Tokyo")
    assert owners(running, 2, country="DE") == {"Ben": 2}
    assert shown(running.home)["Anna"]["timezone"] == "Asia/Tokyo"


def test_a_person_may_take_what_the_agreements_people_may(home: Path) -> None:
    words = ["--takes", "country=FR, ES", "--hours", ALWAYS, "--timezone", "Europe/Paris", "--holidays", "FR"]
    found = shown(home, "add", "Cora Lee", *words, "--mail", "cora@example.com", "--weight", "0.5")
    cora = found["Cora Lee"]
    assert (cora["takes"], cora["weight"], cora["timezone"]) == ({"country": ["FR", "ES"]}, 0.5, "Europe/Paris")
    assert (cora["daily_cap"], cora["credit"], cora["open"]) == (None, 0.0, 0)


def test_it_is_told_what_a_change_brings_with_it(home: Path) -> None:
    done(home, "remove", "Nora")
    said = done(home, "remove", "Ben")
    assert "Rule 1 names nobody else: its leads stand in the queue." in said
    assert "The agreement names them as the lead of the team" in said
    assert "Rule 1 names nobody who is in the team now: its leads stand in the queue." in done(home)
    assert "Rule" not in done(home, "remove", "Anna"), "it was without people before"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["remove", "Anne"], "Nobody in the team is called “Anne”. Did you mean Anna?"),
        (["add", "anna"], "“Anna” is in the team already"),
        (["add", "Cora", "--takes", "contry=DE"], "takes.contry names a field the form does not ask. Did you mean"),
        (["add", "Cora", "--takes", "country"], "--takes needs a field and its levels, such as country=DE,AT."),
        (["add", "Cora", "--takes", "country=A", "--takes", "country=B"], "--takes names a field twice"),
        (["add", "Cora", "--weight", "nan"], "weight should be a finite number"),
        (["leave", "Anna", "--from", "2999-01-02", "--to", "2999-01-01"], "ends on 2999-01-01, before it begins"),
        (["leave", "Anna", "--from", "tomorrow", "--to", "2999-01-01"], "--from takes a day such as 2026-12-21."),
        (["hours", "Anna", "Mon 17:00-09:00"], "hours: the hours 17:00-09:00 end before they begin"),
        (["resume", "Anna"], "“Anna” is not paused."),
        (["sack", "Anna"], "invalid choice: 'sack'"),
    ],
    ids=lambda words: " ".join(words)[:20] if isinstance(words, list) else None,
)
def test_a_wrong_call_changes_nothing_and_says_what_to_do(home: Path, words: list[str], message: str) -> None:
    ended = people(home, *words)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert message in ended.stderr
    assert "Traceback" not in ended.stderr


def test_who_was_paused_by_silence_is_told_so(home: Path) -> None:
    ledger = open_ledger(f"sqlite:///{home / 'accord.db'}")
    with ledger.transaction() as connection:
        record_change(connection, Change("Ben", datetime(2026, 11, 20, 9, 15, tzinfo=UTC), "paused", {"by": "silence"}))
    ledger.close()
    assert "paused since 2026-11-20 09:15 (no answer to several leads)" in done(home)
    assert shown(home)["Ben"]["paused_at"] == "2026-11-20T09:15:00+00:00"


def test_without_an_agreement_there_is_no_team(tmp_path: Path) -> None:
    ended = people(workplace.laid_out(tmp_path / "home").home)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "no agreement is in force" in ended.stderr
