import datetime
import math
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.fields import KINDS, Field, Kind, from_cell, from_json
from leads.kinds import FLAGS, NUMBERS, TEXTS

NUMBER = Field(kind="number")
FLAG = Field(kind="flag")
DAY = Field(kind="date")


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("12", 12.0),
        (" 12.5 ", 12.5),
        ("-1e3", -1000.0),
        (".5", 0.5),
        ("0,75", 0.75),
        ("1,234.5", 1234.5),
        ("1.234,5", 1234.5),
        ("1,234,567", 1234567.0),
        ("1.234.567", 1234567.0),
        ("1 234", 1234.0),
        ("1'234.50", 1234.5),
        ("$1,234.00", 1234.0),
        ("99 €", 99.0),
        ("EUR 7", 7.0),
        ("12 %", 12.0),
        (7, 7.0),
        (np.int64(7), 7.0),
        (Decimal("1.5"), 1.5),
        (True, 1.0),
        ("-0", 0.0),
    ],
)
def test_a_number_is_read_where_it_can_be_read_in_one_way(cell: object, number: float) -> None:
    assert from_cell(NUMBER, cell) == number


@pytest.mark.parametrize(
    "cell", ["1,234", "twelve", "1_000", "0x10", "1e400", "1e16", math.inf, "1,23,4", "12-3", "1.2.3"]
)
def test_what_is_no_number_or_could_be_two_is_a_bad_cell(cell: object) -> None:
    with pytest.raises(ValueError, match="must"):
        from_cell(NUMBER, cell)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "cell", [None, "", "  ", math.nan, np.nan, pd.NA, pd.NaT, np.datetime64("NaT"), Decimal("NaN")]
)
def test_every_kind_of_nothing_is_none(kind: Kind, cell: object) -> None:
    assert from_cell(Field(kind=kind), cell) is None


@pytest.mark.parametrize("cell", ["Yes", "y", "TRUE", "1", "ja", "Oui", "on", True, 1, 1.0, np.bool_(True)])
def test_a_flag_says_yes_in_many_ways(cell: object) -> None:
    assert from_cell(FLAG, cell) is True


@pytest.mark.parametrize("cell", ["No", "n", "false", "0", "Nein", "non", "off", False, 0, 0.0])
def test_a_flag_says_no_in_many_ways(cell: object) -> None:
    assert from_cell(FLAG, cell) is False


def test_a_flag_that_says_maybe_is_a_bad_cell() -> None:
    with pytest.raises(ValueError, match="must be yes or no"):
        from_cell(FLAG, "maybe")


@pytest.mark.parametrize(
    "cell",
    [
        "2026-11-03",
        "2026/11/3",
        "3.11.2026",
        "2026-11-03T23:59:00+02:00",
        "2026-11-03 9:05",
        "2026-11-03 09:05:01 UTC",
        datetime.date(2026, 11, 3),
        datetime.datetime(2026, 11, 3, 12),
        pd.Timestamp("2026-11-03 12:00"),
    ],
)
def test_a_date_is_read_where_it_can_be_read_in_one_way(cell: object) -> None:
    assert from_cell(DAY, cell) == datetime.date(2026, 11, 3)


@pytest.mark.parametrize("cell", ["01/02/2026", "2026-02-30", "yesterday", 20261103, "2026-11-03 25:00"])
def test_a_date_that_could_be_two_or_none_is_a_bad_cell(cell: object) -> None:
    with pytest.raises(ValueError, match="must be a date"):
        from_cell(DAY, cell)


def test_a_level_reads_the_same_from_every_kind_of_column() -> None:
    category = Field(kind="category")
    assert {from_cell(category, cell) for cell in ("7", 7, 7.0, np.int32(7), np.float64(7), " 7 ")} == {"7"}


def test_placeholders_are_nothing_whatever_their_case() -> None:
    assert from_cell(Field(kind="category", unset=("Select",)), " SELECT ") is None
    assert from_cell(Field(kind="number", unset=("999", "unknown")), 999.0) is None
    assert from_cell(Field(kind="number", unset=("999", "unknown")), "999.0") is None
    assert from_cell(Field(kind="number", unset=("999", "unknown")), "Unknown") is None


def test_a_placeholder_in_json_stays_as_it_was_sent() -> None:
    assert from_json(Field(kind="category", unset=("Select",)), "Select") == "Select"


@pytest.mark.parametrize("address", ["a@b.de", "kim+x@mail.firma.co.uk", "jürgen@müller.de", "a@xn--mller-kva.de"])
def test_ordinary_and_international_addresses_are_accepted(address: str) -> None:
    assert from_json(Field(kind="email"), f" {address} ") == address


