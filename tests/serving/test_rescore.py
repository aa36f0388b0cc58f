"""Leads that the champion could not score are scored by it later, once, and what a person said stays."""

import json
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url
from sqlalchemy import text as sql

from leads.ledger import add_receiver, open_ledger
from tests.bundles import promoted_model
from tests.serving.conftest import laid_out, start, stop

FORM = {"email": "jane@example.com", "country": "DE", "budget": 900}


@pytest.fixture(autouse=True)
def quick_chores(monkeypatch: pytest.MonkeyPatch) -> None:
    from serving import upkeep

    monkeypatch.setattr(upkeep, "POLL_SECONDS", 0.1)
    monkeypatch.setattr(upkeep, "RESCORE_SECONDS", 0.1)


def rows(service: Any, statement: str, *given: str) -> list[Any]:
    with closing(sqlite3.connect(service.home / "accord.db")) as database:
        return database.execute(statement, given).fetchall()


def write(service: Any, statement: str, *given: str) -> None:
    with closing(sqlite3.connect(service.home / "accord.db", isolation_level=None)) as database:
        assert database.execute(statement, given).rowcount > 0


def settled(service: Any, find: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not find() or service.call("GET", "/readyz").json()["degraded"]:
        assert time.monotonic() < until, rows(service, "select lead, cause, degraded, model from decisions")
        time.sleep(0.1)
    time.sleep(0.5)  # a chore that went on too long would show now


def test_a_lead_is_scored_again_once_a_champion_serves(served: Any, text: str) -> None:
    running = served()
    ledger = open_ledger(running.database)
    with ledger.transaction() as connection:
        add_receiver(connection, "https://crm.example.com/hook", datetime.now(UTC), ["lead.decided"])
    ledger.close()
    first = running.send(FORM).json()
    promoted_model(running.database, text)
    settled(running, lambda: len(rows(running, "select 1 from decisions")) == 2)
    story = running.call("GET", f"/v1/leads/{first['lead']}", running.secret).json()
    assert [one["scored_by"] for one in story["decisions"]] == ["scorecard", "blend"]
    assert story["decisions"][1]["model"] == "conversion/1"
    found = rows(running, "select cause, degraded from decisions order by decided_at")
    assert found == [("submission", "no-champion"), ("rescore", None)]
    said = [json.loads(payload) for (payload,) in rows(running, "select payload from messages order by created_at")]
    assert [(one["type"], one["data"]["cause"]) for one in said] == [
        ("lead.decided", "submission"),
        ("lead.decided", "rescore"),
    ]


def test_a_better_score_takes_no_lead_from_sales_that_sales_answered_for(served: Any, text: str) -> None:
    running = served()
    lead = running.send(FORM).json()["lead"]
    told = {"event": "call-1", "type": "contacted", "occurred_at": datetime.now(UTC).isoformat()}
    assert running.call("POST", f"/v1/leads/{lead}/outcomes", running.secret, json=told).status_code == 202
    promoted_model(running.database, text)
    settled(running, lambda: len(rows(running, "select 1 from decisions")) == 2)
    again = running.call("GET", f"/v1/leads/{lead}", running.secret).json()["decisions"][1]
    assert (again["cause"], again["route"], again["ruled_by"], again["propensity"]) == (
        "rescore",
        "sales",
        "owner",
        None,
    )


def test_what_a_person_said_and_old_leads_stay_as_they_are(served: Any, text: str) -> None:
    running = served()
    people = ("new", "hand", "no", "old")
    leads = {name: running.send(FORM | {"email": f"{name}@example.com"}).json()["lead"] for name in people}
    bot = running.send(FORM | {"email": "bot@example.com", "_website": "x"}).json()["lead"]
    write(running, "update decisions set cause = 'override' where lead = ?", leads["hand"])
    write(running, "update decisions set degraded = 'no-consent' where lead = ?", leads["no"])
    write(running, "update decisions set decided_at = '2026-01-01 00:00:00' where lead = ?", leads["old"])
    promoted_model(running.database, text)
    settled(running, lambda: bool(rows(running, "select 1 from decisions where cause = 'rescore'")))
    assert rows(running, "select lead from decisions where cause = 'rescore'") == [(leads["new"],)]
    assert rows(running, "select count(*) from decisions where lead = ?", bot) == [(1,)]


def test_a_lead_is_scored_again_once_for_a_champion_also_by_several_processes(
    tmp_path: Path, postgres: str, text: str
) -> None:
    place = laid_out(tmp_path / "home", postgres)
    both = [start(replace(place), ACCORD_DATABASE_URL=postgres) for _ in range(2)]
    engine = create_engine(make_url(postgres).set(drivername="postgresql+psycopg"))

    def rescored() -> list[int]:
        """How often each lead was scored again."""
        counted = "select count(*) from decisions where cause = 'rescore' group by lead"
        with engine.connect() as connection:
            return list(connection.scalars(sql(counted)))

    try:
        for number in range(30):
            assert both[0].send(FORM | {"email": f"person{number}@example.com"}).status_code == 201
        promoted_model(postgres, text)
        for running in both:
            settled(running, lambda: len(rescored()) == 30)
        time.sleep(3)
        assert rescored() == [1] * 30
    finally:
        engine.dispose()
        assert [stop(running) for running in both] == [0, 0]


@pytest.fixture
def text() -> str:
    from tests.serving.conftest import AGREEMENT

    return AGREEMENT
