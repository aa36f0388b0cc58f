"""A new champion that fails on real leads is given up by itself, once; and old data are told."""

import json
import math
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from leads.agreement import parse_agreement
from leads.ledger import add_receiver, champion, open_ledger, promote, promotions, save_bundle
from models import verification
from models.blend import Blend
from models.bundle import bundle_files, golden_leads, open_bundle, pack
from models.champion import saved_scorer
from models.logistic import Logistic
from serving import upkeep
from serving.scoring.comparison import fault
from tests.bundles import past_leads, trained
from tests.serving.conftest import AGREEMENT as PLAIN

AGREEMENT = PLAIN.replace(
    "[routing]", 'mail = "sales@example.com"\n[marketing]\nmail = "nurture@example.com"\n[routing]'
)
FORMS = [
    {"email": f"p{row}@example.com", "country": lead["country"], "industry": lead["industry"], "budget": lead["budget"]}
    for row, lead in enumerate(past_leads(40, seed=9).fillna({"budget": 100}).to_dict("records"))
]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "POLL_SECONDS", 0.05)
    monkeypatch.setattr(upkeep, "WATCH_SECONDS", 0.1)


def changed(change: Callable[[Blend], Blend]) -> bytes:
    """A sound bundle with one thing changed, and golden leads that it scores as before."""
    files, fields = trained(AGREEMENT, seed=2), parse_agreement(AGREEMENT).form.fields
    scorer = open_bundle(files, None)
    golden = [each[0] for each in golden_leads(files)]
    return pack(bundle_files(replace(scorer, blend=change(scorer.blend)), fields, "Europe/Berlin", golden[:1]))


def without_tellings_apart(blend: Blend) -> Blend:
    return replace(blend, logistic_weight=0.0, trees_weight=0.0)


def far_too_sure(blend: Blend) -> Blend:
    return replace(blend, shift=blend.shift + 4)


def failing_on_steel_from_germany(blend: Blend) -> Blend:
    """Finite weights whose sum is not: no check of the bundle can see that, and no golden lead is of this kind."""
    assert blend.logistic is not None
    told = blend.logistic.to_json()
    for column, term in zip(blend.encoder.to_json(), told["terms"], strict=True):
        for place, level in enumerate(column.get("levels", [])):
            if level in ("DE", "Steel"):
                term["levels"][place + 2] = 1.7e308
    return replace(blend, logistic=Logistic.from_json(told), logistic_weight=1.0, trees_weight=0.0)


def until(true: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def readiness(running: Any) -> list[str]:
    told: list[str] = running.call("GET", "/readyz").json()["degraded"]
    return told


def served_leads(served: Any) -> tuple[Any, Any]:
    """A service whose first champion has scored forty leads."""
    running = served(text=AGREEMENT)
    ledger = open_ledger(running.database)
    promote(ledger, save_bundle(ledger, pack(trained(AGREEMENT)), {}), None, "test")
    until(lambda: readiness(running) == ["mail-not-configured"])
    for form in FORMS:
        assert running.send(form).json()["model"] == "conversion/1"
    return running, ledger


@pytest.mark.parametrize(
    ("change", "kind", "says"),
    [
        (
            without_tellings_apart,
            "constant",
            "the last 40 leads all got the same score, while model 1 tells them apart",
        ),
        (far_too_sure, "rates", "times higher than by model 1"),
        (failing_on_steel_from_germany, "not-finite", "got no score that is a number"),
    ],
    ids=["constant", "rates", "not-finite"],
)
def test_a_champion_that_fails_on_real_leads_is_given_up_once_and_everybody_hears_of_it(
    served: Any, change: Callable[[Blend], Blend], kind: str, says: str, caplog: pytest.LogCaptureFixture
) -> None:
    running, ledger = served_leads(served)
    add_receiver_for(ledger)
    promote(ledger, save_bundle(ledger, changed(change), {}), 1, "test")
    until(lambda: champion(ledger) == 1)
    last = promotions(ledger)[-1]
    assert (last.bundle, last.replaced) == (1, 2)
    assert last.reason.startswith("returned by itself: ")
    assert says in last.reason
    until(lambda: "champion-returned" in readiness(running))
    until(lambda: running.send(FORMS[0]).json()["model"] == "conversion/1")
    assert f'accord_champion_returns_total{{reason="{kind}"}} 1.0' in running.call("GET", "/metrics").text
    assert "the champion was given up" in caplog.text
    told, mails = announced(running)
    assert [(one["model"], one["serves"]) for one in told] == [("conversion/2", "conversion/1")]
    assert says in told[0]["why"]
    assert [to for to, _ in mails] == ["nurture@example.com", "sales@example.com"]
    time.sleep(1)
    assert len(promotions(ledger)) == 3
    promote(ledger, 2, 1, "promoted by hand all the same: we know")
    until(lambda: "champion-returned" not in readiness(running))
    time.sleep(1)
    assert (champion(ledger), len(promotions(ledger))) == (2, 4)
    ledger.close()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (without_tellings_apart, "all got the same score, while the scorecard tells them apart"),
        (failing_on_steel_from_germany, "got no score that is a number"),
    ],
    ids=["constant", "not-finite"],
)
def test_the_first_model_is_given_up_for_the_scorecard(
    served: Any, change: Callable[[Blend], Blend], says: str
) -> None:
    running = served(text=AGREEMENT)
    ledger = open_ledger(running.database)
    add_receiver_for(ledger)
    for form in FORMS:
        assert running.send(form).json()["scored_by"] == "scorecard"
    promote(ledger, save_bundle(ledger, changed(change), {"rung": "blend"}), None, "test")
    until(lambda: [one.bundle for one in promotions(ledger)] == [1, None])
    last = promotions(ledger)[-1]
    assert (last.replaced, champion(ledger)) == (1, None)
    assert last.reason.startswith("returned by itself: ")
    assert says in last.reason
    until(lambda: "champion-returned" in readiness(running))
    until(lambda: running.send(FORMS[0]).json()["scored_by"] == "scorecard")
    told, mails = announced(running)
    assert [(one["model"], one["serves"]) for one in told] == [("conversion/1", None)]
    assert "The agreement's points score leads again" in mails[0][1]
    standing = running.call("GET", "/v1/model", running.secret).json()
    assert (standing["model"], standing["rung"], standing["why"]) == (None, "scorecard", last.reason)
    time.sleep(1)
    assert len(promotions(ledger)) == 2
    ledger.close()


