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
        ("[sales]\nhours = 'Mo-Do 9-17'", "sales.hours: cannot read “Mo-Do 9-17” as days and hours"),
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


PEOPLE = """
[[sales.people]]
name = "Anna"
[[sales.people]]
name = "Ben"
takes = { country = ["AT", "CH"] }
"""


def routed(*rules: str) -> str:
    """Each rule's own keys, `;` between them; a rule within the one before it begins with >."""
    tables = [("routing.rules.rules" if rule.startswith(">") else "routing.rules", rule.lstrip("> ")) for rule in rules]
    return PEOPLE + "".join(f"[[{name}]]\n" + keys.replace("; ", "\n") + "\n" for name, keys in tables) + FIELDS


DE, AT, BOTH = "when = { country = ['DE'] }", "when = { country = ['AT'] }", "when = { country = ['at', 'De'] }"


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        (
            [f"{DE}; to = ['Ana']", ""],
            "line 12: routing.rules[1].to names “Ana”, who is not one of sales.people. Did you",
        ),
        ([f"{DE}; to = ['Anna', 'Anna']", ""], "routing.rules[1].to names “Anna” more than once"),
        (
            ["when = { contry = ['DE'] }", ""],
            "line 11: routing.rules[1].when.contry names a field the form does not ask",
        ),
        (["when = { email = ['a@b.de'] }", ""], "routing.rules[1].when.email speaks of a personal value"),
        (["when = { country = [] }", ""], "routing.rules[1].when.country speaks of levels; write a list"),
        (["when = { budget = ['5'] }", ""], "routing.rules[1].when.budget speaks of a number; write { at_least"),
        (["when = { demo = ['yes'] }", ""], "routing.rules[1].when.demo speaks of a flag; write true or false"),
        (
            ["", DE, ""],
            "line 10: routing.rules[1] has no `when`, so no rule after it is ever looked at; move it to the end",
        ),
        ([DE, ">", f"> {AT}", ""], "routing.rules[1].rules[1] has no `when`, so no rule after it"),
        ([DE], "line 10: routing.rules lacks a last rule without `when`, which says who takes all other leads"),
        ([f"{DE}; t = ['Anna']", ""], "line 12: routing.rules[1].t is not a key of the agreement. Did you mean to?"),
        (
            [DE, f"> {DE}; t = ['Anna']", ""],
            "routing.rules[1].rules[1].t is not a key of the agreement. Did you mean to",
        ),
        ([DE, AT, DE, ""], "line 14: routing.rules[3] can never match: rule 1 before it takes all of its leads"),
        ([DE, "when = { country = ['de'], demo = true }", ""], "routing.rules[2] can never match: rule 1 before it"),
        ([DE, AT, BOTH, ""], "routing.rules[3] can never match: the rules before it take all of its levels of country"),
        (
            ["when = { budget = { at_least = 5 } }", "when = { budget = { at_least = 7, below = 9 } }", ""],
            "routing.rules[2] can never match: rule 1 before it",
        ),
        (
            [DE, f"> {AT}", ""],
            "line 12: routing.rules[1].rules[1] can never match: it stands within a rule for which country",
        ),
        (
            ["when = { budget = { below = 5 } }", "> when = { budget = { at_least = 5 } }", ""],
            "routing.rules[1].rules[1] can never match: it stands within a rule for which budget is below 5",
        ),
        (
            ["when = { demo = true }", "> when = { demo = false }", ""],
            "routing.rules[1].rules[1] can never match: it stands within a rule for which demo is yes",
        ),
        (
            [f"{DE}; to = ['Anna', 'Ben']", ""],
            "line 12: routing.rules[1].to can never give a lead to “Ben”: “Ben” takes leads only when country",
        ),
        (
            [BOTH, f"> {DE}; to = ['Ben']", ""],
            "routing.rules[1].rules[1].to can never give a lead to “Ben”",
        ),
    ],
)
def test_rules_that_can_do_nothing_are_refused_with_their_line(rules: list[str], message: str) -> None:
    with pytest.raises(AgreementError) as caught:
        parse_agreement(GOAL + routed(*rules))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "rules",
    [
        [f"{DE}; to = ['Anna']", f"{BOTH}; to = ['Ben', 'Anna']", ""],
        [DE, f"> {DE}; to = ['Anna']", "to = ['Anna']"],
        ["when = { demo = true }", "when = { demo = false }", ""],
        ["when = { utm_source = ['fair'] }", "> when = { gclid = ['x'] }", ""],
        ["when = { budget = { below = 5 } }", "when = { budget = { at_least = 5 } }", DE, ""],
        ["when = { country = ['DE'], demo = true }", DE, BOTH, "to = ['Anna', 'Ben']"],
        [""],
        [],
    ],
    ids=range(8),
)
def test_rules_that_each_take_some_leads_are_agreed(rules: list[str]) -> None:
    assert len(parse_agreement(GOAL + routed(*rules)).routing.rules) == sum(not rule.startswith(">") for rule in rules)


