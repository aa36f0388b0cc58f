"""Whom to call now: over HTTP, and by the command."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from benchmarks.reliability import workplace
from leads.agreement import parse_agreement
from leads.ledger import DayPrice, adopt_agreement, create_key, open_ledger, write_price
from leads.sections import Decay
from models.policy import remaining
from tests.serving.conftest import PAGE, Service, accord, start, stop

AGREEMENT = """
[goal]
within_days = 120
value = { field = "budget" }
[sales]
timezone = "Europe/Berlin"
hours = "Mon-Sun 00:00-24:00"
first_response_minutes = 100000
minutes_per_lead = 20.0
minute_cost = 0.0
[[sales.people]]
name = "north desk"
takes = { country = ["DE"] }
daily_cap = 100000
[[sales.people]]
name = "south desk"
takes = { country = ["AT"] }
[routing]
sales_from = "D"
guard_slice = 0.0
[scorecard]
base_rate = 0.1
[[scorecard.rules]]
points = 40.0
when = { demo_requested = true }
[form.fields.email]
kind = "email"
required = true
[form.fields.name]
kind = "person"
[form.fields.company]
kind = "company"
[form.fields.phone]
kind = "phone"
[form.fields.country]
kind = "country"
[form.fields.budget]
kind = "money"
[form.fields.demo_requested]
kind = "flag"
label = "Demo requested"
[form.fields.message]
kind = "text"
"""
PEOPLE = count()
PRICE = 0.25
"""All that these tests send is worth a call."""
BAD = ["limit=0", "limit=-1", "limit=1e9", "limit=201", "limit=", "limit=1&limit=2", "owner=a&owner=b"]


def service_of(home: Path, agreement: str = AGREEMENT) -> Service:
    place = workplace.laid_out(home, agreement=agreement, origins=[PAGE])
    return Service("", home, place.secret, place.public)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    service = service_of(tmp_path_factory.mktemp("queue") / "home")
    with closing(open_ledger(service.database)) as ledger:
        number, now = adopt_agreement(ledger, AGREEMENT, parse_agreement(AGREEMENT).digest), datetime.now(UTC)
        with ledger.transaction() as connection:
            write_price(
                connection, DayPrice(now.date(), now, "daily", None, number, PRICE, None, 1, 9.0, 6.0, 0.0, 1.0)
            )
    start(service)
    yield service
    stop(service)


@pytest.fixture
def desk(running: Service) -> Service:
    """With nobody waiting."""
    change(running, "UPDATE assignments SET ended_at = since, next_at = NULL, next_step = NULL")
    return running


def change(service: Service, statement: str, *given: object) -> None:
    with closing(sqlite3.connect(service.home / "accord.db", timeout=20)) as connection, connection:
        connection.execute(statement, given)


def send(service: Service, country: str = "DE", **form: object) -> str:
    sent = {"email": f"person{next(PEOPLE)}@company.example", "country": country, "budget": 3000, **form}
    answer = service.send(sent)
    assert answer.status_code == 201, answer.text
    lead: str = answer.json()["lead"]
    return lead


def ago(**past: float) -> str:
    return f"{datetime.now(UTC) - timedelta(**past):%Y-%m-%d %H:%M:%S.%f}"


def waited(service: Service, lead: str, **past: float) -> None:
    change(service, "UPDATE assignments SET interest_at = ? WHERE lead = ?", ago(**past), lead)


def read(service: Service, query: str = "") -> Any:
    answer = service.call("GET", f"/v1/queue{query}", service.secret)
    assert answer.status_code == 200, answer.text
    return answer.json()


def order(service: Service, query: str = "") -> list[str]:
    return [one["lead"] for one in read(service, query)["leads"]]


def test_the_queue_says_whom_to_call_by_when_and_why(desk: Service) -> None:
    lead = send(
        desk, name="Jane Doe", company="Steel Ltd", phone="+49 30 123456", demo_requested=True, message="secret"
    )
    told = read(desk)
    [one] = told["leads"]
    story = desk.call("GET", f"/v1/leads/{lead}", desk.secret).json()
    [decision] = story["decisions"]
    assert (told["waiting"], told["late"], told["price"]) == (1, 0, PRICE)
    assert {name: one[name] for name in ("lead", "decision", "owner", "route", "band", "late", "escalated")} == {
        "lead": lead,
        "decision": decision["decision"],
        "owner": "north desk",
        "route": "sales",
        "band": decision["band"],
        "late": False,
        "escalated": False,
    }
    assert one["index"] == pytest.approx(decision["probability"] * 3000 / 20)
    assert (one["respond_by"], one["waiting_minutes"], one["owned_before"]) == (decision["respond_by"], 0, 0)
    assert [reason["text"] for reason in one["reasons"]] == ["Demo requested is yes: yes"]
    assert list(one["contact"]) == ["name", "company", "phone", "email"]
    assert one["contact"]["name"] == "Jane Doe"
    assert "secret" not in json.dumps(told)


def test_a_lead_falls_behind_as_it_waits(desk: Service) -> None:
    dear, cheap = send(desk, budget=3000), send(desk, budget=2000)
    assert order(desk) == [dear, cheap]
    at_once = read(desk)["leads"][0]["index"]
    waited(desk, dear, days=2, minutes=0.5)
    told = read(desk)["leads"]
    assert [one["lead"] for one in told] == [cheap, dear]
    assert told[1]["waiting_minutes"] == 2880
    assert told[1]["index"] == pytest.approx(at_once * remaining(2880, Decay()))


def test_what_nobody_knows_the_value_of_comes_last_the_likeliest_first(desk: Service) -> None:
    unlikely, likely = send(desk, budget=None), send(desk, budget=None, demo_requested=True)
    cheap = send(desk, budget=60)
    told = read(desk)["leads"]
    assert [one["lead"] for one in told] == [cheap, likely, unlikely]
    assert [one["index"] is None for one in told] == [False, True, True]


def test_of_leads_that_are_worth_the_same_the_first_comes_first(desk: Service) -> None:
    first, second, third = (send(desk) for _ in range(3))
    for lead, minutes in ((first, 10), (second, 10.2), (third, 10.1)):
        waited(desk, lead, minutes=minutes)
    assert order(desk) == [second, third, first]


def test_each_owner_has_a_queue_and_so_has_nobody(desk: Service) -> None:
    north, south, nobody = send(desk, "DE"), send(desk, "AT", budget=2000), send(desk, "FR", budget=1000)
    assert order(desk, "?owner=north desk") == [north]
    assert order(desk, "?owner=south%20desk") == [south]
    assert order(desk, "?owner=sales") == [nobody]
    assert [(one["lead"], one["owner"]) for one in read(desk)["leads"]] == [
        (north, "north desk"),
        (south, "south desk"),
        (nobody, "sales"),
    ]


@pytest.mark.parametrize(
    ("owner", "meant"),
    [
        ("nort desk", "Did you mean “north desk”?"),
        ("South Desk", "Did you mean “south desk”?"),
        ("Zebra", "“sales” is"),
    ],
)
def test_an_owner_whom_nobody_knows_is_no_empty_queue(desk: Service, owner: str, meant: str) -> None:
    answer = desk.call("GET", "/v1/queue", desk.secret, params={"owner": owner})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/parameter")
    assert answer.json()["errors"][0]["parameter"] == "owner"
    assert meant in answer.json()["detail"]
    assert owner not in answer.text


def test_who_is_no_longer_in_the_team_keeps_a_queue_while_they_have_leads(desk: Service) -> None:
    lead = send(desk)
    reading = desk.call(
        "POST",
        f"/v1/leads/{lead}/override",
        desk.secret,
        json={"route": "sales", "reason": "an old friend", "owner": "Ann of another team"},
    )
    assert reading.status_code == 200, reading.text
    assert order(desk, "?owner=Ann of another team") == [lead]


def test_a_lead_that_should_have_been_answered_is_late(desk: Service) -> None:
    late, early = send(desk, budget=100), send(desk)
    change(desk, "UPDATE assignments SET respond_by = ? WHERE lead = ?", ago(hours=3), late)
    told = read(desk)
    assert {one["lead"]: one["late"] for one in told["leads"]} == {late: True, early: False}
    assert (told["waiting"], told["late"]) == (2, 1)
    assert "late by 3 h" in accord(desk.home, "queue").stdout


def test_the_first_are_read_and_all_are_counted(desk: Service) -> None:
    leads = [send(desk, budget=budget) for budget in (100, 500, 300, 400, 200)]
    best = [leads[number] for number in (1, 3, 2, 4, 0)]
    told = read(desk, "?limit=3")
    assert [one["lead"] for one in told["leads"]] == best[:3]
    assert told["waiting"] == 5
    assert order(desk, "?limit=5") == order(desk) == best


@pytest.mark.parametrize("query", BAD)
def test_a_parameter_that_cannot_be_is_named(desk: Service, query: str) -> None:
    answer = desk.call("GET", f"/v1/queue?{query}", desk.secret)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == query.split("=")[0]


def test_an_unknown_parameter_is_refused(desk: Service) -> None:
    answer = desk.call("GET", "/v1/queue?after=ld_1", desk.secret)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/parameter")


def test_what_is_answered_or_no_longer_of_sales_waits_no_more(desk: Service) -> None:
    answered, untaken, nurtured, waiting = send(desk), send(desk, "FR"), send(desk), send(desk)
    for lead in (answered, untaken):
        change(desk, "UPDATE assignments SET answered_at = ? WHERE lead = ?", ago(minutes=1), lead)
    override = {"route": "nurture", "reason": "too early"}
    assert desk.call("POST", f"/v1/leads/{nurtured}/override", desk.secret, json=override).status_code == 200
    assert order(desk) == [waiting]
    assert order(desk, "?owner=sales") == []


def test_an_erased_lead_vanishes(desk: Service) -> None:
    erased, stays = send(desk), send(desk)
    assert accord(desk.home, "erase", "--lead", erased, "--yes").returncode == 0
    assert order(desk) == [stays]


def test_whom_to_call_is_all_that_a_person_ever_said_of_themselves(desk: Service) -> None:
    first = {"email": "again@company.example", "name": "Jane Doe", "phone": "+49 30 1", "country": "DE"}
    lead = desk.send(first).json()["lead"]
    assert desk.send({"email": "again@company.example", "phone": "+49 30 2"}).json()["lead"] == lead
    [one] = read(desk)["leads"]
    assert one["contact"] == {"name": "Jane Doe", "phone": "+49 30 2", "email": "again@company.example"}


def test_the_team_is_told_with_what_each_has_to_do(desk: Service) -> None:
    before = {one["name"]: one["taken_today"] for one in read(desk)["team"]}
    send(desk)
    send(desk)
    team = read(desk)["team"]
    assert [one["name"] for one in team] == ["north desk", "south desk"]
    north, south = team
    assert {name: north[name] for name in ("there", "paused", "at_hand", "daily_cap")} == {
        "there": True,
        "paused": False,
        "at_hand": 2,
        "daily_cap": 100000,
    }
    assert north["taken_today"] == before["north desk"] + 2
    assert (south["at_hand"], south["daily_cap"]) == (0, None)


def test_names_are_told_to_keys_alone_that_may_read_leads(desk: Service) -> None:
    send(desk, name="Jane Doe")
    ledger = open_ledger(desk.database)
    others = [create_key(ledger, "sk", scopes=["forms", "metrics", "receivers", "quarantine"]), desk.public]
    reading = create_key(ledger, "sk", scopes=["leads"])
    ledger.close()
    for key in others:
        answer = desk.call("GET", "/v1/queue", key, {"Origin": PAGE})
        assert answer.status_code == 403
        assert "Jane" not in answer.text
    assert "Jane Doe" in desk.call("GET", "/v1/queue", reading).text
    assert "Jane" not in (desk.home / "stderr").read_text()


def test_the_command_shows_the_same(desk: Service) -> None:
    dear, cheap = send(desk, name="Jane Doe", demo_requested=True), send(desk, "FR", budget=80, company="Wood\u00a0Ltd")
    facts = json.loads(accord(desk.home, "queue", "--json").stdout)
    assert {**facts, "at": None} == {**read(desk), "at": None}
    lines = accord(desk.home, "queue").stdout.splitlines()
    assert lines[0] == "2 leads wait for an answer."
    assert lines[1] == "A minute of sales must earn 0.25 today."
    assert lines[2].startswith("Team: north desk (there, 1 at hand, ")
    first, second = lines[-2:]
    assert first.split()[0] == "1"
    assert first.endswith(dear)
    assert all(words in first for words in ("in 69 days", "north desk", "Jane Doe", "Demo requested is yes"))
    assert second.endswith(cheap)
    assert "Wood Ltd, person" in second
    one = accord(desk.home, "queue", "--owner", "sales", "--limit", "1").stdout
    assert one.startswith("1 lead in the queue of sales waits for an answer.")
    assert dear not in one


def test_an_empty_queue_says_what_would_fill_it(desk: Service) -> None:
    assert read(desk)["leads"] == []
    told = accord(desk.home, "queue", "--owner", "south desk").stdout
    assert told.startswith("No lead of south desk waits for an answer.")
    assert "sales or review" in told
    for words, meant in ((["--limit", "0"], "between 1 and 1000"), (["--owner", "nort desk"], "“north desk”")):
        done = accord(desk.home, "queue", *words)
        assert (done.returncode, done.stdout) == (2, "")
        assert meant in done.stderr


def test_without_an_agreement_in_force_the_command_says_so(tmp_path: Path) -> None:
    done = accord(tmp_path / "empty", "queue")
    assert done.returncode == 2
    assert "accord serve" in done.stderr
