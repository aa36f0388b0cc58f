from itertools import pairwise

import pytest

from leads.agreement import parse_agreement
from leads.agreement_change import Change, change_lines, changed_keys, changes
from tests.serving.conftest import AGREEMENT

CHANGED = {
    "threshold": ('sales_from = "B"', 'sales_from = "A"'),
    "field": ('[form.fields.name]\nkind = "person"\n', ""),
    "levels": ('levels = ["Steel", "Wood"]', 'levels = ["Steel", "Glass"]'),
    "layout": ("[goal]", "# for both of us\n[goal]"),
    "person": ("[routing]", '[[sales.people]]\nname = "Ann"\nmail = "ann@example.com"\n[routing]'),
}


def found(*names: str) -> tuple[list[Change], list[str]]:
    text = AGREEMENT
    for name in names:
        text = text.replace(*CHANGED[name])
    before, after = parse_agreement(AGREEMENT), parse_agreement(text)
    return changes(before, after), changed_keys(before, after)


def test_what_is_said_otherwise_is_told_under_its_part() -> None:
    assert found("threshold") == (
        [
            Change(
                "Who takes the reins",
                ("Leads in band B or better go to sales, the rest to marketing.",),
                ("Leads in band A or better go to sales, the rest to marketing.",),
            )
        ],
        ["routing.sales_from"],
    )


def test_a_field_that_goes_is_one_sentence_and_not_the_whole_form() -> None:
    [change], keys = found("field")
    assert change == Change("What the form asks", ("name person, personal",), ())
    assert {key.rpartition(".")[0] for key in keys} == {"form.fields.name"}


def test_what_no_sentence_tells_is_told_by_its_key() -> None:
    assert found("levels") == ([], ["form.fields.industry.levels"])
    assert "sales.people.1.mail" in found("person")[1]


def test_the_layout_of_the_file_changes_nothing() -> None:
    assert found("layout") == ([], [])


@pytest.mark.parametrize(("one", "other"), list(pairwise(["threshold", "field", "person"])))
def test_several_changes_are_told_together(one: str, other: str) -> None:
    apart = {change.part: change for name in (one, other) for change in found(name)[0]}
    assert {change.part: change for change in found(one, other)[0]} == apart


def test_lines_to_print() -> None:
    assert list(change_lines(*found("threshold"))) == [
        "Who takes the reins",
        "  - Leads in band B or better go to sales, the rest to marketing.",
        "  + Leads in band A or better go to sales, the rest to marketing.",
        "Keys that differ: routing.sales_from.",
    ]
