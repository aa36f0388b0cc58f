import json
import math
import re
import sqlite3
import stat
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from leads.agreement import parse_agreement
from leads.lead import Cause, Decision, Route, Score, Submission
from leads.ledger import (
    adopt_agreement,
    champion,
    create_key,
    digests,
    erase_leads,
    object_,
    open_ledger,
    promote,
    save_bundle,
)
from serving.deciding.anew import Case, decide_anew, scored_anew
from serving.rights.desk import intake_of
from tests.leads.conftest import decided, entered, entry, sending
from tests.serving.conftest import AGREEMENT, Service, accord

PRIVACY = """
[privacy]
profiling_consent = "profiling_allowed"
mail_consent = "mail_allowed"
[form.fields.profiling_allowed]
kind = "consent"
[form.fields.phone]
kind = "phone"
"""
CHAMPION = Score(0.9, math.log(9), math.log(9), (), "trees", "conversion/1", None)


class Trained:
    """Stands in for a trained model; it always gives one answer."""

    def row(self, values: Mapping[str, object]) -> Mapping[str, float | str | None]:
        return {"one": 1.0}

    def score_row(self, row: Mapping[str, float | str | None]) -> Score:
        return CHAMPION


@pytest.fixture
def modelled(served: Callable[..., Any]) -> Callable[..., Any]:
    """A service with a champion, under the usual agreement and what is added to it."""

    def run(added: str = "") -> Any:
        running = served(lambda ledger, agreement: Trained(), AGREEMENT + added)
        ledger = open_ledger(running.database)
        promote(ledger, save_bundle(ledger, b"bytes that no test opens", {}), champion(ledger), "test")
        ledger.close()
        until = time.monotonic() + 20
        while running.call("GET", "/readyz").json()["degraded"]:
            assert time.monotonic() < until
            time.sleep(0.1)
        return running

    return run


def post(service: Service, path: str, body: object) -> Any:
    return service.call("POST", path, service.secret, json=body)


def story(service: Service, lead: str) -> Any:
    return service.call("GET", f"/v1/leads/{lead}", service.secret).json()


def last(service: Service, lead: str, column: str) -> Any:
    # the test's own words
    wanted = f"SELECT {column} FROM decisions WHERE lead = ? ORDER BY decided_at DESC, id DESC"  # noqa: S608
    with sqlite3.connect(service.home / "accord.db") as connection:
        return connection.execute(wanted, [lead]).fetchone()[0]


def test_without_consent_no_model_scores_and_no_mail_is_sent(modelled: Any) -> None:
    running = modelled(PRIVACY)
    cases: dict[str, dict[str, object]] = {
        "both": {"profiling_allowed": True, "mail_allowed": True},
        "no mail": {"profiling_allowed": True},
        "no profiling": {"profiling_allowed": False, "mail_allowed": True},
        "silent": {},
    }
    told = {
        name: running.send({"email": f"{number}@example.com", **form}).json()
        for number, (name, form) in enumerate(cases.items())
    }
    assert {name: body["scored_by"] for name, body in told.items()} == {
        "both": "trees",
        "no mail": "trees",
        "no profiling": "scorecard",
        "silent": "scorecard",
    }
    # The model says sales; the scorecard says nurture, which writes mails.
    assert {name: body["route"] for name, body in told.items()} == {
        "both": "sales",
        "no mail": "sales",
        "no profiling": "nurture",
        "silent": "review",
    }
    assert last(running, told["silent"]["lead"], "degraded") == "no-consent"
    assert last(running, told["both"]["lead"], "degraded") is None


def test_an_objection_ends_scoring_by_a_model_at_once_and_from_then_on(modelled: Any) -> None:
    running = modelled()
    first = running.send({"email": "Jane.Doe+news@example.com"}).json()
    assert first["scored_by"] == "trees"
    answer = post(running, f"/v1/leads/{first['lead']}/objection", {})
    assert answer.status_code == 200
    assert answer.json()["objects"] is True
    assert answer.json()["decision"]["scored_by"] == "scorecard"
    assert (last(running, first["lead"], "cause"), last(running, first["lead"], "degraded")) == (
        "objection",
        "no-consent",
    )
    assert running.send({"email": "jane.doe@EXAMPLE.com"}).json()["scored_by"] == "scorecard"
    assert running.send({"email": "john@example.com"}).json()["scored_by"] == "trees"
    post(running, f"/v1/leads/{first['lead']}/objection", {"objects": False})
    assert last(running, first["lead"], "scored_by") == "trees"
    assert running.send({"email": "jane.doe@example.com"}).json()["scored_by"] == "trees"


