import math
import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

import pytest

from leads.agreement import Agreement
from leads.fields import Value
from leads.lead import Contribution, Score
from leads.ledger import Ledger, champion, open_ledger, promote, save_bundle
from serving import upkeep
from serving.scoring import live as scoring

FORM = {"email": "jane@example.com", "name": "Canary-Person", "country": "DE"}
SLOW = FORM | {"country": "AT"}
GOOD = Score(0.75, math.log(3), 1.0, (Contribution("x", "x", "X: 1", math.log(3) - 1),), "trees", "conversion/1", None)


@dataclass
class Trained:
    """Stands in for a trained model that gives one answer, or fails."""

    score: Score = GOOD
    error: Exception | None = None
    seconds: float = 0.0

    def row(self, values: Mapping[str, Value]) -> Mapping[str, float | str | None]:
        return {"x": 1.0, "y": math.nan, "country": str(values["country"])}

    def score_row(self, row: Mapping[str, float | str | None]) -> Score:
        time.sleep(self.seconds if row["country"] == "AT" else 0)
        if self.error:
            raise self.error
        return self.score


def promoted(service: Any) -> None:
    ledger = open_ledger(service.database)
    number = save_bundle(ledger, b"bytes that no test opens", {})
    promote(ledger, number, champion(ledger), "test")
    ledger.close()


def wait_for(service: Any, degraded: list[str]) -> None:
    until = time.monotonic() + 10
    while service.call("GET", "/readyz").json()["degraded"] != degraded:
        assert time.monotonic() < until
        time.sleep(0.05)


def degraded_of(service: Any, answer: Any) -> str | None:
    """As it stands in the ledger."""
    with closing(sqlite3.connect(service.home / "accord.db")) as database:
        decided = database.execute("select degraded from decisions where id = ?", [answer.json()["decision"]])
        found: str | None = decided.fetchone()[0]
    return found


@pytest.fixture(autouse=True)
def quick_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "POLL_SECONDS", 0.05)
    monkeypatch.setattr(scoring, "RETRY_SECONDS", 0.2)
    monkeypatch.setattr(scoring, "WARM_UP_SECONDS", 1.0)
    monkeypatch.setattr(upkeep, "POLL_SECONDS", 0.05)
    monkeypatch.setattr(upkeep, "RESCORE_SECONDS", 3600.0)


def test_a_promotion_is_followed_without_a_restart(served: Any) -> None:
    running = served(lambda ledger, agreement: Trained())
    first = running.send(FORM)
    assert first.json()["scored_by"] == "scorecard"
    assert degraded_of(running, first) == "no-champion"
    promoted(running)
    wait_for(running, [])
    body = running.send(FORM).json()
    assert (body["scored_by"], body["model"], body["probability"]) == ("trees", "conversion/1", 0.75)
    assert running.call("GET", "/readyz").json() == {"status": "ready", "degraded": []}
    full = running.call("GET", f"/v1/decisions/{body['decision']}", running.secret).json()
    assert full["features"] == {"x": 1.0, "y": None, "country": "DE"}


@pytest.mark.parametrize(
    "broken",
    [
        Trained(error=ValueError("Canary-Person cannot be scored")),
        Trained(error=RecursionError()),
        Trained(replace(GOOD, probability=math.nan)),
        Trained(replace(GOOD, probability=1.5)),
        Trained(replace(GOOD, log_odds=math.inf)),
        Trained(replace(GOOD, contributions=(Contribution("x", "x", "X: 1", math.nan),))),
    ],
    ids=["raises", "recurses", "NaN", "above one", "infinite", "NaN in a reason"],
)
def test_a_form_is_answered_by_the_scorecard_when_the_model_fails(
    served: Any, broken: Trained, caplog: pytest.LogCaptureFixture
) -> None:
    running = served(lambda ledger, agreement: broken)
    promoted(running)
    wait_for(running, [])
    answer = running.send(FORM)
    assert answer.status_code == 201
    assert (answer.json()["scored_by"], answer.json()["model"]) == ("scorecard", None)
    assert answer.json()["band"] == "A"
    assert "the champion cannot score a lead" in caplog.text
    assert degraded_of(running, answer) == "champion-failed"
    assert "Canary" not in caplog.text


def test_a_champion_that_cannot_be_loaded_is_said_and_tried_again(served: Any) -> None:
    usable: list[Trained] = []

    def source(ledger: Ledger, agreement: Agreement) -> Trained:
        if not usable:
            raise OSError("the bundle is damaged")
        return usable[0]

    running = served(source)
    promoted(running)
    wait_for(running, ["champion-unusable"])
    answer = running.send(FORM)
    assert answer.json()["scored_by"] == "scorecard"
    assert degraded_of(running, answer) == "champion-unusable"
    usable.append(Trained())
    wait_for(running, [])
    assert running.send(FORM).json()["scored_by"] == "trees"


def test_the_champion_before_goes_on_while_the_next_cannot_be_loaded(served: Any) -> None:
    usable = [Trained()]

    def source(ledger: Ledger, agreement: Agreement) -> Trained:
        return usable.pop()

    running = served(source)
    promoted(running)
    wait_for(running, [])
    promoted(running)
    wait_for(running, ["champion-unusable"])
    assert running.send(FORM).json()["scored_by"] == "trees"


def test_a_champion_that_hangs_costs_no_form_more_than_a_moment(served: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "RETRY_SECONDS", 600.0)  # else it may be back before the last form comes
    running = served(lambda ledger, agreement: Trained(seconds=30))
    promoted(running)
    wait_for(running, [])
    answers = [running.send(SLOW) for _ in range(3)]
    for answer in answers:
        assert answer.status_code == 201
        assert (answer.json()["scored_by"], answer.elapsed.total_seconds() < 10) == ("scorecard", True)
    assert degraded_of(running, answers[0]) == "champion-slow"
    assert {degraded_of(running, answer) for answer in answers} <= {"champion-slow", "champion-unusable"}
    wait_for(running, ["champion-unusable"])
    assert running.send(FORM).json()["scored_by"] == "scorecard"


def test_a_champion_that_stumbled_once_goes_on(served: Any) -> None:
    slow = Trained(seconds=0.3)
    running = served(lambda ledger, agreement: slow)
    promoted(running)
    wait_for(running, [])
    assert degraded_of(running, running.send(SLOW)) == "champion-slow"
    slow.seconds = 0.0
    time.sleep(0.5)
    assert running.send(FORM).json()["scored_by"] == "trees"
    assert running.call("GET", "/readyz").json()["degraded"] == []


def test_a_champion_that_hangs_at_once_never_takes_over(served: Any) -> None:
    class Hangs(Trained):
        def row(self, values: Mapping[str, Value]) -> Mapping[str, float | str | None]:
            time.sleep(5)
            return {}

    running = served(lambda ledger, agreement: Hangs())
    promoted(running)
    wait_for(running, ["champion-unusable"])
    assert running.send(FORM).json()["scored_by"] == "scorecard"


def test_the_reason_for_which_a_bundle_is_refused_is_logged(served: Any, caplog: pytest.LogCaptureFixture) -> None:
    running = served()
    promoted(running)
    wait_for(running, ["champion-unusable"])
    assert "it is not a bundle document" in caplog.text


def test_a_champion_whose_bundle_is_gone_is_unusable_and_forms_go_on(served: Any) -> None:
    running = served()
    with closing(sqlite3.connect(running.home / "accord.db", isolation_level=None)) as database:
        database.execute("update champion set bundle = 77")
    wait_for(running, ["champion-unusable"])
    assert running.send(FORM).json()["scored_by"] == "scorecard"
