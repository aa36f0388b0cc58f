"""The agreement's kinds of engagements: what it may say of them, and what `accord check` tells."""

import pytest

from leads.agreement import parse_agreement
from leads.agreement_text import AgreementError
from leads.check import explain
from leads.sections import ENGAGEMENTS, Agreement
from tests.serving.conftest import AGREEMENT


def agreed(said: str) -> Agreement:
    return parse_agreement(AGREEMENT.replace("[form.fields.email]", f"{said}\n[form.fields.email]"))


def test_an_agreement_that_says_nothing_knows_the_usual_kinds() -> None:
    assert agreed("").marketing.engagements == ENGAGEMENTS
    assert agreed("[marketing]\nrecycle_after_days = 7").marketing.engagements == ENGAGEMENTS


def test_what_it_says_takes_the_place_of_the_usual_and_changes_the_agreement() -> None:
    said = agreed(
        "[marketing.engagements.reply]\npoints = 20\n[marketing.engagements.fair]\npoints = 5\nhalf_life_days = 3"
    )
    reply, fair = said.marketing.engagements["reply"], said.marketing.engagements["fair"]
    assert (reply.points, reply.half_life_days, reply.label) == (20, 14, "Reply to a mail")
    assert (fair.points, fair.half_life_days, fair.label) == (5, 3, "Fair")
    assert said.marketing.engagements["webinar"] == ENGAGEMENTS["webinar"]
    assert said.digest != agreed("").digest


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("[marketing.engagements.fair]\npoints = 5", "half_life_days"),
        ("[marketing.engagements.fair]\nhalf_life_days = 5", "points"),
        ("[marketing.engagements.reply]\npoints = -1", "points"),
        ("[marketing.engagements.reply]\nhalf_life_days = 0", "half_life_days"),
        ("[marketing.engagements.reply]\npints = 5", "pints"),
        ("[marketing.engagements]\nreply = 5", "a table"),
        ('[marketing.engagements."Trade Fair"]\npoints = 5\nhalf_life_days = 3', "small letters"),
        (
            "".join(f"[marketing.engagements.k{n}]\npoints = 5\nhalf_life_days = 3\n" for n in range(42)),
            "50 at most",
        ),
    ],
    ids=["no half-life", "no points", "negative", "no time", "unknown key", "no table", "name", "too many"],
)
def test_what_it_cannot_say(said: str, message: str) -> None:
    with pytest.raises(AgreementError, match=message):
        agreed(said)


def test_check_tells_all_of_them() -> None:
    told = "\n".join(explain(agreed("[marketing.engagements.mail_clicked]\npoints = 2.5")))
    assert "What a lead does after its form, and how much likelier that makes it\n" in told
    assert "  Demo booked: +40 points, half of them 30 days later.\n" in told
    assert "  Link in a mail clicked: +2.5 points, half of them 7 days later.\n" in told
    assert "  No points: Mail opened, Unsubscribed.\n" in told
