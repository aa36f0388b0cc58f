"""The training job through the command: what it learns from, what wins, what it says, what it refuses."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.conftest import AGREEMENT, Accord

Leads = Callable[..., pd.DataFrame]


@pytest.fixture
def train(accord: Accord, tmp_path: Path) -> Callable[..., dict]:
    (tmp_path / "accord.toml").write_text(AGREEMENT)

    def run(table: pd.DataFrame, *words: str, budget: float = 0) -> dict:
        table.to_csv(tmp_path / "history.csv", index=False)
        return json.loads(accord("train", "history.csv", "--budget", budget, "--json", *words).stdout)

    return run


def losses(told: dict) -> dict[str, float]:
    return {candidate["name"]: candidate["log_loss"] for candidate in told["candidates"]}


def test_thirty_leads_end_on_a_rung_that_is_no_worse_than_the_base_rate(train, leads: Leads) -> None:
    told = train(leads(30))
    assert told["scored_by"] in ("scorecard", "logistic")
    assert "trees" not in losses(told)
    assert told["why"]


def test_three_hundred_leads_beat_the_base_rate(train, leads: Leads) -> None:
    told = train(leads(300))
    assert told["scored_by"] in ("logistic", "trees", "blend")
    assert losses(told)[told["scored_by"]] < losses(told)["base rate"]


def test_three_thousand_leads_climb_to_the_blend_and_near_the_truth(train, leads: Leads) -> None:
    told = train(leads(3000))
    assert told["scored_by"] == "blend"
    assert told["model"] == "conversion/1"
    assert told["promoted"] is True
    assert {"base rate", "scorecard", "logistic", "trees", "blend"} == set(losses(told))
    assert losses(told)["blend"] < min(losses(told)["scorecard"], losses(told)["base rate"])
    assert told["metrics"]["ece"] < 0.05
    assert told["newest"]["roc_auc"] > 0.7


def test_leads_without_any_signal_leave_the_scorecard_in_charge(train, leads: Leads) -> None:
    noise = leads(600)
    noise["converted"] = np.random.default_rng(4).permutation(noise["converted"])
    told = train(noise)
    assert told["scored_by"] == "scorecard"
    assert told["model"] is None
    assert told["promoted"] is False
    assert "chance" in told["why"]


def test_a_second_training_is_a_challenger_that_the_command_promotes_and_rolls_back(
    train, accord: Accord, leads: Leads
) -> None:
    assert train(leads(400))["promoted"] is True
    second = train(leads(500, seed=2))
    assert second["promoted"] is False
    assert "champion" in losses(second)
    assert accord("promote", "2").stdout.startswith("Model 2 serves now; before it was model 1.")
    assert "serves already" in accord("promote", "2", expect=2).stderr
    assert "There is no model 9" in accord("promote", "9", expect=2).stderr
    assert accord("rollback").stdout.startswith("Model 1 serves now")
    assert accord("rollback").stdout.startswith("The scorecard serves now; before it was model 1.")
    assert "none to go back from" in accord("rollback", expect=2).stderr
    assert accord("promote", "1").stdout.startswith("Model 1 serves now; before it was the scorecard.")


def test_scores_of_a_table_are_row_for_row_and_follow_the_model(train, accord: Accord, leads: Leads, tmp_path) -> None:
    train(leads(800))
    fresh = leads(200, seed=7).drop(columns="converted")
    fresh.to_csv(tmp_path / "fresh.csv", index=False)
    accord("score", "fresh.csv", "-o", "scored.parquet")
    scored = pd.read_parquet(tmp_path / "scored.parquet")
    assert list(scored.columns) == [*fresh.columns, "probability", "band", "route", "scored_by", "reasons"]
    assert scored["email"].tolist() == fresh["email"].tolist()
    assert scored.loc[scored["demo_requested"] == "yes", "probability"].mean() > scored["probability"].mean()
    reasons = json.loads(scored["reasons"][0])
    assert {"field", "text", "effect"} == set(reasons[0])
    again = accord("score", "scored.parquet", "-o", "again.csv", expect=2)
    assert "--prefix" in again.stderr
    assert not (tmp_path / "again.csv").exists()
    accord("score", "scored.parquet", "-o", "again.csv", "--prefix", "new_")
    assert "new_probability" in pd.read_csv(tmp_path / "again.csv")


def test_columns_outside_the_form_are_named_once_and_bad_cells_counted(train, accord: Accord, leads: Leads) -> None:
    table = leads(300).assign(notes="x")
    table["pages"] = table["pages"].astype(object)
    table.loc[3, "pages"] = "many"
    told = train(table)
    assert told["ignored_columns"] == ["notes"]
    assert told["bad_cells"] == {"pages": 1}
    assert accord("train", "history.csv", "--budget", "0").stderr.count("notes") == 1


def test_young_leads_teach_nothing_and_that_is_said(train, leads: Leads, tmp_path: Path) -> None:
    table = leads(400)
    table["created_at"] = pd.date_range("2026-01-01", periods=400, freq="D", tz="UTC").astype(str)
    (tmp_path / "accord.toml").write_text(AGREEMENT.replace("in_order = true", 'arrived = "created_at"'))
    told = train(table)
    assert told["young_rows"] == 90
    assert told["rows"] == 310
    assert not told["young_rows_teach"]


def test_young_leads_teach_where_the_table_tells_when_leads_converted(
    accord: Accord, leads: Leads, tmp_path: Path
) -> None:
    """A source of the last weeks converts best of all, though most of its leads have not converted yet."""
    chance, table = np.random.default_rng(1), leads(2000)
    arrived = pd.Series(pd.date_range("2026-01-01", periods=2000, freq="4h", tz="UTC"))
    table["source"] = np.where((table.index >= 1500) & (chance.random(2000) < 0.5), "social", "search")
    log_odds = -2.2 + 1.8 * (table["demo_requested"] == "yes") + 2.4 * (table["source"] == "social")
    truth = 1 / (1 + np.exp(-log_odds))
    at = arrived + pd.to_timedelta(chance.uniform(1, 89, 2000), unit="D")
    seen = (chance.random(2000) < truth) & (at <= arrived.iloc[-1])
    table = table.assign(created_at=arrived, won_at=at.where(seen), converted=seen.astype(int))
    table.to_csv(tmp_path / "history.csv", index=False)
    times = 'arrived = "created_at"\nconverted_at = "won_at"'
    (tmp_path / "accord.toml").write_text(AGREEMENT.replace("in_order = true", times))
    told = accord("train", "history.csv", "--budget", "0").stdout
    assert "540 younger leads, " in told
    assert "teach by how much of their time to convert has passed (half of all conversions come within 4" in told
    accord("score", "history.csv", "-o", "scored.csv")
    said = pd.read_csv(tmp_path / "scored.csv").groupby("source")["probability"].mean()
    so_far = seen.groupby(table["source"]).mean()
    assert said["search"] == pytest.approx(truth[table["source"] == "search"].mean(), abs=0.08)
    assert 1.3 * so_far["social"] < said["social"] < truth[table["source"] == "social"].mean() + 0.08


def test_tuning_finds_trees_that_are_no_worse(train, leads: Leads) -> None:
    plain = losses(train(leads(500)))
    tuned = losses(train(leads(500), budget=8))
    assert tuned["trees"] <= plain["trees"] + 1e-9


def edited(table: pd.DataFrame, **columns: object) -> pd.DataFrame:
    return table.assign(**columns)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda t: t.drop(columns="converted"), "no column 'converted'"),
        (lambda t: t.rename(columns={"converted": "convertd"}), "Did you mean 'convertd'"),
        (lambda t: edited(t, converted=1), "only '1'"),
        (lambda t: edited(t, converted=0), "no '1'"),
        (lambda t: edited(t, converted=t["converted"].where(t.index != 4)), "data row 5"),
        (lambda t: t.head(0), "history.csv"),
    ],
)
def test_a_table_that_cannot_teach_is_refused_with_the_place_and_the_remedy(
    accord: Accord, leads: Leads, tmp_path: Path, change: Callable[[pd.DataFrame], pd.DataFrame], says: str
) -> None:
    (tmp_path / "accord.toml").write_text(AGREEMENT)
    change(leads(60)).to_csv(tmp_path / "history.csv", index=False)
    done = accord("train", "history.csv", "--budget", "0", expect=2)
    assert says in done.stderr
    assert done.stdout == ""