def test_an_objection_moves_neither_a_quarantined_lead_nor_what_a_hand_decided(modelled: Any) -> None:
    running = modelled()
    bot = running.send({"email": "bot@example.com", "_website": "x"}).json()["lead"]
    assert post(running, f"/v1/leads/{bot}/objection", {}).json()["decision"]["route"] == "quarantine"
    lead = running.send({"email": "jane@example.com"}).json()["lead"]
    post(running, f"/v1/leads/{lead}/override", {"route": "review", "reason": "known here", "owner": "Eve"})
    kept = post(running, f"/v1/leads/{lead}/objection", {}).json()["decision"]
    assert (kept["route"], kept["owner"], kept["scored_by"]) == ("review", "Eve", "scorecard")


def by_policy(agreement: int, submission: Submission) -> Decision:
    return replace(decided(agreement, submission, datetime(2026, 1, 2, tzinfo=UTC)), cause="submission")


def test_one_at_a_time_decides_a_lead_anew(postgres: str) -> None:
    ledger = open_ledger(postgres)
    agreement = adopt_agreement(ledger, AGREEMENT, parse_agreement(AGREEMENT).digest)
    sent = sending(create_key(ledger, "sk")[:11], "one")
    lead = entered(ledger, entry(sent, agreement, ["jane"], decide=lambda one: by_policy(agreement, one))).lead
    with intake_of(ledger, scoring=False) as intake, ThreadPoolExecutor(2) as threads:
        found = scored_anew(intake, lead)
        assert found is not None

        def anew(cause: Cause, route: Route | None = None) -> Decision | None:
            with ledger.transaction() as connection:
                made = decide_anew(connection, intake, Case(lead, found[1], cause, route))
                if route:
                    later.append(threads.submit(anew, "objection"))
                    time.sleep(0.5)
                return made

        later: list[Future[Decision | None]] = []
        anew("override", "review")
        kept = later[0].result()
        assert (kept and kept.route) == "review"
        with ledger.transaction() as connection:
            erase_leads(connection, [lead], datetime.now(UTC))
            gone = threads.submit(anew, "objection")
            time.sleep(0.5)
        assert gone.result() is None
    ledger.close()


def test_a_person_overrules_a_decision_until_the_lead_sends_again(modelled: Any) -> None:
    running = modelled()
    before = running.send({"email": "jane@example.com"}).json()
    answer = post(running, f"/v1/leads/{before['lead']}/override", {"route": "nurture", "reason": " a student "})
    assert answer.status_code == 200
    made = answer.json()
    assert (made["route"], made["owner"], made["respond_by"], made["propensity"]) == (
        "nurture",
        "marketing",
        None,
        None,
    )
    assert (made["probability"], made["model"]) == (before["probability"], "conversion/1")
    assert (last(running, made["lead"], "cause"), last(running, made["lead"], "note")) == ("override", "a student")
    assert running.send({"email": "jane@example.com"}).json()["route"] == "sales"


def test_a_bots_form_does_not_end_what_a_person_decided(modelled: Any) -> None:
    running = modelled()
    lead = running.send({"email": "jane@example.com"}).json()["lead"]
    post(running, f"/v1/leads/{lead}/override", {"route": "review", "reason": "known"})
    bot = running.send({"email": "jane@example.com", "country": "DE", "_website": "https://spam.example"}).json()
    assert (bot["lead"], bot["route"]) == (lead, "review")
    made = post(running, f"/v1/leads/{lead}/objection", {}).json()["decision"]
    assert (made["route"], made["scored_by"]) == ("review", "scorecard")
    told = running.call("GET", f"/v1/leads/{lead}", running.secret).json()
    assert told["decisions"][-1]["submission"] == told["submissions"][0]["submission"]
    assert told["decisions"][-1]["probability"] == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("path", "body", "pointer", "code"),
    [
        ("override", {"route": "quarantine", "reason": "x"}, "#/route", "value"),
        ("override", {"route": "sales"}, "#/reason", "required"),
        ("override", {"route": "sales", "reason": "  "}, "#/reason", "required"),
        ("override", {"route": "sales", "reason": "x", "score": 1}, "#/score", "unknown-field"),
        ("objection", {"objects": "yes"}, "#/objects", "type"),
    ],
    ids=["route", "no reason", "empty reason", "unknown", "no boolean"],
)
def test_a_wrong_word_is_pointed_at(service: Service, path: str, body: object, pointer: str, code: str) -> None:
    lead = service.send({"email": "jane@example.com"}).json()["lead"]
    answer = post(service, f"/v1/leads/{lead}/{path}", body)
    assert answer.status_code == 422
    assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [(pointer, code)]


