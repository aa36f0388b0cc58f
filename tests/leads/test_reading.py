import datetime
import math
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.agreement import Agreement, parse_agreement
from leads.fields import KINDS, Field, Kind, from_cell
from leads.form import ARRIVED, fold_keys, form_class, form_values
from leads.table import TableError, read_table, read_values

ASKED = """
[goal]
within_days = 90
value = 1000
[table]
target = "Won"
arrived = "Created"
[sales]
timezone = "Europe/Berlin"
[form.fields.email]
kind = "email"
[form.fields.time_on_site]
kind = "number"
column = "Time on Site"
unset = ["999", "unknown"]
[form.fields.demo]
kind = "flag"
[form.fields.role]
kind = "category"
unset = ["Select"]
"""
DATA = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture(scope="module")
def agreement() -> Agreement:
    return parse_agreement(ASKED)


def raw(**columns: list[object]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(cells, dtype=object) for name, cells in columns.items()})


def test_a_table_gives_the_values_a_form_would_give(agreement: Agreement) -> None:
    frame = raw(email=["a@b.de"], **{"Time on Site": ["3"]}, demo=["Yes"], role=["buyer"], utm_source=["x"])
    sent = {"email": "a@b.de", "time_on_site": 3, "demo": True, "role": "buyer", "utm_source": "x"}
    read = read_values(frame, agreement).values.iloc[0].to_dict()
    given_values = form_values(form_class(agreement).model_validate(sent))
    assert read == {key: given_values[key] for key in read}


def test_every_row_stays_and_bad_cells_are_missing_and_counted(agreement: Agreement) -> None:
    frame = raw(
        **{"Time on Site": ["3", "soon", None, "999", "unknown", "soon"]}, demo=["Yes", "?", "maybe", "no", "1", None]
    )
    reading = read_values(frame.set_axis(range(10, 16)), agreement)
    assert reading.values["time_on_site"].fillna(-1).tolist() == [3, -1, -1, -1, -1, -1]
    assert reading.values["demo"].tolist() == [True, None, None, False, True, None]
    assert reading.bad_cells == {"time_on_site": 2, "demo": 1}
    assert list(reading.values.index) == list(range(10, 16))


def test_numbers_are_floats_and_all_else_is_objects_with_none(agreement: Agreement) -> None:
    values = read_values(raw(email=["a@b.de", None], role=[None, "Select"]), agreement).values
    assert values["time_on_site"].dtype == float
    assert {str(values[key].dtype) for key in ("email", "demo", "role")} == {"object"}
    assert values["role"].tolist() == values["demo"].tolist() == [None, None]


def test_columns_are_named_that_the_form_does_not_ask_and_that_the_table_lacks(agreement: Agreement) -> None:
    reading = read_values(raw(email=["a@b.de"], Won=["1"], Created=["2026-01-01"], shoe=["9"], gclid=["z"]), agreement)
    assert reading.ignored == ["shoe"]
    assert reading.absent == ["time_on_site", "demo", "role"]
    assert reading.values["gclid"].tolist() == ["z"]


@pytest.mark.parametrize("name", ["Time on Site", "time_on_site", "TIME-ON-SITE"])
def test_a_column_is_found_by_its_name_or_its_key(agreement: Agreement, name: str) -> None:
    assert read_values(raw(**{name: ["3"]}), agreement).values["time_on_site"].tolist() == [3.0]


def test_a_missing_column_of_a_required_field_is_refused() -> None:
    agreement = parse_agreement(ASKED.replace('kind = "flag"', 'kind = "flag"\nrequired = true'))
    with pytest.raises(TableError, match="lacks “demo”, which the agreement requires; add the column"):
        read_values(raw(email=["a@b.de"]), agreement)


def test_arrival_is_aware_and_told_by_the_clock_of_sales(agreement: Agreement) -> None:
    cells = [
        "2026-07-01 09:00",
        "2026-07-01T09:00:00Z",
        "2026-07-01",
        None,
        "01/02/2026",
        pd.Timestamp("2026-07-01 09:00"),
    ]
    reading = read_values(raw(Created=cells), agreement)
    berlin = ZoneInfo("Europe/Berlin")
    nine = datetime.datetime(2026, 7, 1, 9, tzinfo=berlin)
    assert reading.values[ARRIVED].tolist() == [
        nine,
        datetime.datetime(2026, 7, 1, 9, tzinfo=datetime.UTC),
        datetime.datetime(2026, 7, 1, tzinfo=berlin),
        None,
        None,
        nine,
    ]
    assert reading.bad_cells == {ARRIVED: 1}


