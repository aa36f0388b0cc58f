"""The people of the simulated company stand in the agreement that `accord init` drafts from its history."""

import datetime
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from leads.agreement import Agreement, read_agreement
from leads.table import read_table, read_values
from training.demo.play import SIMULATED, run
from training.demo.senders import WEEK_LEADS, coming_week, simulated_company
from training.demo.team import PEOPLE, SALES, SILENT, hire


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    simulated_company(folder / "history.csv")
    run(folder, subprocess.PIPE, "init", str(folder / "history.csv"), *SIMULATED, "-o", str(folder / "accord.toml"))
    hire(folder / "accord.toml")
    return folder


@pytest.fixture(scope="module")
def agreement(place: Path) -> Agreement:
    return read_agreement(place / "accord.toml")


def test_the_team_is_in_the_agreement_and_what_was_drafted_stays(place: Path, agreement: Agreement) -> None:
    sales = agreement.sales
    assert [person.name for person in sales.people] == [person["name"] for person in PEOPLE]
    assert {key: getattr(sales, key) for key in SALES} == SALES
    assert SILENT in {person.name for person in sales.people}
    assert agreement.routing.rules[-1].when == {}
    text = (place / "accord.toml").read_text()
    assert "[[sales.people]]" in text
    assert "# [[sales.people]]" not in text
    assert "without people" not in text
    assert "minutes_per_lead = 22 # what following up one lead takes" in text
    assert "\n\n[marketing]" in text


def test_the_coming_week_holds_other_people_and_fits_the_form(place: Path, agreement: Agreement) -> None:
    coming_week(place / "week.csv")
    week, past = read_table(place / "week.csv"), read_table(place / "history.csv")
    assert len(week) == WEEK_LEADS
    assert not set(week["email"]) & set(past["email"])
    reading = read_values(week, agreement)
    assert (reading.ignored, reading.absent, reading.bad_cells) == ([], [], {})
    came = pd.to_datetime(week["created_at"], utc=True)
    assert came.max() - came.min() < datetime.timedelta(days=7)
    assert came.dt.tz_convert("Europe/Berlin").dt.day_of_week.nunique() == 7
    first = came.dt.tz_convert("Europe/Berlin").min()
    assert first.weekday() == 0
    assert datetime.timedelta(0) < first - pd.Timestamp.now("UTC") <= datetime.timedelta(days=8)