@pytest.mark.parametrize("path", ["override", "objection"])
@pytest.mark.parametrize("lead", ["ld_1", "ld_00000000-0000-0000-0000-000000000000"])
def test_an_unknown_lead_is_not_found(service: Service, path: str, lead: str) -> None:
    body = {"route": "sales", "reason": "x"} if path == "override" else {}
    assert post(service, f"/v1/leads/{lead}/{path}", body).status_code == 404


@pytest.mark.parametrize("path", ["export", "erase"])
@pytest.mark.parametrize("person", ["", "Jane", "12", 5, None])
def test_what_names_nobody_is_pointed_at_and_not_repeated(service: Service, path: str, person: object) -> None:
    answer = post(service, f"/v1/people/{path}", {"person": person})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/person")


def test_an_export_holds_everything_with_every_reason_in_words(service: Service) -> None:
    form = {"email": "export.me@example.com", "name": "Zoë Export", "country": "DE", "message": "a question"}
    lead = service.send(form).json()["lead"]
    service.send({"email": "EXPORT.ME@example.com", "budget": 5})
    post(service, f"/v1/leads/{lead}/override", {"route": "review", "reason": "looks odd"})
    post(service, f"/v1/leads/{lead}/objection", {})
    known = post(service, "/v1/people/export", {"person": " Export.Me@Example.com"}).json()
    (only,) = known["leads"]
    assert only["lead"] == lead
    assert [one["form"] for one in only["submissions"]] == [form, {"email": "EXPORT.ME@example.com", "budget": 5}]
    assert [one["cause"] for one in only["decisions"]] == ["submission", "submission", "override", "objection"]
    assert only["decisions"][2]["note"] == "looks odd"
    assert only["decisions"][0]["contributions"][0]["text"] == "Country is DE or AT: yes"
    assert [one["objects"] for one in known["objections"]] == [True]
    assert post(service, "/v1/people/export", {"person": "nobody@example.com"}).json()["leads"] == []


def test_an_objection_of_somebody_unknown_is_kept(service: Service) -> None:
    words = ("object", "--person", "stranger@example.com")
    nobody = "Nobody with this address or number is known here; "
    assert accord(service.home, *words).stdout == f"{nobody}the objection is kept for later forms.\n"
    lead = service.send({"email": "stranger@example.com"}).json()["lead"]
    export = post(service, "/v1/people/export", {"person": "stranger@example.com"}).json()
    assert [(one["lead"], export["objections"][0]["objects"]) for one in export["leads"]] == [(lead, True)]
    done = accord(service.home, *words, "--withdraw").stdout
    assert done == "From now on a model may score this person; 1 lead was decided anew.\n"


def test_the_commands_serve_the_same_rights_beside_the_service(service: Service, tmp_path: Path) -> None:
    lead = service.send({"email": "commands@example.com", "country": "DE"}).json()["lead"]
    done = accord(service.home, "override", lead, "--route", "review", "--reason", "known", "--owner", "Eve")
    assert re.fullmatch(rf"{lead} goes to review: Eve, by \d{{4}}-\d\d-\d\d \d\d:\d\d\.\n", done.stdout)
    done = accord(service.home, "object", "--person", "Commands@example.com", "--json")
    assert [one["route"] for one in json.loads(done.stdout)["decisions"]] == ["review"]
    file = tmp_path / "person.json"
    accord(service.home, "export", "--person", "commands@example.com", "-o", str(file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(file.read_text())["leads"][0]["decisions"][-1]["cause"] == "objection"
    assert accord(service.home, "export", "--person", "x@y.com", "-o", str(file)).returncode == 2
    for wrong in (["object", "--person", "Jane"], ["override", "ld_1", "--route", "sales", "--reason", "x"]):
        refused = accord(service.home, *wrong)
        assert refused.returncode == 2
        assert refused.stderr.startswith("accord: ")
        assert "Traceback" not in refused.stderr


def test_an_objection_that_comes_while_a_form_is_scored_counts(modelled: Callable[..., Any], monkeypatch: Any) -> None:
    running = modelled()
    email = {"email": "late@example.com"}
    assert running.send(email | {"country": "DE"}).json()["scored_by"] == "trees"
    ledger = open_ledger(running.database)

    def score_row(self: Trained, row: object) -> Score:
        with ledger.transaction() as connection:
            object_(connection, digests(ledger, ["email:late@example.com"]), True)
        return CHAMPION

    monkeypatch.setattr(Trained, "score_row", score_row)
    body = running.send(email).json()
    ledger.close()
    assert (body["scored_by"], body["model"]) == ("scorecard", None)
    assert body["probability"] == pytest.approx(4 / 13)  # the country of the first form counts: odds of 1 to 9, times 4
    told = running.call("GET", f"/v1/decisions/{body['decision']}", running.secret).json()
    assert told["degraded"] == "no-consent"
