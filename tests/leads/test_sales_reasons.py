"""Why sales rejects leads or loses them: what an agreement may say of it, in plain words, and what is a label."""

from datetime import UTC, datetime, timedelta

import pytest

from leads.agreement import AgreementError, parse_agreement
from leads.check import explain
from leads.lead import Outcome, OutcomeType
from leads.outcome import teaches
from leads.sections import REASONS

GOAL = "[goal]\nwithin_days = 120\nvalue = 3000\n"
AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def agreed(reasons: str) -> str:
    return f"{GOAL}[sales.reasons]\n{reasons}"


@pytest.mark.parametrize(
    ("reasons", "message"),
    [
        ("", "line 4: sales.reasons is empty, so no lead could be rejected; name a reason or remove it."),
        ('later = { then = "again" }', "line 5: sales.reasons.later lacks after_days: say after how many days such"),
        ("later = { after_days = 3 }", 'sales.reasons.later.after_days counts only with then = "again"; remove one'),
        ('later = { then = "again", after_days = 0 }', "sales.reasons.later.after_days should be greater than 0"),
        ('later = { then = "agian" }', 'sales.reasons.later.then should be nurture, end or again, not "agian".'),
        ("later = { lable = true }", "later.lable is not a key of the agreement. Did you mean label?"),
        ("bad-data = {}", "sales.reasons.bad-data says that the lead's data are wrong; write label = false."),
        ('"Not now" = {}', "sales.reasons has “Not now”; name a reason with small letters, digits and hyphens, 64 at"),
        (f"{'x' * 65} = {{}}", "name a reason with small letters, digits and hyphens, 64 at most."),
        ('"" = {}', "name a reason with small letters"),
    ],
)
def test_reasons_that_can_do_nothing_are_refused_with_their_line(reasons: str, message: str) -> None:
    with pytest.raises(AgreementError) as caught:
        parse_agreement(agreed(reasons), "accord.toml")
    assert message in str(caught.value)


def test_an_agreement_that_names_reasons_has_these_alone() -> None:
    reasons = parse_agreement(agreed('no-budget = { then = "again", after_days = 30 }\nlocal = {}')).sales.reasons
    assert list(reasons) == ["no-budget", "local"]
    assert (reasons["no-budget"].then, reasons["no-budget"].after_days) == ("again", 30)
    assert (reasons["local"].then, reasons["local"].label) == ("nurture", True)


def test_an_agreement_is_another_one_with_other_reasons() -> None:
    usual, longer = parse_agreement(GOAL), parse_agreement(agreed('not-now = { then = "again", after_days = 91 }'))
    assert usual.digest != longer.digest


def test_check_tells_each_of_them_in_words() -> None:
    lines = explain(parse_agreement(GOAL))
    assert "Why sales may give a lead back, or lose it" in lines
    assert "  “bad-fit”: marketing nurtures a rejected lead." in lines
    assert "  “bad-data”: a rejected lead has ended; nothing is learned from it." in lines
    assert (
        "  “not-now”: a rejected lead comes back to sales after 90 days, to somebody else; marketing nurtures it until "
        "then." in lines
    )


def told(type: OutcomeType, reason: str | None = None, minute: int = 0) -> Outcome:
    return Outcome("ld_1", f"{type}-{minute}", type, AT + timedelta(minutes=minute), AT, reason, None, None)


@pytest.mark.parametrize(
    ("outcomes", "learned"),
    [
        ([], True),
        ([told("rejected", "bad-fit")], True),
        ([told("rejected", "bad-data")], False),
        ([told("lost", "bad-data")], False),
        ([told("lost")], True),
        ([told("rejected", "duplicate")], False),
        ([told("rejected", "of an older agreement")], True),
        ([told("rejected", "bad-data"), told("reopened", minute=1)], True),
        ([told("rejected", "bad-data"), told("converted", minute=1)], True),
        ([told("rejected", "bad-fit", 1), told("rejected", "bad-data")], True),
        ([told("rejected", "bad-data", 1), told("rejected", "bad-fit")], False),
        ([told("converted"), told("accepted", minute=1)], True),
    ],
    ids=range(12),
)
def test_what_training_learns_from(outcomes: list[Outcome], learned: bool) -> None:
    assert teaches(outcomes, REASONS) is learned
    assert teaches(reversed(outcomes), REASONS) is learned
