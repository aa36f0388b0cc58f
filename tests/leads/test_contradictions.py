import pytest

from leads.agreement import AgreementError, parse_agreement

GOAL = "[goal]\nwithin_days = 120\nvalue = 3000\n"
FIELDS = """
[form.fields.budget]
kind = "money"
[form.fields.email]
kind = "email"
[form.fields.country]
kind = "country"
[form.fields.demo]
kind = "flag"
[form.fields.start]
kind = "date"
"""


def rule(when: str) -> str:
    return f"[[scorecard.rules]]\npoints = 3\nwhen = {{ {when} }}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[routing]\nbands = { A = 0.1, B = 0.2, C = 0.05 }", "line 5: routing.bands must fall from A to C"),
        ("[routing]\nbands = { A = 0.2, B = 0.2, C = 0.05 }", "line 5: routing.bands must fall from A to C"),
        ("[routing]\nbands = { A = 0.2 }", "line 5: routing.bands lacks B, C; give the lower bounds of A, B and C."),
        (
            "[sales]\ntimezone = 'Europe/Berln'",
            "line 5: sales.timezone “Europe/Berln” is unknown. Did you mean Europe/Berlin?",
        ),
        ("[sales]\ntimezone = '../../etc/passwd'", "sales.timezone “../../etc/passwd” is unknown."),
        ("[sales]\ntimezone = 'Europe'", "sales.timezone “Europe” is unknown."),
        ("[sales]\nhours = '9 to 5'", "line 5: sales.hours: cannot read “9 to 5” as days and hours such as"),
        ("[sales]\nhours = 'Mon-Fry 09:00-17:00'", "sales.hours: “fry” is not a day"),
        ("[sales]\nhours = 'Mon 17:00-09:00'", "the hours 17:00-09:00 end before they begin"),
        ("[sales]\nhours = 'Mon 09:00-25:00'", "25:00 is not a time of the day"),
        ("[sales]\nhours = 'Mon 9:00-12:00, Mon 13:00-15:00'", "Mon is given twice"),
        (
            "[sales]\nholidays = 'Germany'",
            "line 5: sales.holidays “Germany” is no calendar; write a country such as DE",
        ),
        ("[sales]\nholidays = 'XX'", "line 5: sales.holidays “XX” is no calendar"),
        (
            "[sales]\nhours = 'Mon 09:00-09:01'\nfirst_response_minutes = 525600",
            "line 6: sales.first_response_minutes do not pass within ten years of these hours",
        ),
        ("[table]\norder = 'a'\narrived = 'b'", "line 6: table.order and table.arrived exclude each other"),
        ("[table]\norder = 'a'\nin_order = true", "line 6: table.order and table.in_order exclude each other"),
        ("[table]\ntarget = 'budget'" + FIELDS, "form.fields.budget reads the column of table.target, which knows the"),
        ("[table]\nconverted_at = 'start'" + FIELDS, "form.fields.start reads the column of table.converted_at"),
        ("[[sales.people]]\nname = 'a'\n[[sales.people]]\nname = 'a'", "sales.people has “a” 2 times"),
        (
            "[[sales.people]]\nname = 'a'\ntakes = { contry = ['DE'] }" + FIELDS,
            "line 6: sales.people[1].takes.contry names a field the form does not ask. Did you mean country?",
        ),
        ("[form.fields.Email]\nkind = 'email'", "line 4: form.fields.Email should be written email: small letters"),
        ("[form.fields._x]\nkind = 'email'", "form.fields._x should be written x"),
        (
            "[form.known_after_contact]\nemail = 'because'" + FIELDS,
            "email is a field of the form and in form.known_after",
        ),
        ("[form.fields.b]\nkind = 'text'\ncolumn = 'budget'" + FIELDS, "both read the column “budget”"),
        (
            rule("emial = ['a']") + FIELDS,
            "line 6: scorecard.rules[1].when.emial names a field the form does not ask. Did you",
        ),
        (rule("budget = true") + FIELDS, "speaks of a number; write { at_least"),
        (rule("budget = { at_least = 5, below = 5 }") + FIELDS, "must have at_least below its below"),
        (rule("budget = {}") + FIELDS, "must have at_least below its below, and one of them at least"),
        (rule("demo = ['yes']") + FIELDS, "speaks of a flag; write true or false."),
        (rule("country = true") + FIELDS, "speaks of levels; write a list"),
        (rule("country = []") + FIELDS, "speaks of levels; write a list"),
        (rule("start = ['2026-01-01']") + FIELDS, "speaks of a date, which no rule can use"),
        (rule("") + FIELDS, "scorecard.rules[1].when is empty; name at least one field."),
    ],
)
def test_an_agreement_that_contradicts_itself_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(AgreementError) as caught:
        parse_agreement(GOAL + text)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("field", "message"), [("bugdet", "Did you mean budget?"), ("email", "name one of kind number or")]
)
def test_the_worth_must_be_a_number_of_the_form(field: str, message: str) -> None:
    with pytest.raises(AgreementError) as caught:
        parse_agreement(GOAL.replace("3000", f"{{ field = '{field}' }}") + FIELDS)
    assert str(caught.value).startswith("accord.toml, line 3: goal.value names")
    assert message in str(caught.value)


def test_the_scorecard_may_speak_of_campaigns() -> None:
    assert parse_agreement(GOAL + rule("utm_source = ['linkedin']")).scorecard.rules[0].when == {
        "utm_source": ("linkedin",)
    }