def test_a_rule_that_nobody_can_take_is_refused() -> None:
    ben = "[[sales.people]]\nname = 'Ben'\ntakes = { country = ['AT'] }\n"
    with pytest.raises(AgreementError, match="nobody who may take the leads of"):
        parse_agreement(GOAL + ben + f"[[routing.rules]]\n{DE}\n[[routing.rules]]\n" + FIELDS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[sales]\nlead = 'Ana'" + PEOPLE,
            "line 5: sales.lead names “Ana”, who is not one of sales.people. Did you mean",
        ),
        ("[sales]\ndecay = { floor = 0.6, quick = 0.5 }", "line 5: sales.decay.floor and sales.decay.quick are shares"),
        (
            "[sales]\nminutes_per_lead = { field = 'bugdet', otherwise = 20 }" + FIELDS,
            "line 5: sales.minutes_per_lead names “bugdet”, which the form does not ask. Did you mean budget?",
        ),
        (
            "[sales]\nminutes_per_lead = { field = 'country', otherwise = 20 }" + FIELDS,
            "sales.minutes_per_lead names “country”, a field of kind country; name one of kind number or money.",
        ),
        (
            "[sales]\nminutes_per_lead = { field = 'budget' }" + FIELDS,
            'must say how long a lead takes that leaves this field empty; write { field = "budget", otherwise = 22 }.',
        ),
        (
            "[routing]\nreview_share = 0.4\nguard_slice = 0.2",
            "line 5: routing.review_share and routing.guard_slice take",
        ),
        (PEOPLE + "hours = 'Mon 17:00-09:00'", "line 10: sales.people[2].hours: the hours 17:00-09:00 end before"),
        (PEOPLE + "timezone = 'Europe/Berln'", "line 10: sales.people[2].timezone “Europe/Berln” is unknown. Did you"),
        (PEOPLE + "holidays = 'ZZ'", "line 10: sales.people[2].holidays “ZZ” is no calendar"),
        (
            "[sales]\nfirst_response_minutes = 525600" + PEOPLE + "hours = 'Mon 09:00-09:01'",
            "sales.people[2].hours leave no time for a first answer within ten years",
        ),
        (
            "[[sales.people]]\nname = ' anna'" + PEOPLE,
            "sales.people has “ anna” 2 times; give each a name of their own.",
        ),
        ("[[sales.people]]\nname = 'Sales'", "line 5: sales.people[1].name “Sales” is nobody's"),
        (
            "[[sales.people]]\nname = 'a'\ntakes = { country = [] }" + FIELDS,
            "takes.country is empty, so no lead is taken",
        ),
        (
            "[[sales.people]]\nname = 'a'\ntakes = { budget = ['5'] }" + FIELDS,
            "a field of kind money, which has no levels",
        ),
        ("[[sales.people]]\nname = 'a'\ntakes = { email = ['x'] }" + FIELDS, "takes.email speaks of a personal value"),
    ],
)
def test_what_sales_promises_must_be_possible(text: str, message: str) -> None:
    with pytest.raises(AgreementError) as caught:
        parse_agreement(GOAL + text)
    assert message in str(caught.value)
