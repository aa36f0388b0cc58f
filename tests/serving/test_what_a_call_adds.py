"""A champion that knows who follows up: leads are routed, ranked and told by what a call adds."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from features.catalogue import ACTION
from leads.agreement import parse_agreement
from leads.ledger import (
    DayPrice,
    Ledger,
    adopt_agreement,
    last_decisions,
    open_ledger,
    promote,
    save_bundle,
    write_price,
)
from leads.ledger.price import window
from leads.table import read_values
from models.boosting import TreesRecipe
from models.bundle import bundle_files, pack
from models.logistic import LogisticRecipe
from models.replay import Replay
from serving.report.facts import read_facts
from serving.report.gap import handled
from serving.report.period import month_around
from tests.bundles import past_leads
from tests.called import scorer_of_both
from tests.serving.conftest import AGREEMENT, Service, accord
from training.golden import golden_leads
from training.recipe import Recipe

SURE = {"email": "sure@example.com", "country": "DE"}
HELPED = {"email": "helped@example.com", "country": "FR"}
PRICE = 15.0
USUAL_ANSWER = {
    "lead", "decision", "probability", "horizon_days", "band", "route", "owner", "respond_by", "scored_by", "model",
    "agreement", "price", "propensity", "reasons",
}  # fmt: skip


@cache
def trained() -> bytes:
    """Whoever is from Germany converts anyway, at six in ten; a call brings the others from one in ten to four."""
    agreement, table = parse_agreement(AGREEMENT), past_leads(3000)
    draw, sure = np.random.default_rng(3), (table["country"] == "DE").to_numpy()
    sales = (draw.random(3000) < 0.5).astype(float)
    y = (draw.random(3000) < np.where(sure, 0.6, np.where(sales == 1, 0.4, 0.1))).astype(float)
    values = read_values(table.astype(object), agreement).values.assign(**{ACTION: sales})
    recipe = Recipe(LogisticRecipe(), TreesRecipe(rounds=20, min_data_in_leaf=10))
    scorer, fields = scorer_of_both(recipe, values, y, agreement), agreement.form.fields
    return pack(bundle_files(scorer, fields, agreement.sales.timezone, golden_leads(fields, values)))


@pytest.fixture
def service(served: Callable[..., Service], tmp_path: Path) -> Service:
    (tmp_path / "home").mkdir()
    with closing(open_ledger(f"sqlite:///{tmp_path / 'home' / 'accord.db'}")) as ledger:
        number = adopt_agreement(ledger, AGREEMENT, parse_agreement(AGREEMENT).digest)
        bundle = save_bundle(ledger, trained(), {})
        promote(ledger, bundle, None, "test")
        now = datetime.now(UTC)
        price = DayPrice(now.date(), now, "daily", bundle, number, PRICE, None, 100, 60.0, 50.0, 0.0, 1.0)
        with ledger.transaction() as connection:
            write_price(connection, price)
    return served()


@pytest.fixture
def ledger(service: Service) -> Iterator[Ledger]:
    with closing(open_ledger(service.database)) as opened:
        yield opened


def sent(service: Service, form: dict[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The answer, and the full account of the decision."""
    answered = service.send(form)
    assert answered.status_code == 201, answered.text
    answer = answered.json()
    return answer, service.call("GET", f"/v1/decisions/{answer['decision']}", service.secret).json()


def test_a_lead_whom_a_call_helps_goes_before_one_that_converts_anyway(service: Service, ledger: Ledger) -> None:
    (sure, of_sure), (helped, of_helped) = sent(service, SURE), sent(service, HELPED)
    assert sure["probability"] > helped["probability"] + 0.1
    assert (sure["route"], helped["route"]) == ("nurture", "sales")
    assert sure["model"] == helped["model"] == "conversion/1"
    assert set(sure) == set(helped) == USUAL_ANSWER
    for told in (of_sure, of_helped):
        assert told["ruled_by"] == "price"
        assert told["p_sales"] == told["probability"]
        assert told["index"] == pytest.approx(max(told["p_sales"] - told["p_nurture"], 0) * 3000 / 22)
        total = told["base"] + told["others"] + sum(one["effect"] for one in told["contributions"])
        assert total == pytest.approx(told["log_odds"], abs=1e-9)
        assert "Who follows up: sales" in [one["text"] for one in told["contributions"]]
        assert "Who follows up: sales" not in [one["text"] for one in told["reasons"]]
        assert not [name for name in told["features"] if name.startswith("route")]
    again = Replay(ledger)
    assert [again.differences(one) for one in last_decisions(ledger, 10)] == [[], []]
    queue = service.call("GET", "/v1/queue", service.secret).json()["leads"]
    assert [one["lead"] for one in queue] == [helped["lead"]]
    assert queue[0]["index"] == pytest.approx(of_helped["index"], rel=0.05)


def test_people_are_told_what_a_call_adds(service: Service, ledger: Ledger) -> None:
    helped, full = sent(service, HELPED)
    points = f"{100 * (full['p_sales'] - full['p_nurture']):.1f}"
    told = f"a call adds {points} points: without one it is {100 * full['p_nurture']:.1f} %"
    assert told in accord(service.home, "lead", helped["lead"]).stdout
    supposed = accord(service.home, "route", "country=FR", "--at", "2026-11-23T09:00").stdout
    assert "a call adds" in supposed
    assert "times what a call adds" in supposed
    story = json.loads(accord(service.home, "lead", helped["lead"], "--json").stdout)
    assert story["decisions"][0]["p_nurture"] == full["p_nurture"]


def test_the_ledger_keeps_both_chances_for_prices_and_reports(service: Service, ledger: Ledger) -> None:
    (_, of_sure), (_, of_helped) = sent(service, SURE), sent(service, HELPED)
    now = datetime.now(UTC)
    agreement = parse_agreement(AGREEMENT)
    with ledger.reading() as connection:
        weighable = window(connection, now - timedelta(days=1))
        facts = read_facts(connection, agreement, month_around(now, ZoneInfo("Europe/Berlin"), now))
    assert [one.p_nurture for one in weighable] == [of_sure["p_nurture"], of_helped["p_nurture"]]
    promised = handled(facts.leads, facts)
    assert promised.probabilities.tolist() == [of_sure["p_nurture"], of_helped["p_sales"]]
    assert promised.effects.tolist() == [0.0, of_helped["p_sales"] - of_helped["p_nurture"]]


def test_a_table_is_scored_both_ways(service: Service, tmp_path: Path) -> None:
    pd.DataFrame([SURE, HELPED]).to_csv(tmp_path / "leads.csv", index=False)
    ran = accord(service.home, "score", str(tmp_path / "leads.csv"), "-o", str(tmp_path / "out.csv"))
    assert ran.returncode == 0, ran.stderr
    scored = pd.read_csv(tmp_path / "out.csv")
    adds = scored["probability"] - scored["p_nurture"]
    assert adds[1] > 0.2 > adds[0]
