import datetime
from pathlib import Path

import pandas as pd
import pytest

from leads.agreement import Agreement, parse_agreement
from leads.form import form_class
from leads.table import read_table, write_chunks
from training.company.forms import FORM
from training.demo.senders import NEW_LEADS, PAST_LEADS, Visitor, first_monday, newest_rows, simulated_company, visitors

TEXT = """
[goal]
within_days = 120
value = 3000
[form.fields.email]
kind = "email"
[form.fields.first_name]
kind = "person"
[form.fields.employees]
kind = "number"
[form.fields.budget]
kind = "money"
[form.fields.planned_start]
kind = "date"
[form.fields.demo_requested]
kind = "flag"
[form.fields.spare]
kind = "text"
"""


def agreement(table: str = "") -> Agreement:
    return parse_agreement(TEXT + table)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The table of past leads as it is read back, and the new leads."""
    file = tmp_path_factory.mktemp("demo") / "history.csv"
    news = simulated_company(file)
    return read_table(file), news


def test_the_simulated_year_ends_this_week_and_the_new_leads_come_after_it(
    company: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    past, news = company
    assert (len(past), len(news)) == (PAST_LEADS, NEW_LEADS)
    arrived = pd.to_datetime(past["created_at"], utc=True)
    assert arrived.is_monotonic_increasing
    assert news["created_at"].min() >= arrived.max()
    now = pd.Timestamp.now("UTC")
    assert now - pd.Timedelta(days=10) < arrived.max() <= now + pd.Timedelta(days=1)
    assert set(FORM) < set(past.columns)


def test_the_first_day_is_a_monday() -> None:
    for day in range(1, 8):
        assert first_monday(datetime.datetime(2026, 11, day, tzinfo=datetime.UTC)).weekday() == 0


def test_new_leads_become_forms_that_the_service_takes(company: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    sent = [visitor.form for visitor in visitors(company[1], agreement())]
    assert len(sent) == NEW_LEADS
    form = form_class(agreement())
    for one in sent:
        form.model_validate(one, strict=True)
        assert None not in one.values()
        assert "spare" not in one
        assert not [key for key in one if key.startswith("_")]
    assert {type(one["demo_requested"]) for one in sent} == {bool}
    assert any("planned_start" in one for one in sent)
    assert any("utm_source" in one for one in sent)


def test_rows_of_a_file_are_sent_as_they_were_typed(tmp_path: Path) -> None:
    cells = {"email": [" a@shop.example "], "employees": ["1,250.5"], "planned_start": ["23.11.2026"], "budget": [""]}
    write_chunks(tmp_path / "past.csv", [pd.DataFrame(cells | {"demo_requested": ["yes"], "Tags": ["x"]})])
    rows = newest_rows(tmp_path / "past.csv", agreement())
    form = {"email": "a@shop.example", "employees": 1250.5, "planned_start": "2026-11-23", "demo_requested": True}
    assert visitors(rows, agreement()) == [Visitor("a@shop.example", form)]


@pytest.mark.parametrize(
    ("table", "column", "cells", "last"),
    [
        ("", None, [str(n) for n in range(40)], "row 40"),
        ('[table]\norder = "number"\n', "number", [str(n) for n in range(40)], "number 39"),
        ('[table]\norder = "batch"\n', "batch", [f"2026-{n:02d}" for n in range(40)], "batch 2026-39"),
        ('[table]\narrived = "at"\n', "at", [f"2026-11-01 10:{n:02d}:00+02:00" for n in range(40)], "row 1"),
    ],
)
def test_the_newest_rows_are_sent_wherever_they_stand(
    tmp_path: Path, table: str, column: str | None, cells: list[str], last: str
) -> None:
    frame = pd.DataFrame({"employees": [str(n) for n in range(40)], column or "other": cells})
    turned = frame if column is None else frame.iloc[::-1]
    write_chunks(tmp_path / "past.csv", [turned])
    sent = visitors(newest_rows(tmp_path / "past.csv", agreement(table)), agreement(table))
    assert [visitor.form["employees"] for visitor in sent] == list(range(40 - NEW_LEADS, 40))
    assert sent[-1].name == last


def test_the_newest_rows_of_a_table_too_long_for_one_reading_are_found(tmp_path: Path) -> None:
    numbers = [*range(60_000, 90_000), *range(60_000)]
    write_chunks(tmp_path / "past.csv", [pd.DataFrame({"number": numbers, "employees": numbers})])
    by_number = agreement('[table]\norder = "number"\n')
    newest = newest_rows(tmp_path / "past.csv", by_number)
    assert newest.index.tolist() == list(range(30_000 - NEW_LEADS, 30_000))
    assert [visitor.form["employees"] for visitor in visitors(newest, by_number)] == list(
        range(90_000 - NEW_LEADS, 90_000)
    )
