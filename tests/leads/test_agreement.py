from pathlib import Path

import pytest

from leads.agreement import AgreementError, Between, FieldValue, agreement_path, parse_agreement, read_agreement

GOAL = "[goal]\nwithin_days = 120\nvalue = 3000\n"
SIGNED = """
[goal]
conversion  = "converted"
within_days = 120
value       = { field = "budget" }
per_month   = 40

[table]
target   = "Converted"
order    = "Lead Number"
as_of    = 2026-11-01

[sales]
timezone = "Europe/Berlin"
hours    = "Mon-Thu 09:00-17:30, Fri 09:00-12:00"
holidays = "DE-BY"
[[sales.people]]
name = "north desk"
daily_cap = 12
takes = { country = ["DE", "AT"] }
[[sales.people]]
name = "south desk"

[marketing]
qualified_leads_per_month = 900

[routing]
bands       = { A = 0.30, B = 0.15, C = 0.05 }
sales_from  = "B"

[scorecard]
base_rate = 0.05
[[scorecard.rules]]
points = 20
when = { job_level = ["director", "vp"], demo = true }
[[scorecard.rules]]
points = -10
when = { budget = { below = 500 } }

[form.fields.budget]
kind = "money"
[form.fields.country]
kind = "country"
column = "Land"
[form.fields.demo]
kind = "flag"
[form.fields.job_level]
kind = "category"
levels = [
  "director",   # two lines and more
  "vp",
]
[form.known_after_contact]
tags = "levels nearly pure"
"""


def refusal(text: str) -> str:
    with pytest.raises(AgreementError) as caught:
        parse_agreement(text)
    return str(caught.value)


def test_an_agreement_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "accord.toml"
    path.write_text(SIGNED, encoding="utf-8-sig")  # as some editors save it
    agreement = read_agreement(path)
    assert agreement.goal.value == FieldValue(field="budget")
    assert [person.daily_cap for person in agreement.sales.people] == [12, None]
    assert agreement.scorecard.rules[0].when == {"job_level": ("director", "vp"), "demo": True}
    assert agreement.scorecard.rules[1].when == {"budget": Between(below=500)}
    assert list(agreement.form.fields) == ["budget", "country", "demo", "job_level"]


def test_a_goal_is_enough() -> None:
    agreement = parse_agreement(GOAL)
    assert agreement.goal.conversion == "converted"
    assert agreement.routing.bands["A"] > agreement.routing.bands["C"]
    assert agreement.table.target is None


def test_the_digest_is_of_what_is_said_and_not_of_its_layout() -> None:
    moved = "# a remark\n[goal]\nvalue = 3000.0\nwithin_days = 120\n"
    assert parse_agreement(GOAL).digest == parse_agreement(moved).digest
    assert parse_agreement(GOAL).digest != parse_agreement(GOAL.replace("120", "90")).digest
    assert len(parse_agreement(GOAL).digest) == 64


def test_the_place_is_the_option_then_the_environment_then_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACCORD_AGREEMENT", raising=False)
    assert agreement_path(None) == Path("accord.toml")
    monkeypatch.setenv("ACCORD_AGREEMENT", "signed.toml")
    assert agreement_path(None) == Path("signed.toml")
    assert agreement_path("mine.toml") == Path("mine.toml")


def test_a_missing_agreement_is_told_with_what_to_type(tmp_path: Path) -> None:
    with pytest.raises(AgreementError, match=r"There is no agreement at .*accord init FILE --target COLUMN"):
        read_agreement(tmp_path / "accord.toml")


def test_an_agreement_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "accord.toml"
    path.write_bytes(b"[goal]\nconversion = '\xff'")
    with pytest.raises(AgreementError, match=r"not UTF-8 text \(byte 21\); save it as UTF-8"):
        read_agreement(path)
    with pytest.raises(AgreementError, match="cannot be read: Is a directory"):
        read_agreement(tmp_path)


