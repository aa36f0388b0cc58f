import numpy as np
import pandas as pd
import pytest

from training.survey.fields import Survey, read_column, survey

ROWS = 400
LOT = np.random.default_rng(7)


def surveyed(**columns: object) -> Survey:
    """A table of these columns beside an outcome that none of them knows."""
    frame = pd.DataFrame({name.replace("__", " "): values for name, values in columns.items()})
    return survey(frame, "won", np.random.default_rng(1).integers(0, 2, len(frame)).astype(np.float64))


def drawn(*values: object, rows: int = ROWS) -> list[object]:
    return [values[place] for place in LOT.integers(0, len(values), rows)]


NAMES = [
    f"{first} {last}"
    for first in ("Ada", "Bo", "Cy", "Di", "Ed", "Flo", "Gus")
    for last in ("Ash", "Bay", "Cole", "Dale", "Elm")
]
KINDS = {
    "email": ("contact", [f"person{n}@company{n % 9}.example" for n in range(ROWS)]),
    "phone": ("Phone Number", [f"+49 30 {100000 + 7 * n}" for n in range(ROWS)]),
    "person": ("Full Name", drawn(*NAMES)),
    "company": ("Company Name", [f"Firm {n} Ltd" for n in range(ROWS)]),
    "job_title": ("Job Title", [f"Head of unit {n % 250}" for n in range(ROWS)]),
    "country": ("Country", drawn("Germany", "France", "United States", None)),
    "url": ("Website", [f"www.firm{n}.example" for n in range(ROWS)]),
    "text": ("Message", [f"we have {n} questions about your prices and terms" for n in range(ROWS)]),
    "category": ("Source", drawn("Google", "Bing", "Fair")),
    "number": ("Visits", drawn("0", "1", "2", "17")),
    "money": ("Budget", [f"${n + 1},000.00" for n in range(ROWS)]),
    "flag": ("Do Not Email", drawn("Yes", "No")),
    "date": ("Day of the demo", [f"2026-{1 + n % 12:02}-{1 + n % 28:02}" for n in range(ROWS)]),
    "consent": ("Newsletter consent", drawn("yes", "no", None)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_recognised(kind: str) -> None:
    name, values = KINDS[kind]
    assert surveyed(**{name: values}).fields[name].kind == kind


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("occupation", drawn("Student", "Retired", "Clerk"), "category"),
        ("Job Title", drawn("CEO", "CTO"), "category"),
        ("converted before", drawn(True, False), "flag"),
        ("Weekend", drawn("TRUE", "FALSE"), "flag"),
        ("Smoker", drawn(0, 1), "flag"),
        ("Rooms", drawn(1, 2, 3), "number"),
        ("Postal code", [f"{10000 + n % 40}" for n in range(ROWS)], "category"),
        ("Prefix", drawn("030", "040", "089"), "category"),
        ("Price index", [f"{93 + n / 100}" for n in range(ROWS)], "number"),
        ("Phase", drawn("A", "B", None), "category"),
        ("Band", drawn("<1", "1-4", ">4"), "category"),
        ("Company", drawn("Acme", "Bolt"), "category"),
        ("Born", pd.to_datetime(drawn("1980-05-01", "1990-07-30", "2000-01-01")), "date"),
    ],
)
def test_values_decide_before_the_name_does(name: str, values: object, kind: str) -> None:
    assert surveyed(**{name: values}).fields[name].kind == kind


@pytest.mark.parametrize(
    "word", ["Select", "unknown", "N/A", "-", "-- Please select --", "Not Specified", "keine Angabe"]
)
def test_placeholders_become_unset_and_no_level(word: str) -> None:
    field = surveyed(City=drawn("Mumbai", "Pune", word)).fields["City"]
    assert (field.unset, set(field.levels)) == ((word,), {"Mumbai", "Pune"})


@pytest.mark.parametrize("word", ["nonexistent", "other", "none", "no", "never"])
def test_words_that_say_something_stay_levels(word: str) -> None:
    field = surveyed(Outcome__before=drawn("success", "failure", word)).fields["Outcome before"]
    assert word in field.levels
    assert not field.unset


def test_a_word_that_is_a_level_among_levels_is_unset_among_numbers() -> None:
    field = surveyed(Children=drawn("1", "2", "3", "none")).fields["Children"]
    assert (field.kind, field.unset) == ("number", ("none",))


def test_blank_cells_are_missing_whatever_their_spaces() -> None:
    assert surveyed(Shop=drawn("north", "south", "  ")).columns["Shop"].seen.distinct == 2


