import string
from datetime import UTC, date, datetime, timedelta, timezone
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.matrix import Feature, many, one, plan
from leads.fields import Field, Value
from leads.form import ARRIVED, CAMPAIGN_FIELDS
from leads.kinds import KINDS, Kind

ZONE = "America/New_York"
FORM = {**{kind: Field(kind=kind) for kind in KINDS}, **{f"second_{kind}": Field(kind=kind) for kind in KINDS}}
FEATURES = plan(FORM, ZONE)
CANARY = "xyzzyplugh"

ODD = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
PLAUSIBLE: dict[Kind, list[str]] = {
    "email": ["ann@gmail.com", "info@acme-trading.co.uk", "x9@mailinator.com", "b@uni-bonn.de", "q@münchen.de"],
    "phone": ["+49 151 23456789", "0049 30 123456", "030 123456", "+1 212 555 0199", "12345", "+800 1234 5678"],
    "person": ["Ann Lee", "asdf", "李小龙", "O'Neil"],
    "company": ["Acme Trading Ltd", "Müller GmbH & Co. KG", "none"],
    "job_title": ["VP Sales", "Werkstudent", "Geschäftsführerin (m/w/d)", "assistant to the CEO"],
    "country": ["Deutschland", "US", "Germany (DE)", "Atlantis"],
    "url": ["https://acme.co.uk/about/us", "acme.de", "http://[::1", "https://linkedin.com/in/x"],
    "text": ["Can you call me? https://x.de 24/7!", "ПРИВЕТ\nкак дела？"],
    "category": ["Google", " padded ", "0", "nan"],
}
CAMPAIGN: dict[str, list[str]] = {
    "utm_source": ["google", "FB_ads", "newsletter"],
    "utm_medium": ["cpc", "Paid-Social", "(none)", "strange"],
    "referrer": ["https://www.google.com/", "https://m.facebook.com", "https://blog.acme.com/x", "about:blank"],
    "page": ["https://acme.com/pricing/team?x=1", "https://acme.com", "/", "https://acme.com/12345678"],
}
ZONES = st.sampled_from([UTC, ZoneInfo(ZONE), timezone(timedelta(hours=5, minutes=30))])
ARRIVALS = st.datetimes(timezones=ZONES) | st.datetimes(datetime(2026, 1, 1), datetime(2026, 1, 3), timezones=ZONES)


def values_of(kind: Kind) -> st.SearchStrategy[Value]:
    """Canonical values of a kind, likely ones and odd ones."""
    if kind in ("number", "money"):
        return st.floats(allow_nan=False, allow_infinity=False)
    if kind in ("flag", "consent"):
        return st.booleans()
    return st.dates() if kind == "date" else st.sampled_from(PLAUSIBLE[kind]) | ODD


def optional(values: st.SearchStrategy[Value]) -> st.SearchStrategy[Value]:
    return st.none() | values


CELLS = {
    **{key: optional(values_of(field.kind)) for key, field in FORM.items()},
    **{key: optional(st.sampled_from(CAMPAIGN.get(key, ["abc", "a b"])) | ODD) for key in CAMPAIGN_FIELDS},
    ARRIVED: optional(ARRIVALS),
}
LEADS = st.fixed_dictionaries({}, optional=CELLS)


def table_of(leads: list[dict[str, Value]]) -> pd.DataFrame:
    keys = sorted({key for lead in leads for key in lead})
    numbers = {key for key in keys if key in FORM and FORM[key].kind in ("number", "money")}
    columns = {
        key: pd.Series([lead.get(key) for lead in leads], dtype="float64" if key in numbers else object) for key in keys
    }
    return pd.DataFrame(columns, index=range(len(leads)))


def told(row: pd.Series) -> dict[str, float | str | None]:
    return {name: None if value is None or value != value else value for name, value in row.items()}


def rows(table: pd.DataFrame) -> list[dict[str, float | str | None]]:
    return [told(pd.Series(list(row), index=table.columns, dtype=object)) for row in table.itertuples(index=False)]


# a busy machine draws slowly, which is no fault of what is tested
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(LEADS, max_size=6), st.lists(st.integers(0, 5), max_size=4))
def test_one_and_many_never_differ(leads: list[dict[str, Value]], again: list[int]) -> None:
    leads = leads + [leads[at % len(leads)] for at in again if leads]
    assert rows(many(FEATURES, table_of(leads))) == [one(FEATURES, lead) for lead in leads]


