"""Leads of a table whose time to convert has not passed."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leads.agreement import Agreement, parse_agreement
from tests.conftest import AGREEMENT, invented_leads
from training.cohort import Cohort, read_cohort

TIMES = AGREEMENT.replace("in_order = true", 'arrived = "created_at"\nconverted_at = "won_at"')
HORIZON = 90


def table(timed: float = 1.0, seed: int = 1) -> pd.DataFrame:
    """Five leads a day for 200 days; three in ten convert, after 1 to 80 days; of `timed` conversions the day is told.
    The file is in no order."""
    chance, rows = np.random.default_rng(seed), 1000
    arrived = pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(np.arange(rows) / 5, unit="D")
    won_at = arrived + pd.to_timedelta(chance.uniform(1, 80, rows), unit="D")
    seen = (chance.random(rows) < 0.3) & (won_at <= arrived[-1])
    told = pd.Series(won_at).where(seen & (chance.random(rows) < timed))
    leads = invented_leads(rows).assign(created_at=arrived.astype(str), won_at=told, converted=seen.astype(int))
    return leads.sample(frac=1, random_state=seed)


def read(tmp_path: Path, leads: pd.DataFrame, agreement: Agreement | None = None) -> Cohort:
    leads.to_csv(tmp_path / "history.csv", index=False)
    return read_cohort(tmp_path / "history.csv", agreement or parse_agreement(TIMES))


def test_they_stand_apart_with_the_share_of_conversions_that_has_come(tmp_path: Path) -> None:
    cohort = read(tmp_path, table())
    young = cohort.waiting
    assert young is not None
    assert len(young.y) == len(young.values) == cohort.young == 450
    assert len(cohort.y) == 550
    age = (199.8 - np.arange(1000) / 5)[550:]
    assert (np.diff(young.maturity) <= 0).all()
    assert young.maturity == pytest.approx(np.clip((age - 1) / 79, 0, 1), abs=0.08)
    assert young.half_days == pytest.approx(40.5, abs=5)
    assert young.y.sum() / young.maturity.sum() == pytest.approx(cohort.y.mean(), rel=0.2)
    assert young.y.mean() < 0.7 * cohort.y.mean()


def test_a_conversion_without_a_time_counts_but_tells_nothing_of_how_long_it_took(tmp_path: Path) -> None:
    whole, gaps = read(tmp_path, table()), read(tmp_path, table(timed=0.6))
    assert whole.waiting is not None
    assert gaps.waiting is not None
    assert gaps.waiting.y.tolist() == whole.waiting.y.tolist()
    assert gaps.waiting.maturity == pytest.approx(whole.waiting.maturity, abs=0.12)


@pytest.mark.parametrize("change", ["hardly a time", "no column of times"])
def test_they_are_left_out_where_the_table_does_not_tell_how_long_conversions_take(change: str, tmp_path: Path) -> None:
    if change == "hardly a time":
        cohort = read(tmp_path, table(timed=0.05))
    else:
        cohort = read(tmp_path, table(), parse_agreement(TIMES.replace('\nconverted_at = "won_at"', "")))
    assert cohort.waiting is None
    assert (len(cohort.y), cohort.young) == (550, 450)


def test_what_came_after_the_horizon_is_no_conversion(tmp_path: Path) -> None:
    leads = table()
    late = pd.to_datetime(leads["created_at"]) + pd.Timedelta(days=HORIZON + 1)
    every = read(tmp_path, leads).y.sum()
    leads["won_at"] = late.where(leads["won_at"].notna() & (leads["source"] == "partner"), leads["won_at"])
    assert read(tmp_path, leads).y.sum() < every