@pytest.mark.parametrize(
    "address", ["a@b", "a@@b.de", "nobody", "a b@c.de", '"x"@c.de', f"{'a' * 250}@b.de", "a@-b.de"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="must"):
        from_json(Field(kind="email"), address)


@pytest.mark.parametrize(
    "number", ["+49 30 1234567", "030/1234567", "(555) 123-4567", "1234", "+1 555 123 4567 ext. 9"]
)
def test_national_telephone_numbers_are_accepted(number: str) -> None:
    assert from_json(Field(kind="phone"), number) == number


@pytest.mark.parametrize("number", ["123", "call me", "1" * 30])
def test_what_is_no_telephone_number_is_refused(number: str) -> None:
    with pytest.raises(ValueError, match="must be a telephone number"):
        from_json(Field(kind="phone"), number)


@pytest.mark.parametrize("address", ["https://acme.com/x?y=1", "HTTP://acme.com", "acme.co.uk", "www.müller.de/a"])
def test_web_addresses_are_accepted_with_and_without_their_beginning(address: str) -> None:
    assert from_json(Field(kind="url"), address) == address


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "ftp://acme.com", "https://u:p@acme.com", "acme", "a b.com"]
)
def test_other_web_addresses_are_refused(address: str) -> None:
    with pytest.raises(ValueError, match="must be a web address"):
        from_json(Field(kind="url"), address)


def test_text_is_stripped_of_what_nobody_sees() -> None:
    assert from_json(Field(kind="person"), " \u202eAda\u200b\n") == "Ada"


@pytest.mark.parametrize("bad", ["a\0b", "a\x1bb", "a\ud800"])
def test_control_characters_are_refused_in_a_form_and_dropped_from_a_table(bad: str) -> None:
    with pytest.raises(ValueError, match="control characters"):
        from_json(Field(kind="text"), bad)
    assert from_cell(Field(kind="text"), bad) == bad.translate({0: None, 0x1B: None, 0xD800: None})


@pytest.mark.parametrize(("kind", "longest"), [("text", 10_000), ("category", 500), ("person", 500), ("country", 100)])
def test_text_has_a_longest_length(kind: Kind, longest: int) -> None:
    assert from_json(Field(kind=kind), "x" * longest)
    with pytest.raises(ValueError, match=f"at most {longest:,} characters"):
        from_json(Field(kind=kind), "x" * (longest + 1))


@given(st.floats(min_value=-1e15, max_value=1e15, allow_subnormal=False))
def test_a_number_survives_the_way_through_a_table(number: float) -> None:
    if abs(number) >= 1e-300 or number == 0:
        assert from_cell(NUMBER, repr(number)) == from_json(NUMBER, number) == from_cell(NUMBER, number)


@given(st.dates())
def test_a_date_survives_the_way_through_a_table(day: datetime.date) -> None:
    assert from_cell(DAY, day.isoformat()) == from_json(DAY, day.isoformat()) == day


@given(st.booleans())
def test_a_flag_survives_the_way_through_a_table(flag: bool) -> None:
    assert from_cell(FLAG, str(flag)) is from_json(FLAG, flag) is flag


@given(st.sampled_from(sorted(TEXTS - {"email", "phone", "url"})), st.text(max_size=90))
def test_text_survives_the_way_through_a_table(kind: Kind, text: str) -> None:
    try:
        sent = from_json(Field(kind=kind), text)
    except ValueError:
        return
    assert from_cell(Field(kind=kind), text) == sent


@given(st.sampled_from(KINDS), st.none() | st.booleans() | st.integers() | st.floats() | st.text())
def test_a_cell_is_read_or_refused_with_a_value_error(kind: Kind, cell: object) -> None:
    try:
        value = from_cell(Field(kind=kind), cell)
    except ValueError:
        return
    expected = float if kind in NUMBERS else bool if kind in FLAGS else datetime.date if kind == "date" else str
    assert value is None or type(value) is expected


@pytest.mark.parametrize(
    ("kind", "cell", "amount"),
    [
        ("money", "14.000 €", 14_000.0),
        ("money", "990.371 €", 990_371.0),
        ("money", "1.039.003 €", 1_039_003.0),
        ("money", "24,500", 24_500.0),
        ("money", "$9,200", 9_200.0),
        ("money", "12.500", 12.5),
        ("number", "14.000 €", 14_000.0),
        ("number", "12.500", 12.5),
        ("number", "12,5 %", 12.5),
    ],
)
def test_an_amount_of_money_has_no_third_decimal(kind: Kind, cell: str, amount: float) -> None:
    assert from_cell(Field(kind=kind), cell) == amount


def test_a_yes_or_no_field_takes_a_count_as_yes() -> None:
    flag = Field(kind="flag")
    assert [from_cell(flag, cell) for cell in ("0", "1", "3", 2.0, 0.0)] == [False, True, True, True, False]
