import re
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from leads.worktime import working_time

FORM = {"email": "jane@example.com", "country": "DE", "budget": 12.5, "demo_requested": True, "utm_source": "news"}
ANSWER = [
    "lead",
    "decision",
    "probability",
    "horizon_days",
    "band",
    "route",
    "owner",
    "respond_by",
    "scored_by",
    "model",
    "agreement",
    "price",
    "propensity",
    "reasons",
]


def test_a_secret_key_is_answered_with_the_whole_decision(service: Any) -> None:
    answer = service.send(FORM)
    assert answer.status_code == 201
    body = answer.json()
    assert list(body) == ANSWER
    assert re.fullmatch("ld_[0-9a-f-]{36}", body["lead"])
    assert re.fullmatch("dc_[0-9a-f-]{36}", body["decision"])
    assert body["probability"] == pytest.approx(4 / 9 / (1 + 4 / 9))  # 40 points double the odds of 1 : 9 twice
    assert (body["band"], body["route"], body["owner"]) == ("A", "sales", "sales")
    assert (body["scored_by"], body["model"], body["agreement"]) == ("scorecard", None, 1)
    assert (body["price"], body["propensity"], body["horizon_days"]) == (None, 1.0, 120)
    assert body["reasons"] == [
        {"field": "country", "text": body["reasons"][0]["text"], "effect": pytest.approx(1.3862943611)}
    ]


def test_a_sales_lead_is_due_after_the_agreed_working_minutes_in_the_teams_zone(service: Any) -> None:
    decision = service.send(FORM).json()
    due = datetime.fromisoformat(decision["respond_by"])
    assert due.utcoffset() in (timedelta(hours=1), timedelta(hours=2))
    full = service.call("GET", f"/v1/decisions/{decision['decision']}", service.secret).json()
    office = working_time("Mon-Fri 09:00-17:30", "Europe/Berlin", None)
    assert due == office.after(datetime.fromisoformat(full["decided_at"]), 15)


def test_a_person_who_writes_again_is_scored_by_all_they_said(service: Any) -> None:
    first = service.send({"email": "again@example.com", "country": "DE", "mail_allowed": True}).json()
    second = service.send({"email": "again@example.com", "message": "May I have a call today?"}).json()
    assert (second["lead"], second["probability"]) == (first["lead"], first["probability"])
    moved = service.send({"email": "again@example.com", "country": "FR"}).json()
    assert moved["probability"] < first["probability"]
    story = service.call("GET", f"/v1/leads/{first['lead']}", service.secret).json()
    assert [sent["form"].get("country") for sent in story["submissions"]] == ["DE", None, "FR"]


def test_what_a_bot_sends_under_a_persons_address_says_nothing_of_them(service: Any) -> None:
    service.send({"email": "used@example.com", "country": "DE", "_website": "https://spam.example"})
    own = service.send({"email": "used@example.com"}).json()
    again = service.send({"email": "used@example.com", "country": "DE", "_website": "https://spam.example"}).json()
    assert (again["route"], again["probability"]) == (own["route"], own["probability"])
    story = service.call("GET", f"/v1/leads/{own['lead']}", service.secret).json()
    assert [told["cause"] for told in story["decisions"]] == ["submission", "submission", "kept"]
    plain = service.send({"email": "unused@example.com"}).json()
    assert (own["route"], own["probability"]) == (plain["route"], plain["probability"])


def test_a_nurtured_lead_belongs_to_marketing_and_is_not_due(service: Any) -> None:
    body = service.send({"email": "jane@example.com", "country": "FR"}).json()
    assert (body["band"], body["route"], body["owner"], body["respond_by"]) == ("C", "nurture", "marketing", None)


def test_a_publishable_key_learns_no_score(service: Any) -> None:
    answer = service.send(FORM, service.public)
    assert answer.status_code == 201
    body = answer.json()
    assert list(body) == ["lead", "next"]
    assert list(body["next"]) == ["message", "redirect"]
    assert body["next"]["redirect"] is None


def test_the_story_of_a_lead_holds_the_form_as_it_was_sent(service: Any) -> None:
    sent = FORM | {"message": "  spaces kept ", "industry": "Never Seen Before", "name": "Zoë 🙂", "budget": 3}
    sent |= {"email": "a.story@example.com"}
    body = service.send(sent).json()
    story = service.call("GET", f"/v1/leads/{body['lead']}", service.secret).json()
    assert story["lead"] == body["lead"]
    assert [one["form"] for one in story["submissions"]] == [sent]
    assert story["submissions"][0]["key"] == service.secret[:11]
    (told,) = story["decisions"]
    assert {key: told[key] for key in body} == body
    assert (told["cause"], told["note"], told["submission"]) == (
        "submission",
        None,
        story["submissions"][0]["submission"],
    )


