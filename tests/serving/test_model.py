"""GET /v1/model and the report: what scores, since when, and what the next kind of model needs."""

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from leads.ledger import Ledger, open_ledger, promote, save_bundle
from leads.ledger.retraining import Result, begin_retraining, end_retraining
from tests.serving.conftest import AGREEMENT, Service, accord

NEEDS = "Trees need 150 leads before each judged window; the ledger has 96."
UNKNOWN = "The next `accord retrain` says what a richer kind of model needs."


@pytest.fixture
def service(served: Callable[..., Service]) -> Service:
    return served(text=AGREEMENT)


def model(service: Service) -> dict[str, Any]:
    answer = service.call("GET", "/v1/model", service.secret)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    assert json.loads(accord(service.home, "report", "--json").stdout)["model"] == told
    assert told["next_rung"] in " ".join(accord(service.home, "report").stdout.split())
    return told


def retrained(ledger: Ledger, champion: int | None, result: Result, bundle: int | None, needs: str | None) -> None:
    now = datetime.now(UTC)
    begun = begin_retraining(ledger, now, champion)
    told = replace(begun, ended_at=now, result=result, why="because", bundle=bundle, next_rung=needs)
    end_retraining(ledger, told)


def test_before_any_model_the_points_score(service: Service) -> None:
    told = model(service)
    assert told == {
        "model": None,
        "rung": "scorecard",
        "since": None,
        "why": None,
        "next_rung": UNKNOWN,
        "retrained": None,
    }
    with closing(open_ledger(service.database)) as ledger:
        retrained(ledger, None, "too-early", None, "The next rung needs leads to be judged by: none came.")
    told = model(service)
    assert told["next_rung"] == "The next rung needs leads to be judged by: none came."
    assert (told["retrained"]["retraining"], told["retrained"]["result"]) == (1, "too-early")


def test_what_was_found_of_one_champion_is_not_said_of_another(service: Service) -> None:
    with closing(open_ledger(service.database)) as ledger:
        for kind in ("logistic", "trees"):
            save_bundle(ledger, kind.encode(), {"rung": kind})
        promote(ledger, 1, None, "retraining 1: it passed every gate")
        retrained(ledger, None, "promoted", 1, NEEDS)
        told = model(service)
        assert (told["model"], told["rung"]) == ("conversion/1", "logistic")
        assert (told["why"], told["next_rung"]) == ("retraining 1: it passed every gate", NEEDS)
        assert abs((datetime.fromisoformat(told["since"]) - datetime.now(UTC)).total_seconds()) < 60
        begin_retraining(ledger, datetime.now(UTC), 1)
        assert model(service)["next_rung"] == NEEDS  # while another is at work
        retrained(ledger, 1, "kept", None, NEEDS)
        assert model(service)["next_rung"] == NEEDS
        promote(ledger, 2, 1, "by hand")
        told = model(service)
        assert (told["rung"], told["next_rung"]) == ("trees", UNKNOWN)
