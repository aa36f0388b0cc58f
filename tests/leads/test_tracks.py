"""The agreement's nurture tracks: what contradicts itself, and what `accord check` tells of them."""

import pytest

from leads.agreement import parse_agreement
from leads.agreement_text import AgreementError
from leads.check import explain

FORM = """
[goal]
within_days = 120
value = 3000
[form.fields.budget]
kind = "money"
label = "Yearly budget"
[form.fields.country]
kind = "country"
[form.fields.email]
kind = "email"
"""


def track(name: str, said: str) -> str:
    return f"[marketing.tracks.{name}]\n{said}\n"


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (track("large", "when = { budgt = { at_least = 5 } }"), "when.budgt"),
        (track("large", "when = { budgt = { at_least = 5 } }"), "Did you mean budget"),
        (track("large", 'when = { email = "x" }'), "marketing.tracks.large.when.email"),
        (track("large", 'when = { budget = { at_least = "much" } }'), "marketing.tracks.large"),
        (track("warm", 'bands = ["B", "E"]'), "marketing.tracks.warm.bands"),
        (track("warm", 'band = ["B"]'), "marketing.tracks.warm"),
        (
            track("all", "") + track("large", "when = { budget = { at_least = 5 } }"),
            "marketing.tracks.all has neither `when` nor `bands`, so no track after it is ever looked at",
        ),
    ],
    ids=["unknown field", "its neighbour", "personal", "no number", "no band", "unknown key", "never looked at"],
)
def test_what_contradicts_itself(said: str, message: str) -> None:
    with pytest.raises(AgreementError) as wrong:
        parse_agreement(FORM + said)
    assert message in str(wrong.value)


def test_one_for_all_others_may_stand_at_the_end() -> None:
    said = parse_agreement(FORM + track("large", "when = { budget = { at_least = 5 } }") + track("all", ""))
    assert list(said.marketing.tracks) == ["large", "all"]


def test_check_tells_them_in_the_order_in_which_they_are_looked_at() -> None:
    large = track("large", 'when = { budget = { at_least = 50000 }, country = ["DE", "AT"] }\nbands = ["B"]')
    told = list(explain(parse_agreement(FORM + large + track("warm", 'bands = ["B", "C"]'))))
    [first] = [line for line in told if "Track “large”" in line]
    assert "the band is B" in first
    assert "50,000" in first
    assert "DE or AT" in first
    assert "  Else track “warm” when the band is B or C." in told
    assert told.index(first) + 2 == told.index("  What fits none of them is on the track “nurture”.")


def test_without_tracks_nothing_is_told_of_them() -> None:
    assert not [line for line in explain(parse_agreement(FORM)) if "track" in line]
