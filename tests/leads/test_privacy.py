import pytest

from leads.agreement import Agreement, AgreementError, parse_agreement
from leads.check import explain

BASE = """
[goal]
within_days = 120
value = 3000
[form.fields.email]
kind = "email"
[form.fields.mail_allowed]
kind = "consent"
label = "May we write to you?"
[form.fields.profiling_allowed]
kind = "consent"
"""


def agreed(privacy: str) -> Agreement:
    return parse_agreement(f"{BASE}[privacy]\n{privacy}\n")


def test_nothing_is_asked_for_unless_it_is_agreed() -> None:
    said = parse_agreement(BASE)
    assert (said.privacy.profiling_consent, said.privacy.mail_consent, said.privacy.keep_days) == (None, None, None)
    assert not any("consent" in line for line in explain(said) if not line.startswith("  "))


def test_what_was_agreed_is_said_in_words() -> None:
    said = agreed('profiling_consent = "profiling_allowed"\nmail_consent = "mail_allowed"\nkeep_days = 1095')
    words = " ".join(" ".join(explain(said)).split())
    assert "Without a yes under “profiling_allowed” no model scores a lead, only the scorecard." in words
    assert "Without a yes under “May we write to you?” a lead is not nurtured by mail: a person looks at it" in words
    assert "A lead that sent nothing for 1095 days is erased." in words


@pytest.mark.parametrize(
    ("privacy", "told"),
    [
        ('mail_consent = "mail_alowed"', "“mail_alowed”, which the form does not ask. Did you mean mail_allowed?"),
        ('profiling_consent = "email"', "a field of kind email; name one of kind consent."),
        ("keep_days = 0", "keep_days"),
        ("keep_days = 36501", "keep_days"),
        ("keep_days = 1.5", "a whole number"),
        ('keep = "ever"', "privacy.keep is not a key of the agreement. Did you mean keep_days?"),
    ],
    ids=["unknown field", "no consent", "zero", "too long", "not whole", "unknown key"],
)
def test_what_cannot_hold_is_told_with_its_line(privacy: str, told: str) -> None:
    with pytest.raises(AgreementError, match="line 13") as caught:
        agreed(privacy)
    assert told in str(caught.value)
