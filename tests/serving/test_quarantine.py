import json
import sqlite3
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest

from leads.ledger import add_receiver, open_ledger
from tests.serving.conftest import Service, accord

PEOPLE = count()


def bot(service: Service, **form: object) -> str:
    sent = {"email": f"bot{next(PEOPLE)}@example.com", "country": "DE", "_website": "x", **form}
    lead: str = service.send(sent).json()["lead"]
    return lead


def page(service: Service, query: str = "") -> Any:
    return service.call("GET", f"/v1/quarantine{query}", service.secret).json()


def waiting(service: Service) -> list[str]:
    return [one["lead"] for one in page(service, "?limit=200")["leads"]]


def restore(service: Service, lead: str, body: object = None) -> Any:
    return service.call("POST", f"/v1/leads/{lead}/restore", service.secret, json=body if body is not None else {})


def row(service: Service, query: str, *given: object) -> Any:
    with sqlite3.connect(service.home / "accord.db") as connection:
        return connection.execute(query, given).fetchone()


def test_the_quarantine_tells_what_gave_a_lead_away_and_what_it_sent(service: Service) -> None:
    lead = bot(service, name="Jane")
    told = page(service, "?limit=1")["leads"][0]
    assert told["lead"] == lead
    assert told["marks"] == ["honeypot"]
    assert told["form"]["name"] == "Jane"
    assert "_website" not in told["form"]


def test_pages_follow_each_other_without_gap_or_repetition(service: Service) -> None:
    made = [bot(service) for _ in range(5)]
    seen: list[str] = []
    first = page(service, "?limit=2")
    seen += [one["lead"] for one in first["leads"]]
    bot(service)  # what comes in meanwhile moves no page
    after = first["next"]
    while after and not set(made) <= set(seen):
        found = page(service, f"?limit=2&after={after}")
        seen += [one["lead"] for one in found["leads"]]
        after = found["next"]
    assert seen[:5] == made[::-1]
    assert page(service, "?limit=200")["next"] is None


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=-1", "limit=1e9", "limit=abc", "limit=", "limit=201", "limit=1&limit=2"]
)
def test_a_limit_that_cannot_be_is_named(service: Service, query: str) -> None:
    answer = service.call("GET", f"/v1/quarantine?{query}", service.secret)
    assert answer.status_code == 422
    assert answer.json()["type"].endswith("/parameter")
    assert answer.json()["errors"][0]["parameter"] == "limit"


@pytest.mark.parametrize("after", ["ld_x", "ld_00000000-0000-0000-0000-000000000000", "'; DROP TABLE leads", "../1"])
def test_a_forged_cursor_is_named(service: Service, after: str) -> None:
    answer = service.call("GET", "/v1/quarantine", service.secret, params={"after": after})
    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (422, "after")
    assert after not in answer.text


def test_a_restored_lead_is_decided_by_the_policy_and_leaves_the_quarantine(service: Service) -> None:
    lead = bot(service)
    answer = restore(service, lead, {"note": "a customer, she called"})
    assert answer.status_code == 200
    assert (answer.json()["route"], answer.json()["owner"]) == ("sales", "sales")
    assert answer.json()["respond_by"]
    assert lead not in waiting(service)
    assert row(service, "SELECT cause, note, propensity FROM decisions WHERE id = ?", answer.json()["decision"]) == (
        "restore",
        "a customer, she called",
        1.0,
    )
    story = service.call("GET", f"/v1/leads/{lead}", service.secret).json()
    assert [decision["route"] for decision in story["decisions"]] == ["quarantine", "sales"]


def test_what_is_not_in_quarantine_cannot_be_restored(service: Service) -> None:
    lead = service.send({"email": "somebody@example.com"}).json()["lead"]
    assert restore(service, lead).json()["type"].endswith("/not-quarantined")
    assert restore(service, lead).status_code == 409
    for unknown in ("ld_1", "ld_00000000-0000-0000-0000-000000000000"):
        assert restore(service, unknown).status_code == 404


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"note": ""}, "#/note"),
        ({"note": 1}, "#/note"),
        ({"note": "x" * 1001}, "#/note"),
        ({"route": "sales"}, "#/route"),
    ],
    ids=["empty", "number", "long", "unknown"],
)
def test_a_wrong_body_is_pointed_at(service: Service, body: object, pointer: str) -> None:
    answer = restore(service, bot(service), body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


def test_a_person_behind_a_quarantined_form_is_heard_when_sending_again(service: Service) -> None:
    address = f"bot{next(PEOPLE)}@example.com"
    lead = bot(service, email=address)
    heard = service.send({"email": address, "country": "DE"}).json()
    told = service.call("GET", f"/v1/leads/{lead}", service.secret).json()["decisions"][-1]
    assert (heard["route"], told["decision"], told["cause"]) == ("sales", heard["decision"], "submission")
    assert lead not in waiting(service)


def test_receivers_hear_of_a_decision_only_once_a_bot_is_a_lead(service: Service) -> None:
    ledger = open_ledger(service.database)
    with ledger.transaction() as connection:
        receiver, _ = add_receiver(
            connection, "https://127.0.0.1:1/hook", datetime.now(UTC), ("lead.decided", "lead.quarantined")
        )
    lead = bot(service)
    events = (
        "SELECT group_concat(event, ' ') FROM (SELECT event FROM messages WHERE lead = ? AND receiver = ? ORDER BY id)"
    )
    assert row(service, events, lead, receiver) == ("lead.quarantined",)
    restore(service, lead)
    assert row(service, events, lead, receiver) == ("lead.quarantined lead.decided",)
    with ledger.transaction() as connection:
        connection.exec_driver_sql("UPDATE receivers SET removed_at = created_at")
    ledger.close()


def test_the_command_lists_and_restores_beside_the_service(service: Service) -> None:
    lead = bot(service)
    listed = accord(service.home, "quarantine", "list", "--limit", "1")
    assert listed.stdout.startswith(lead)
    assert "honeypot" in listed.stdout
    facts = json.loads(accord(service.home, "quarantine", "list", "--json").stdout)
    assert facts["leads"][0]["lead"] == lead
    done = accord(service.home, "quarantine", "restore", lead, "--note", "a person")
    assert done.stdout.startswith(f"{lead} goes to sales: sales, by ")
    again = accord(service.home, "quarantine", "restore", lead)
    assert (again.returncode, again.stdout) == (2, "")
    assert "accord quarantine list" in again.stderr
    assert accord(service.home, "quarantine", "list", "--limit", "0").returncode == 2
    assert lead not in waiting(service)
