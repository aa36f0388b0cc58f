"""`accord retrain` from the ledger to the champion: promoted, kept, refused, explained."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from benchmarks.retrainings import crm
from leads.ledger import RETURNED, load_bundle, promote, promotions, tables
from leads.ledger.retraining import Look, begin_retraining, looked_before, write_look
from leads.settings import Settings
from tests.training.retraining.company import FORM, Company

KEYS = {"retraining", "result", "promoted", "why", "model", "run_id", "until", "leads", "left_out", "candidates"}
KEYS |= {"gates", "seconds", "megabytes", "warning", "lessons", "kind"}
GATES = ["data", "calibration", "prediction", "subgroups", "capacity", "value", "refit"]


@pytest.fixture(scope="module")
def learned(past: Company, migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Company, dict[str, Any]]:
    """After its first retraining, with what that printed."""
    made = past.copy(tmp_path_factory.mktemp("learned") / "company")
    shutil.copy(migrated, made.home / "mlflow.db")
    made.settings["MLFLOW_TRACKING_URI"] = f"sqlite:///{made.home / 'mlflow.db'}"
    return made, made.retrain()


Learned = tuple[Company, dict[str, Any]]


def test_the_first_retraining_promotes_what_passed_every_gate(learned: Learned) -> None:
    company, told = learned
    assert set(told) >= KEYS
    assert (told["retraining"], told["result"], told["promoted"]) == (1, "promoted", True)
    assert told["kind"] == "new recipe"
    assert (told["model"], told["leads"], told["warning"]) == ("conversion/1", len(crm()), None)
    assert [(gate["name"], gate["passed"]) for gate in told["gates"]] == [(name, True) for name in GATES]
    assert {"base rate", "scorecard", "logistic", "trees", "blend"} == {one["name"] for one in told["candidates"]}
    (one,) = company.story()
    assert (one["result"], one["model"], one["why"]) == ("promoted", "conversion/1", told["why"])
    assert "promoted   model 1" in company("retrain", "--list")
    scores = json.loads(company("report", "--json"))["model"]
    assert (scores["model"], scores["rung"], scores["next_rung"]) == ("conversion/1", told["rung"], told["next_rung"])


def test_its_model_says_what_it_came_from_and_serves(learned: Learned) -> None:
    company, told = learned
    with company.ledger() as ledger:
        facts, (arrival,) = load_bundle(ledger, 1).facts, promotions(ledger)
    assert (facts["retraining"], facts["until"], facts["refused"]) == (1, told["until"], None)
    assert facts["gates"] == told["gates"]
    assert (arrival.bundle, arrival.replaced) == (1, None)
    assert "retraining 1" in arrival.reason
    form = company.place / "form.csv"
    form.write_text(",".join(FORM) + "\n" + ",".join(str(value) for value in FORM.values()) + "\n")
    company("score", form, "-o", company.place / "out.csv")
    header, row = (line.split(",") for line in (company.place / "out.csv").read_text().splitlines()[:2])
    scored = dict(zip(header[: len(FORM) + 1], row[: len(FORM) + 1], strict=True))
    assert float(scored["probability"]) == pytest.approx(company.score(), abs=1e-12)


def test_mlflow_has_a_flat_run_for_each_contender(learned: Learned) -> None:
    from training.experiment.store import opened

    company, told = learned
    places = Settings(home=company.home)
    with opened(places, "a test") as client:
        experiment = client.get_experiment_by_name("accord")
        runs = client.search_runs([experiment.experiment_id])
        version = client.get_model_version_by_alias("conversion", "champion")
    assert {run.data.tags["retraining"] for run in runs} == {"1"}
    assert len(runs) == len(told["candidates"])
    assert not any("mlflow.parentRunId" in run.data.tags for run in runs)
    assert told["run_id"] in {run.info.run_id for run in runs}
    assert {run.data.tags["gate.prediction"] for run in runs} == {"passed"}
    assert {run.data.tags["kind"] for run in runs} == {"new recipe"}
    assert version.tags.get("accord_model", version.version) in ("1", 1)


def test_nobody_of_the_leads_stands_in_the_bundle_or_in_mlflow(learned: Learned) -> None:
    company, _ = learned
    with company.ledger() as ledger:
        bundle = load_bundle(ledger, 1)
    written = [bundle.data, json.dumps(bundle.facts).encode()]
    written += [path.read_bytes() for path in company.home.rglob("*") if path.is_file() and path.name != "accord.db"]
    people = [email.encode() for email in crm()["email"]]
    assert not [person for person in people if any(person in text for text in written)]


def test_again_at_once_there_is_nothing_new_to_learn(learned: Learned, tmp_path: Path) -> None:
    company = learned[0].copy(tmp_path / "again")
    before = company.score()
    waiting = company.retrain("--if-due")
    assert (waiting["due"], waiting["promoted"]) == (False, False)
    assert "one is due 7 days after another" in waiting["why"]
    told = company.retrain()
    assert (told["retraining"], told["result"], told["promoted"]) == (2, "kept", False)
    assert "MLflow" in told["warning"]
    assert company.champion() == 1
    assert company.score() == before
    assert [one["result"] for one in company.story()] == ["kept", "promoted"]


def test_what_failed_on_real_leads_is_not_made_again_week_by_week(learned: Learned, tmp_path: Path) -> None:
    company = learned[0].copy(tmp_path / "returned")
    with company.ledger() as ledger:
        promote(ledger, None, 1, f"{RETURNED}every lead got the same score")
    told = company.retrain()
    assert (told["result"], told["model"], company.champion()) == ("challenger", "conversion/2", None)
    assert all(gate["passed"] for gate in told["gates"])
    assert "model 1 has the same settings and was given up by itself: every lead got the same score" in told["why"]
    assert "model 2 serves now" in company("promote", 2).lower()
    with company.ledger() as ledger:
        promote(ledger, None, 2, "rolled back by hand")
    assert company.retrain()["result"] == "promoted"


def test_a_refresh_is_held_against_the_champion_as_old_as_it_is(learned: Learned, tmp_path: Path) -> None:
    company = learned[0].copy(tmp_path / "older")
    with company.ledger() as ledger:
        facts = load_bundle(ledger, 1).facts
        long_ago = (datetime.now(UTC) - timedelta(days=90)).isoformat()
        with ledger.transaction() as connection:
            connection.execute(update(tables.bundles).values(facts=facts | {"until": long_ago}))
    told = company.retrain()
    assert told["result"] in ("promoted", "kept")
    assert told["model"] == "conversion/2"
    assert company.champion() == (2 if told["promoted"] else 1)
    names = [gate["name"] for gate in told["gates"]]
    if told["promoted"]:
        assert (told["kind"], names) == ("refresh", ["data", "calibration", "prediction", "subgroups", "refit"])
    (prediction,) = [gate for gate in told["gates"] if gate["name"] == "prediction"]
    assert -0.01 < prediction["numbers"]["needed"] < 0  # a new recipe would need more than 0


def test_leads_that_were_looked_at_before_are_judged_more_strictly(learned: Learned, company: Company) -> None:
    """What anybody looks at again and again seems certain some day though it is not."""
    with learned[0].ledger() as ledger, ledger.reading() as connection:
        row = connection.execute(select(tables.looks)).one()
    look = Look(row.recipe, row.against, row.began, row.ended)
    with company.ledger() as ledger:
        begun = begin_retraining(ledger, datetime.now(UTC) - timedelta(days=7), None)
        write_look(ledger, begun.id, look, datetime.now(UTC))
        write_look(ledger, begun.id, look, datetime.now(UTC))
        assert looked_before(ledger, look, begun.id) == 0
        assert looked_before(ledger, look, begun.id + 1) == 1
        apart = look._replace(began=look.ended, ended=look.ended + timedelta(days=9))
        assert looked_before(ledger, apart, begun.id + 1) == 0
        with ledger.transaction() as connection:
            connection.execute(update(tables.retrainings).values(ended_at=begun.began_at, result="failed"))
    once, again = (_prediction(told) for told in (learned[1], company.retrain()))
    assert again["gain"] == pytest.approx(once["gain"], abs=1e-9)
    assert again["lower_bound"] < once["lower_bound"]


def _prediction(told: dict[str, Any]) -> dict[str, float]:
    (numbers,) = [gate["numbers"] for gate in told["gates"] if gate["name"] == "prediction"]
    found: dict[str, float] = numbers
    return found