def test_a_sound_champion_stays_and_nobody_who_was_gone_back_to_is_watched(served: Any) -> None:
    running, ledger = served_leads(served)
    promote(ledger, save_bundle(ledger, pack(trained(AGREEMENT, seed=2)), {}), 1, "test")
    until(lambda: running.send(FORMS[0]).json()["model"] == "conversion/2")
    time.sleep(1)
    assert champion(ledger) == 2
    promote(ledger, save_bundle(ledger, changed(far_too_sure), {}), 2, "rolled back by hand")
    until(lambda: running.send(FORMS[0]).json()["model"] == "conversion/3")
    time.sleep(1)
    assert champion(ledger) == 3
    ledger.close()


@pytest.mark.parametrize(("days", "stale"), [(59, False), (61, True)], ids=["59 days", "61 days"])
def test_a_champion_that_learned_from_old_data_is_told(served: Any, days: int, stale: bool) -> None:
    running = served(text=AGREEMENT)
    ledger = open_ledger(running.database)
    moment = datetime.now(UTC) - timedelta(days=days)
    number = save_bundle(ledger, pack(trained(AGREEMENT)), {"until": moment.isoformat()})
    promote(ledger, number, None, "test")
    until(lambda: "accord_model_data_age_seconds" in running.call("GET", "/metrics").text)
    assert ("champion-stale" in readiness(running)) == stale
    text = running.call("GET", "/metrics").text
    assert ('accord_degraded{reason="champion-stale"} 1.0' in text) == stale
    age = next(line for line in text.splitlines() if line.startswith("accord_model_data_age_seconds"))
    assert float(age.split()[1]) == pytest.approx(days * 86_400, abs=120)
    ledger.close()


def test_a_bundle_is_verified_once_for_each_hash_however_often_it_comes_back(
    served: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[bytes] = []
    really = verification._verify_in_child
    monkeypatch.setattr(verification, "_verified", set())
    monkeypatch.setattr(verification, "_verify_in_child", lambda data: (checked.append(data), really(data)))
    running = served(text=AGREEMENT)
    ledger = open_ledger(running.database)

    def scores(number: int) -> bool:
        return bool(running.send(FORMS[0]).json()["model"] == f"conversion/{number}")

    for seed in (1, 2):
        save_bundle(ledger, pack(trained(AGREEMENT, seed=seed)), {})
    for number in (1, 2, 1, 2, 1):
        promote(ledger, number, champion(ledger), "test")
        until(partial(scores, number))
    assert len(checked) == 2
    assert saved_scorer(ledger, 1).model == "conversion/1"
    ledger.close()


def test_too_few_leads_and_those_that_the_model_before_could_not_score_say_nothing() -> None:
    apart = [float(one % 7) for one in range(60)]
    assert fault([(0.0, one) for one in apart[:29]], 1) is None
    assert fault([(0.0, math.nan) for _ in apart], 1) is None
    assert fault([(one + 1.9, one) for one in apart], 1) is None
    assert fault([(0.3, 0.3) for _ in apart], 1) is None
    assert fault([*[(math.nan, 1.0)] * 2, *((one, one) for one in apart[:30])], 1) is None


@pytest.mark.parametrize(
    ("scores", "kind"),
    [
        ([(math.inf, 1.0)] * 30, "not-finite"),
        ([*[(math.nan, 1.0)] * 3, *[(one % 5, one % 5) for one in range(40)]], "not-finite"),
        ([(2.0, float(one % 5)) for one in range(30)], "constant"),
        ([(one % 5 - 2.1, float(one % 5)) for one in range(30)], "rates"),
        ([(one % 5 + 1e300, float(one % 5)) for one in range(30)], "not-finite"),
    ],
    ids=["infinite", "some NaN", "constant", "far lower", "beyond all numbers"],
)
def test_what_no_sound_model_does_is_a_fault(scores: list[tuple[float, float]], kind: str) -> None:
    found = fault(scores, 1)
    assert found is not None
    assert found.kind == kind


def add_receiver_for(ledger: Any) -> None:
    with ledger.transaction() as connection:
        add_receiver(connection, "https://hooks.example.com/accord", datetime.now(UTC), ["model.returned"])


def announced(running: Any) -> tuple[list[dict[str, Any]], list[tuple[str, str]]]:
    """What the receiver was to be told, and who was to be mailed what."""
    with closing(sqlite3.connect(running.home / "accord.db")) as database:
        rows = database.execute(
            "select mail_to, payload from messages where event = 'model.returned' order by mail_to"
        ).fetchall()
    told = [json.loads(payload)["data"] for to, payload in rows if to is None]
    return told, [(to, payload) for to, payload in rows if to is not None]
