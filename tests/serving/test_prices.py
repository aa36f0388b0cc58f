"""The price of a sales minute in a serving process: made once a day, cited by decisions, made again by replay."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest

from leads.agreement import parse_agreement
from leads.ledger import (
    DayPrice,
    Ledger,
    adopt_agreement,
    last_decisions,
    newest_price,
    open_ledger,
    promote,
    record_change,
    save_bundle,
    tables,
    write_price,
)
from leads.team import Change
from models.replay import Replay
from serving import upkeep
from serving.deciding.pricing import Prices
from tests.history import remember
from tests.serving.conftest import AGREEMENT as FORM_AGREEMENT
from tests.serving.conftest import Service

AGREEMENT = (
    FORM_AGREEMENT.replace("[routing]", '[[sales.people]]\nname = "Ann"\ndaily_cap = 2\n[routing]')
    .replace("guard_slice = 0.0", "guard_slice = 0.3\nreview_share = 0.1")
    .replace("[form.fields.email]", '[privacy]\nmail_consent = "mail_allowed"\n[form.fields.email]')
)
FORMS: list[dict[str, object]] = [
    {"email": f"p{number}@example.com", "country": ["DE", "FR", "US"][number % 3], "mail_allowed": number % 5 > 0}
    for number in range(240)
]
NOW = datetime(2026, 11, 23, 9, 15, tzinfo=UTC)
Served = Callable[..., Service]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "PRICE_SECONDS", 0.1)
    monkeypatch.setattr(upkeep, "POLL_SECONDS", 0.1)


def until(holds: Callable[[], Any]) -> None:
    last = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < last
        time.sleep(0.05)


def degraded(service: Service) -> list[str]:
    told: list[str] = service.call("GET", "/readyz").json()["degraded"]
    return told


@pytest.mark.usefixtures("quick")
def test_decisions_cite_the_price_of_the_day_and_come_out_again(served: Served) -> None:
    service = served(text=AGREEMENT)
    ledger = open_ledger(service.database)
    before = service.send(FORMS[0]).json()
    remember(ledger, AGREEMENT, 1, FORMS, datetime.now(UTC) - timedelta(days=0.1))
    until(lambda: "accord_price " in service.call("GET", "/metrics").text)
    sent = [service.send(form | {"email": f"late{number}@example.com"}) for number, form in enumerate(FORMS[:60])]
    assert before["price"] is None
    with ledger.reading() as connection:
        saved = newest_price(connection, None, 1)
    assert saved is not None
    assert {one.json()["price"] for one in sent} == {saved.price.value}
    assert f"accord_load {saved.price.load}" in service.call("GET", "/metrics").text
    decisions = last_decisions(ledger, 61)
    assert {one.ruled_by for one in decisions} >= {"lot", "price", "consent"}
    assert {one.price_number for one in decisions} == {None, saved.number}
    again = Replay(ledger)
    assert [again.differences(one) for one in decisions] == [[]] * 61
    _tell_what_was_changed(service, ledger)
    ledger.close()


def _tell_what_was_changed(service: Service, ledger: Ledger) -> None:
    decided = next(one for one in last_decisions(ledger, 60) if one.ruled_by == "price" and one.route == "nurture")
    again = Replay(ledger)
    changed = {
        "route": "sales",
        "propensity": 0.5,
        "index": 1.0,
        "lot": 0.1,
        "ruled_by": "look",
        "price": 0.5,
        "band": "A",
    }
    for name, value in changed.items():
        assert name in [one.what for one in again.differences(replace(decided, **{name: value}))]  # type: ignore[arg-type]
    with sqlite3.connect(service.home / "accord.db") as database:
        database.execute("update prices set value = 0.01")
    assert {one.what for one in again.differences(decided)} >= {"price", "route"}


@pytest.mark.usefixtures("quick")
def test_nobody_there_for_a_week_is_told_and_leads_still_come_in(served: Served) -> None:
    service = served(text=AGREEMENT)
    ledger = open_ledger(service.database)
    remember(ledger, AGREEMENT, 1, FORMS, datetime.now(UTC) - timedelta(days=0.1))
    with ledger.transaction() as connection:
        connection.execute(tables.prices.delete())
        record_change(connection, Change("Ann", datetime.now(UTC), "paused"))
    until(lambda: "no-capacity" in degraded(service))
    assert 'accord_degraded{reason="no-capacity"} 1.0' in service.call("GET", "/metrics").text
    assert service.send(FORMS[0]).status_code == 201
    with ledger.transaction() as connection:
        record_change(connection, Change("Ann", datetime.now(UTC), "resumed"))
    until(lambda: "no-capacity" not in degraded(service))
    ledger.close()


@pytest.fixture
def ledger(database: str) -> Iterator[Ledger]:
    opened = open_ledger(database)
    adopt_agreement(opened, AGREEMENT, parse_agreement(AGREEMENT).digest)
    yield opened
    opened.close()


def prices(ledger: Ledger, now: datetime = NOW) -> Prices:
    return Prices(ledger, parse_agreement(AGREEMENT), 1, lambda: now)


def rows(ledger: Ledger) -> int:
    with ledger.reading() as connection:
        return len(connection.execute(tables.prices.select()).all())


def test_processes_at_once_make_one_price_a_day(ledger: Ledger) -> None:
    remember(ledger, AGREEMENT, 1, FORMS, NOW - timedelta(hours=1))
    url = ledger.engine.url.render_as_string(hide_password=False)
    others, barrier = [open_ledger(url) for _ in range(4)], Barrier(4)

    def keep(other: Ledger) -> None:
        made = prices(other)
        barrier.wait(30)
        made.keep(None)
        assert made.of(None) is not None

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(keep, others))
    assert rows(ledger) == 1
    prices(ledger, NOW + timedelta(hours=3)).keep(None)
    assert rows(ledger) == 1
    prices(ledger, NOW + timedelta(hours=14)).keep(None)  # after midnight in the team's zone
    assert rows(ledger) == 2
    for other in others:
        other.close()


def a_price(bundle: int | None, value: float) -> DayPrice:
    return DayPrice(NOW.date(), NOW, "daily", bundle, 1, value, None, 100, 50.0, 40.0, 0.0, 1.0)


def test_each_model_is_held_against_its_own_price_across_a_promotion(ledger: Ledger) -> None:
    for name in (b"one", b"two"):
        save_bundle(ledger, name, {})
    here = prices(ledger)

    def told() -> list[float | None]:
        here.follow()
        found = [here.of(model) for model in (None, "conversion/1", "conversion/2", "other")]
        return [price and price.value for price in found]

    promote(ledger, 1, None, "first", a_price(1, 11.0))
    assert told() == [11.0, 11.0, None, None]
    promote(ledger, 2, 1, "better", a_price(2, 22.0))
    assert told() == [22.0, 11.0, 22.0, None]


def test_a_price_of_another_time_is_none(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        write_price(connection, a_price(None, 5.0))
    for days, there in ((6.9, True), (7.1, False)):
        late = prices(ledger, NOW + timedelta(days=days))
        late.follow()
        assert (late.of(None) is not None) == there
        assert (late.present() is not None) == there


def test_the_price_of_a_champion_that_cannot_be_loaded_here_is_left_to_others(ledger: Ledger) -> None:
    remember(ledger, AGREEMENT, 1, FORMS, NOW - timedelta(hours=1))
    save_bundle(ledger, b"bytes that no process can open", {})
    promote(ledger, 1, None, "test")
    prices(ledger).keep(None)
    assert rows(ledger) == 0
