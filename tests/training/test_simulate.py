from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from features.matrix import many, plan
from leads.agreement import parse_agreement
from leads.fields import KINDS as ALL_KINDS
from leads.fields import Field, from_cell
from leads.form import ARRIVED
from leads.table import read_values
from training.company.drawn import TRUTH
from training.company.forms import FORM
from training.company.outcomes import chances, gained_value, human_routing, oracle_routing, outcomes
from training.company.world import World, remaining_effect
from training.simulate import AFTER_CONTACT, history, simulate

ALIGNED = World()
SURE_THINGS = World(align=-0.6)


@pytest.fixture(scope="module")
def year() -> pd.DataFrame:
    return simulate(ALIGNED, 3_000, 365, seed=3)


@pytest.fixture(scope="module")
def crowd() -> pd.DataFrame:
    return simulate(ALIGNED, 60_000, 182, seed=3)


def test_the_same_seed_gives_the_same_bits(year: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(simulate(ALIGNED, 3_000, 365, seed=3), year, check_exact=True)
    pd.testing.assert_frame_equal(history(ALIGNED, year, 3), history(ALIGNED, year, 3), check_exact=True)


def test_another_seed_gives_other_leads_and_another_history(year: pd.DataFrame) -> None:
    other = simulate(ALIGNED, 3_000, 365, seed=4)
    for column in ("source", "email", "created_at", "_p0", "_value"):
        assert (other[column] != year[column]).any(), column
    assert (history(ALIGNED, year, 3)["converted"] != history(ALIGNED, year, 4)["converted"]).any()


def test_conversions_come_as_often_as_the_truth_says_in_every_tenth(crowd: pd.DataFrame) -> None:
    coin = np.random.default_rng(1).random(len(crowd)) < 0.5
    routing = pd.DataFrame({"routed": coin, "wait_minutes": np.where(coin, 30.0, np.nan)})
    truth = chances(crowd, routing)
    won = outcomes(ALIGNED, crowd, routing, seed=3)["converted"].to_numpy(float)
    for rows in np.array_split(np.argsort(truth), 10):
        error = np.sqrt((truth[rows] * (1 - truth[rows])).sum()) / len(rows)
        assert abs(won[rows].mean() - truth[rows].mean()) <= 4 * error


def test_a_lead_called_at_once_gets_the_whole_effect_and_a_nurtured_one_none(year: pd.DataFrame) -> None:
    none = pd.DataFrame({"routed": False, "wait_minutes": np.nan}, index=year.index)
    assert np.array_equal(chances(year, none), year["_p0"])
    assert np.allclose(chances(year, none.assign(routed=True, wait_minutes=0.0)), year["_p1"])
    assert remaining_effect(5) == pytest.approx(0.95, abs=0.01)
    assert remaining_effect(60) == pytest.approx(0.66, abs=0.01)


def test_spam_never_converts(year: pd.DataFrame) -> None:
    spam = year["_spam"]
    assert 0.05 < spam.mean() < 0.2
    assert (year.loc[spam, ["_p0", "_p1"]] == 0).all(axis=None)


def test_people_call_as_many_leads_a_week_as_they_can(crowd: pd.DataFrame) -> None:
    routed = human_routing(ALIGNED, crowd, seed=3)["routed"]
    weekly = routed.groupby((crowd["_t"] // 7).astype(int)).mean()
    assert weekly.between(ALIGNED.capacity - 0.002, ALIGNED.capacity).all()


def test_the_called_convert_so_often_that_calling_looks_far_better_than_it_is(crowd: pd.DataFrame) -> None:
    routing = human_routing(ALIGNED, crowd, seed=3)
    called = routing["routed"].to_numpy(bool)
    won = outcomes(ALIGNED, crowd, routing, seed=3)["converted"].to_numpy(float)
    naive = won[called].mean() - won[~called].mean()
    true = (chances(crowd, routing) - crowd["_p0"].to_numpy(float))[called].mean()
    assert naive == pytest.approx(0.27, abs=0.06)
    assert naive > 1.8 * true > 0


@pytest.mark.parametrize(("align", "least", "most"), [(0.3, 0.6, 0.8), (-0.6, 0.6, 0.8)])
def test_the_oracle_has_no_regret_and_lots_have_much(align: float, least: float, most: float) -> None:
    leads = simulate(replace(ALIGNED, align=align), 20_000, 182, seed=5)
    best = oracle_routing(leads, 0.2)
    drawn = np.random.default_rng(5).permutation(len(leads)) < best.sum()
    best_value = gained_value(leads, best)
    people = human_routing(ALIGNED, leads, 5)["routed"].to_numpy(bool)
    hottest = (leads["_p1"].rank(ascending=False) <= best.sum()).to_numpy(bool)
    assert max(gained_value(leads, people), gained_value(leads, hottest)) <= best_value
    assert least <= 1 - gained_value(leads, drawn) / best_value <= most


def test_where_hot_leads_buy_anyway_people_gain_much_less_by_calling_them() -> None:
    shares = []
    for world in (ALIGNED, SURE_THINGS):
        leads = simulate(world, 20_000, 182, seed=5)
        called = human_routing(world, leads, 5)["routed"].to_numpy(bool)
        shares.append(gained_value(leads, called) / gained_value(leads, oracle_routing(leads, 0.2)))
    assert shares[0] > shares[1] + 0.15


def test_the_effect_can_flip_and_the_concept_can_shift() -> None:
    steady = simulate(ALIGNED, 4_000, 100, seed=6)
    flipped = simulate(replace(ALIGNED, effect_flip_day=50.0), 4_000, 100, seed=6)
    shifted = simulate(replace(ALIGNED, concept_shift_day=50.0), 4_000, 100, seed=6)
    late = (steady["_t"] >= 50) & ~steady["_spam"]
    asked = late & steady["demo_requested"]
    assert (flipped["_p1"] != steady["_p1"]).equals(late)
    assert flipped["_p0"].equals(steady["_p0"])
    assert (shifted.loc[asked, "_p0"] < steady.loc[asked, "_p0"]).all()
    assert shifted.loc[~late, "_p0"].equals(steady.loc[~late, "_p0"])


def test_conversions_are_seen_only_once_they_have_happened(year: pd.DataFrame) -> None:
    routing = human_routing(ALIGNED, year, 3)
    today = year["created_at"].iloc[-1]
    known, later = outcomes(ALIGNED, year, routing, 3, today), outcomes(ALIGNED, year, routing, 3)
    assert (known["converted_at"].dropna() <= today).all()
    assert known["converted"].sum() < later["converted"].sum()
    assert later.loc[known["converted"], "converted_at"].equals(known.loc[known["converted"], "converted_at"])
    delay = (later["converted_at"] - year["created_at"]).dt.total_seconds().dropna() / 86_400
    assert delay.between(0, ALIGNED.latest_days + 1e-4).all()


def test_columns_tell_one_story(year: pd.DataFrame) -> None:
    free = year["email"].str.rpartition("@")[2]
    assert (~free.str.endswith(".example") == year["free_mail"]).all()
    assert year["created_at"].is_monotonic_increasing
    local = year["created_at"].dt.tz_convert(ALIGNED.timezone)
    assert (local.dt.day_of_week == year["dow"]).all()
    assert year.groupby("job_title")["seniority"].nunique().max() == 1
    assert year.groupby("utm_source")["source"].nunique().max() == 1
    assert year.loc[year["country"] == "Austria", "phone"].isna().all()
    assert year["employees"].corr(10 ** year["size"]) > 0.999


def test_the_export_holds_no_truth(year: pd.DataFrame) -> None:
    table = history(ALIGNED, year, 3)
    assert not [column for column in table.columns if column.startswith("_")]
    assert set(TRUTH) == {column for column in year.columns if column.startswith("_")}
    assert not set(FORM) & {"size", "free_mail", "seniority"}


def test_what_sales_wrote_down_knows_the_outcome(year: pd.DataFrame) -> None:
    table = history(ALIGNED, year, 3)
    won = table["converted"] == 1
    assert set(AFTER_CONTACT) < set(table.columns)
    assert won[table["lead_status"] == "Customer"].all()
    assert won[table["last_activity"] == "Contract sent"].all()
    assert table["calls_logged"].corr(won.astype(float)) > 0.3
    assert table["won_date"].notna().equals(won)


def test_truth_can_never_become_a_feature(year: pd.DataFrame) -> None:

    agreement = parse_agreement(AGREEMENT)
    features = plan(agreement.form.fields, agreement.sales.timezone)
    reading = read_values(year, agreement)
    assert set(TRUTH) <= set(reading.ignored)
    assert not [c for c in reading.values.columns if c.startswith("_") and c != ARRIVED]
    used = {key for feature in features for key in (feature.name, *feature.inputs)} - {ARRIVED}
    assert not [key for key in used if key.startswith("_")]
    bare = read_values(year.drop(columns=list(TRUTH)), agreement)
    pd.testing.assert_frame_equal(many(features, reading.values), many(features, bare.values))


KINDS = {
    "email": "email", "first_name": "person", "phone": "phone", "company": "company", "website": "url",
    "job_title": "job_title", "country": "country", "industry": "category", "employees": "number",
    "demo_requested": "flag", "budget": "money", "planned_start": "date", "message": "text",
    "newsletter_consent": "consent",
}  # fmt: skip
AGREEMENT = """
[goal]
conversion = "converted"
within_days = 120
value = 3000
per_month = 40
[table]
target = "converted"
positive = "1"
arrived = "created_at"
[sales]
timezone = "Europe/Berlin"
hours = "Mon-Fri 09:00-17:30"
first_response_minutes = 15
minutes_per_lead = 22
minute_cost = 1.0
[[sales.people]]
name = "north desk"
weight = 1
daily_cap = 12
[marketing]
qualified_leads_per_month = 900
recycle_after_days = 14
[routing]
bands = { A = 0.30, B = 0.15, C = 0.05 }
sales_from = "B"
guard_slice = 0.02
[scorecard]
base_rate = 0.05
""" + "\n".join(f'[form.fields.{key}]\nkind = "{kind}"' for key, kind in KINDS.items())


def test_every_kind_of_field_is_in_the_simulated_form(year: pd.DataFrame) -> None:
    assert set(KINDS.values()) == set(ALL_KINDS)
    for key, kind in KINDS.items():
        field = Field(kind=kind)
        values = [from_cell(field, cell) for cell in year[key].head(300).tolist()]
        assert sum(value is not None for value in values) > 50, key