def test_contributions_of_a_decision_add_up_to_its_log_odds(service: Any) -> None:
    decision = service.send(FORM).json()["decision"]
    body = service.call("GET", f"/v1/decisions/{decision}", service.secret).json()
    assert list(body)[: len(ANSWER)] == ANSWER
    effects = sum(one["effect"] for one in body["contributions"])
    assert body["base"] + effects + body["others"] == pytest.approx(body["log_odds"], abs=1e-9)
    assert set(body["features"]) >= {one["feature"] for one in body["contributions"]}


def test_the_form_is_a_json_schema_with_a_title_for_every_key(service: Any) -> None:
    answer = service.call("GET", "/v1/form", service.public, {"Origin": "https://www.example.com"})
    assert answer.status_code == 200
    schema = answer.json()
    assert schema["required"] == ["email"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["budget"]["title"] == "Yearly budget"
    assert all(field["title"] for field in schema["properties"].values())


@pytest.mark.parametrize(
    "identifier", ["1", "..%2F1", "ld_1", "x" * 2000, "%00", "ld_01a200da-7534-7720-b091-3fb2cbe54eed"]
)
@pytest.mark.parametrize("path", ["/v1/leads/", "/v1/decisions/"])
def test_what_does_not_exist_is_not_found(service: Any, path: str, identifier: str) -> None:
    answer = service.call("GET", path + identifier, service.secret)
    assert answer.status_code == 404
    assert answer.json()["type"].endswith("/not-found")


def test_the_process_is_healthy_and_says_what_it_lacks(service: Any) -> None:
    assert service.call("GET", "/healthz").json() == {"status": "ok"}
    ready = service.call("GET", "/readyz")
    assert ready.status_code == 200
    assert ready.json() == {"status": "degraded", "degraded": ["no-champion"]}


def test_while_the_ledger_is_held_forms_get_503_and_soon_after_201(served: Any) -> None:
    running = served()
    holder = sqlite3.connect(running.home / "accord.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    for answer in (running.send(FORM), running.call("GET", "/readyz")):
        assert answer.status_code == 503
        assert answer.json()["type"].endswith("/ledger-busy")
        assert answer.headers["Retry-After"] == "1"
    assert running.call("GET", "/healthz").status_code == 200
    holder.execute("ROLLBACK")
    holder.close()
    assert running.send(FORM).status_code == 201


def test_openapi_describes_the_form_and_the_problems(service: Any) -> None:
    described = service.call("GET", "/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    sending = described["paths"]["/v1/leads"]["post"]
    schema = sending["requestBody"]["content"]["application/json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/Form"}
    assert described["components"]["schemas"]["Form"]["properties"]["budget"]["title"] == "Yearly budget"
    statuses = "201 400 401 403 406 409 413 415 422 429 431 503"
    assert set(statuses.split()) == set(sending["responses"])
    for status, response in sending["responses"].items():
        if status != "201":
            assert list(response["content"]) == ["application/problem+json"]
    assert "HTTPValidationError" not in str(described)


def test_every_reference_in_openapi_leads_somewhere(service: Any) -> None:
    answer = service.call("GET", "/openapi.json")
    known = answer.json()["components"]["schemas"]
    named = set(re.findall(r'"#/components/schemas/(\w+)"', answer.text))
    assert named
    assert named <= set(known)


@pytest.mark.parametrize("path", ["/", "/docs", "/problems/unknown-field"])
def test_pages_load_nothing_from_elsewhere(service: Any, path: str) -> None:
    page = service.call("GET", path)
    assert page.status_code == 200
    assert page.headers["Content-Type"].startswith("text/html")
    assert not re.search(r"<script|<link|<img|src=|url\(|@import", page.text)


def test_the_reference_shows_every_field_and_every_problem(service: Any) -> None:
    page = service.call("GET", "/docs").text
    assert all(word in page for word in ("Yearly budget", "utm_source", "POST /v1/leads", "json-not-finite"))
    for code in re.findall(r'href="(/problems/[\w-]+)"', page):
        assert service.call("GET", code).status_code == 200


def test_what_is_answered_is_on_the_disk_already(processes: Any) -> None:
    running = processes()
    sent = [running.send(FORM | {"email": f"person{number}@example.com"}).json() for number in range(5)]
    running.process.kill()
    running.process.wait(10)
    again = processes()
    for decision in sent:
        story = again.call("GET", f"/v1/leads/{decision['lead']}", again.secret).json()
        assert [one["decision"] for one in story["decisions"]] == [decision["decision"]]


def test_keys_occur_in_no_file_that_the_service_writes(service: Any) -> None:
    service.send(FORM)
    service.send(FORM, service.public)
    for path in Path(service.home).rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        assert service.secret.encode() not in data
        assert service.public.encode() not in data