def test_an_empty_agreement_lacks_a_goal() -> None:
    assert refusal("") == "accord.toml, line 1: the agreement lacks goal; add it."


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[goal]\nwithin_days = = 3", "line 2, column 15"),
        ("[goal\n", "line 1, column 6"),
        ('[goal]\nconversion = "open', "line 2, column 19"),
        (GOAL + "[goal]\n", "line 4, column 6"),
        ("[goal]\nvalue = 1\nvalue = 2\n", "line 3, column 10"),
    ],
)
def test_what_is_not_toml_is_told_with_line_and_column(text: str, place: str) -> None:
    assert refusal(text).startswith(f"accord.toml, {place}: this is not TOML: ")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOAL + 'conversoin = "x"', "line 4: goal.conversoin is not a key of the agreement. Did you mean conversion?"),
        (GOAL + "[rooting]\n", "line 4: rooting is not a key of the agreement. Did you mean routing?"),
        (GOAL + "[zzz]\n", "line 4: zzz is not a key of the agreement. Known here: goal, table, sales,"),
        (GOAL + '[form.fields.x]\nkind = "text"\nlable = "X"', "line 6: form.fields.x.lable is not a key"),
        (GOAL + '[[sales.people]]\nname="a"\n[[sales.people]]\nname="b"\ncap=1', "line 8: sales.people[2].cap is not"),
        (GOAL + "[sales]\npeople = [\n{ name = 'a' },\n{ nam = 'b' }]", "line 5: sales.people[2].nam is not a key"),
        (GOAL + "[sales]\ntimezone = 3", "line 5: sales.timezone should be text in quotes, not 3."),
        (GOAL + "[table]\npositive = 1", "line 5: table.positive should be text in quotes, not 1."),
        (GOAL + "[table]\nin_order = 'yes'", 'line 5: table.in_order should be true or false, not "yes".'),
        (GOAL + "[table]\nas_of = '2026'", "line 5: table.as_of should be a date such as 2026-11-01, without quotes"),
        (GOAL + '[form.fields]\nx = "text"', 'line 5: form.fields.x should be a table, not "text".'),
        (GOAL + '[form.fields.x]\nkind = "text"\nlevels = "a"', "should be a list in square brackets"),
        (GOAL + '[form.fields.x]\nkind = "emial"', 'not "emial". Did you mean email?'),
        (GOAL + "[form.fields.x]\nrequired = true", "line 4: form.fields.x lacks kind; add it."),
        (GOAL.replace("120", "0"), "line 2: goal.within_days should be greater than 0, not 0."),
        (GOAL.replace("120", "12.5"), "line 2: goal.within_days should be a whole number, not 12.5."),
        (GOAL.replace("120", "true"), "line 2: goal.within_days should be a whole number, not true."),
        (GOAL.replace("3000", "true"), 'line 3: goal.value should be a number or { field = "…" }.'),
        (GOAL.replace("3000", "-3"), "line 3: goal.value should be greater than 0, not -3."),
        (GOAL.replace("3000", "nan"), "line 3: goal.value should be a finite number, not nan."),
        (
            GOAL.replace("3000", "{ feild = 'x' }"),
            "line 3: goal.value.feild is not a key of the agreement. Did you mean",
        ),
        (GOAL + "[routing]\nguard_slice = 0.6", "guard_slice should be less than or equal to 0.5, not 0.6."),
        (GOAL + "[routing]\nguard_slice = -0.1", "guard_slice should be greater than or equal to 0, not -0.1."),
        (GOAL + "[routing]\nsales_from = 'E'", 'line 5: routing.sales_from should be A, B, C or D, not "E".'),
        (GOAL + "[routing]\nbands = { A = 2, B = 0.1, C = 0.05 }", "routing.bands.A should be less than 1, not 2."),
        (GOAL + "[scorecard]\nbase_rate = 0", "scorecard.base_rate should be greater than 0, not 0."),
        (GOAL + "[[sales.people]]\nname = 'a'\nweight = 0", "sales.people[1].weight should be greater than 0, not 0."),
        (
            GOAL + "[[scorecard.rules]]\npoints = 1\nwhen = { x = 'a' }",
            "when.x should be a list of levels, true or false",
        ),
    ],
)
def test_what_is_not_of_the_agreement_is_told_with_its_line(text: str, message: str) -> None:
    assert message in refusal(text)


def test_all_errors_are_told_at_once_and_in_order() -> None:
    text = GOAL + "[sales]\nhuors = 3\ntimezone = 4\n"
    with pytest.raises(AgreementError) as caught:
        parse_agreement(text, "signed.toml")
    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == [
        "signed.toml, line 5",
        "signed.toml, line 6",
    ]
    assert caught.value.line == 5