# slow drawing is no fault, as above
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(LEADS, min_size=2, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing(leads: list[dict[str, Value]], random: Random) -> None:
    table = table_of(leads)
    order = list(range(len(leads)))
    random.shuffle(order)
    pd.testing.assert_frame_equal(many(FEATURES, table.iloc[order]), many(FEATURES, table).iloc[order])


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_every_feature_answers_in_its_kind_whatever_it_is_given(data: st.DataObject) -> None:
    feature = data.draw(st.sampled_from(FEATURES))
    lead = {key: data.draw(CELLS[key]) for key in feature.inputs}
    value = one([feature], lead)[feature.name]
    assert value is None or isinstance(value, str if feature.kind == "level" else float)
    assert value == value
    assert value != ""


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(string.ascii_lowercase, max_size=5), min_size=6, max_size=6))
def test_no_raw_personal_value_comes_out(noise: list[str]) -> None:
    lead: dict[str, Value] = {
        "email": f"{noise[0]}{CANARY}@{CANARY}{noise[1]}.{CANARY}",
        "second_email": f"{CANARY}@{CANARY}.com",
        "phone": f"+49 {CANARY}",
        "person": f"{noise[2]} {CANARY}",
        "text": f"{noise[3]} {CANARY} {noise[4]}",
        "company": f"{CANARY} GmbH",
        "url": f"https://{CANARY}.com/{CANARY}",
        "job_title": f"{CANARY} {noise[5]}",
        "country": CANARY,
        "utm_campaign": f"{CANARY}@mail.com",
    }
    assert not [value for value in one(FEATURES, lead).values() if CANARY in str(value).lower()]


def test_a_telephone_number_stays_with_the_lead() -> None:
    assert not [value for value in one(FEATURES, {"phone": "+4915123456789"}).values() if "2345" in str(value)]


def test_an_empty_table_has_every_column_and_no_row() -> None:
    table = many(FEATURES, table_of([]))
    assert list(table.columns) == [feature.name for feature in FEATURES]
    assert len(table) == 0


def test_a_column_the_table_lacks_is_missing_in_every_row() -> None:
    table = many(FEATURES, pd.DataFrame(index=[7, 7, 9]))
    assert list(table.index) == [7, 7, 9]
    assert table.drop(columns="share_filled").isna().all(axis=None)
    assert set(table["share_filled"]) == {0.0}


def test_numbers_and_flags_are_floats_and_levels_are_objects() -> None:
    types = many(FEATURES, table_of([{"category": "a", "flag": True, "number": 1.0}])).dtypes
    assert {feature.name: str(types[feature.name]) for feature in FEATURES} == {
        feature.name: "object" if feature.kind == "level" else "float64" for feature in FEATURES
    }


@pytest.mark.parametrize("nothing", [None, float("nan"), np.nan, pd.NaT])
def test_every_kind_of_nothing_is_missing(nothing: Any) -> None:
    features = plan({"answer": Field(kind="category"), "note": Field(kind="text")}, ZONE)
    table = pd.DataFrame({"answer": pd.Series([nothing, "a"], dtype=object), "note": pd.Series([nothing] * 2)})
    assert rows(many(features, table))[0] == one(features, {"answer": nothing})
    assert one(features, {"answer": nothing})["answer"] is None


def test_a_number_that_is_not_finite_is_missing() -> None:
    features = plan({"budget": Field(kind="money")}, ZONE)
    assert many(features, pd.DataFrame({"budget": [float("inf"), 2.0]}))["budget"].isna().tolist() == [True, False]
    assert one(features, {"budget": float("inf")})["budget"] is None


def test_numbers_in_a_column_of_objects_are_read_alike() -> None:
    features = plan({"budget": Field(kind="money")}, ZONE)
    table = pd.DataFrame({"budget": pd.Series([1.5, None, 3], dtype=object)})
    assert rows(many(features, table)) == [one(features, {"budget": cell}) for cell in (1.5, None, 3)]


def test_pandas_own_types_are_read_like_plain_values() -> None:
    arrived = pd.to_datetime(["2026-03-02T14:30Z", None, "2026-03-07T08:00Z"])
    table = pd.DataFrame({ARRIVED: arrived, "flag": [True, False, True], "category": pd.Series(["a", None, "b"])})
    leads = [
        {ARRIVED: datetime(2026, 3, 2, 14, 30, tzinfo=UTC), "flag": True, "category": "a"},
        {"flag": False},
        {ARRIVED: datetime(2026, 3, 7, 8, tzinfo=UTC), "flag": True, "category": "b"},
    ]
    assert rows(many(FEATURES, table)) == [one(FEATURES, lead) for lead in leads]


def test_many_combinations_of_many_columns_are_kept_apart() -> None:
    numbers = np.random.default_rng(5).integers(0, 1_000, (4_000, 13)).astype(str).astype(object)
    keys = next(feature.inputs for feature in FEATURES if feature.name == "channel")
    table = pd.DataFrame(numbers, columns=list(keys), dtype=object)
    whole = Feature("all", "utm_source", "All", "level", keys, lambda *values: "|".join(values))
    assert many([whole], table)["all"].tolist() == ["|".join(row) for row in numbers]


def test_a_date_is_told_in_days_after_the_arrival_in_the_agreements_zone() -> None:
    late = datetime(2026, 3, 2, 3, tzinfo=UTC)  # still the first of March in New York
    assert one(FEATURES, {"date": date(2026, 3, 11), ARRIVED: late})["date_days_after"] == 10.0