def test_a_table_without_its_arrival_has_none(agreement: Agreement) -> None:
    assert ARRIVED not in read_values(raw(email=["a@b.de"]), agreement).values


def test_text_and_typed_columns_read_the_same(agreement: Agreement, tmp_path: Path) -> None:
    typed = pd.DataFrame({"Time on Site": [1.0, None, 999.0], "demo": [True, False, True], "role": [7, 8, 9]})
    typed.to_csv(tmp_path / "leads.csv", index=False)
    typed.to_parquet(tmp_path / "leads.parquet", index=False)
    typed.to_excel(tmp_path / "leads.xlsx", index=False)
    read = [
        read_values(read_table(tmp_path / f"leads.{suffix}"), agreement).values for suffix in ("csv", "parquet", "xlsx")
    ]
    assert read[0].equals(read[1])
    assert read[0].equals(read[2])


def test_typed_times_arrive_with_and_without_a_zone(agreement: Agreement, tmp_path: Path) -> None:
    times = pd.to_datetime(pd.Series(["2026-07-01 09:00", None], dtype=object))
    for name, column in {"naive": times, "utc": times.dt.tz_localize("UTC")}.items():
        pd.DataFrame({"Created": column.array, "role": ["a", "b"]}).to_csv(tmp_path / f"{name}.csv", index=False)
        read = read_values(pd.DataFrame({"Created": column}), agreement).values[ARRIVED].tolist()
        assert read == read_values(read_table(tmp_path / f"{name}.csv"), agreement).values[ARRIVED].tolist()
        assert (read[0].tzinfo is not None, read[1]) == (True, None)


CELLS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates() | st.datetimes()
NUMBERISH = st.from_regex(r"\s?[+-]?[0-9_]{0,4}[.,]?[0-9]{0,4}(e[0-9]{1,3})?", fullmatch=True)


@given(
    st.sampled_from(KINDS), st.lists(CELLS | NUMBERISH | st.sampled_from(["Select", "999", "N/A", "yes"]), max_size=12)
)
def test_a_column_reads_exactly_as_its_cells_one_by_one(kind: Kind, cells: list[object]) -> None:
    field = Field(kind=kind, unset=("Select", "999"))
    agreement = parse_agreement(
        f'[goal]\nwithin_days=1\nvalue=1\n[form.fields.x]\nkind="{kind}"\nunset=["Select", "999"]'
    )
    expected, bad = [], 0
    for cell in cells:
        try:
            expected.append(from_cell(field, cell))
        except ValueError:
            expected.append(None)
            bad += 1
    reading = read_values(raw(x=cells), agreement)
    found = [None if isinstance(v, float) and math.isnan(v) else v for v in reading.values["x"].tolist()]
    assert [(type(v), v) for v in found] == [(type(v), v) for v in expected]
    assert reading.bad_cells == ({"x": bad} if bad else {})


@pytest.mark.skipif(not DATA.is_dir(), reason="the shared data sets are not here")
@pytest.mark.parametrize(("folder", "shape"), [("x-education", (9240, 37)), ("bank-marketing", (41188, 21))])
def test_the_real_tables_are_read_whole(folder: str, shape: tuple[int, int]) -> None:
    frame = read_table(DATA / folder / "leads.csv")
    fields = "".join(
        f"[form.fields.{key}]\nkind = 'category'\ncolumn = '''{column}'''\n"
        for key, column in zip(fold_keys(list(frame)), frame, strict=True)
    )
    reading = read_values(frame, parse_agreement(f"[goal]\nwithin_days = 1\nvalue = 1\n{fields}"))
    assert frame.shape == reading.values.shape == shape
    assert (reading.ignored, reading.absent, reading.bad_cells) == ([], [], {})
    assert (reading.values.isna().to_numpy() == frame.isna().to_numpy()).all()