def test_levels_are_listed_from_twenty_rows_on_and_the_most_common_first() -> None:
    towns = ["Bonn"] * 20 + ["Ulm"] * 30 + ["Jena"] * 19
    assert surveyed(Town=towns).fields["Town"].levels == ("Ulm", "Bonn")


def test_values_of_personal_kinds_are_never_listed() -> None:
    fields = surveyed(Full__Name=drawn(*NAMES), Mail=drawn("a@b.example", "c@d.example")).fields
    assert [field.levels for field in fields.values()] == [(), ()]


@pytest.mark.parametrize(
    ("name", "values", "why"),
    [
        ("Prospect ID", [f"{n:08x}-aa" for n in range(ROWS)], "identifier"),
        ("session", [f"{n:08x}-aa" for n in range(ROWS)], "identifier"),
        ("Lead Number", [660737 - 3 * n for n in range(ROWS)], "identifier"),
        ("Unnamed: 0", list(range(ROWS)), "identifier"),
        ("position", LOT.permutation(ROWS) + 5, "identifier"),
        ("Magazine", ["No"] * ROWS, "same value (“No”)"),
        ("Fax", [None] * ROWS, "never filled in"),
        ("Notes", ["  "] * ROWS, "never filled in"),
        ("Seen", [f"{1 + n % 12}/{1 + n % 28}/2025" for n in range(ROWS)], "day and month cannot be told apart"),
        ("_truth", drawn(0, 1), "begins with “_”"),
    ],
)
def test_what_tells_nothing_is_dropped_and_the_reason_told(name: str, values: object, why: str) -> None:
    found = surveyed(**{name: values})
    assert name not in found.fields
    assert why in found.dropped[name]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("Balance", LOT.choice(10**7, ROWS, replace=False) - 5000),
        ("Seconds on site", LOT.normal(100, 9, ROWS)),
        ("landing page id", [f"{n % 60:032x}" for n in range(ROWS)]),
        ("Chosen", ["Yes"] * 150 + [None] * 250),
        ("City", [f"town {n % 300}" for n in range(2 * ROWS)]),
    ],
)
def test_measurements_repeating_codes_and_single_answers_are_kept(name: str, values: object) -> None:
    assert name in surveyed(**{name: values}).fields


def test_campaign_columns_are_always_accepted_and_no_fields() -> None:
    found = surveyed(UTM__Source=drawn("google", "bing"), page=drawn("1", "2", "3"))
    assert found.campaign == ("UTM Source",)
    assert list(found.fields) == ["page"]


def test_keys_are_folded_and_collisions_numbered() -> None:
    found = surveyed(**{"Größe": drawn("a", "b"), "GROSSE": drawn("a", "b"), "emp.var": drawn("1.5", "2")})
    assert list(found.keys.values()) == ["grosse", "grosse_2", "emp_var"]


def test_keep_and_leave_out_overrule() -> None:
    frame = pd.DataFrame({"Lead ID": [f"L{n}" for n in range(ROWS)], "City": drawn("x", "y")})
    won = LOT.integers(0, 2, ROWS).astype(np.float64)
    found = survey(frame, "won", won, keep=["Lead ID"], leave_out=["City"])
    assert list(found.fields) == ["Lead ID"]
    assert found.known_after_contact == {"City": "left out by hand (--leave-out)"}


def test_typed_columns_are_read_like_their_text() -> None:
    typed = pd.Series([1.0, 2.0, None] * 20)
    texts = pd.Series(["1", "2", None] * 20, dtype=object)
    assert read_column("Rooms", typed).seen.texts == read_column("Rooms", texts).seen.texts


def test_amounts_with_commas_before_three_digits_are_money_and_no_identifier() -> None:
    amounts = [f"{1_250 + 950 * number:,}" for number in range(ROWS)]
    assert surveyed(budget=amounts).fields["budget"].kind == "money"


def test_peoples_own_words_are_text_even_where_they_repeat() -> None:
    words = drawn("please call me back", "what does it cost now", "we would like a demo", "send me a quote")
    assert surveyed(message=words).fields["message"].kind == "text"


@pytest.mark.parametrize("name", ["phone", "Handynummer", "WhatsApp", "Mobile"])
def test_telephone_numbers_are_personal_however_often_they_repeat(name: str) -> None:
    numbers = [f"+4930000000{place:02}" if name == "phone" else f"030 1234{place:02}" for place in range(20)]
    assert surveyed(**{name: drawn(*numbers)}).fields[name].kind == "phone"
