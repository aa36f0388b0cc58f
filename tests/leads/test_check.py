import json
import os
import subprocess
from pathlib import Path

import pytest

from leads.agreement import parse_agreement
from leads.check import explain
from tests.command import ran

ROOT = Path(__file__).parents[2]
SIGNED = """
[goal]
within_days = 120
value = { field = "budget" }
per_month = 40
[table]
target = "Converted"
order = "Lead Number"
[sales]
holidays = "DE"
[[sales.people]]
name = "north desk"
daily_cap = 12
takes = { country = ["DE", "AT"] }
[marketing]
qualified_leads_per_month = 900
[[scorecard.rules]]
points = 20
when = { budget = { at_least = 1000, below = 5000 }, demo = true, country = ["DE", "AT"] }
[form.fields.budget]
kind = "money"
label = "Yearly budget"
unit = "EUR"
[form.fields.email]
kind = "email"
required = true
[form.fields.country]
kind = "country"
column = "Land"
unset = ["Select"]
[form.fields.demo]
kind = "flag"
[form.known_after_contact]
tags = "levels nearly pure"
"""


def accord(*arguments: str) -> subprocess.CompletedProcess[str]:
    return ran(arguments, os.environ.copy())


@pytest.fixture
def signed(tmp_path: Path) -> Path:
    path = tmp_path / "accord.toml"
    path.write_text(SIGNED, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "words",
    [
        "A lead counts when it is “converted” within 120 days of the decision.",
        "What one is worth is what the lead writes under “Yearly budget”; otherwise its band alone counts.",
        "Together both teams want 40 of them a month.",
        "A first answer within 15 working minutes",
        "closed on the holidays of DE",
        "“north desk” takes at most 12 leads a day, weight 1, only “country”: DE, AT.",
        "900 qualified leads a month.",
        "A from 30 % likely to convert, B from 15 %, C from 5 %, D below.",
        "Leads in band B or better go to sales",
        "For 2 % of the leads a coin decides",
        "+20 points when “Yearly budget” is at least 1,000 and below 5,000 and “demo” is yes and “country” is DE",
        "What the form asks: 4 fields",
        "email, personal, required",
        "money, in EUR",
        "country, not given when “Select”, column “Land”",
        "tags: levels nearly pure",
        "Leads came in the order of “Lead Number”.",
    ],
)
def test_each_part_of_the_agreement_is_told_in_plain_words(words: str) -> None:
    assert words in "\n".join(explain(parse_agreement(SIGNED)))


@pytest.mark.parametrize(("levels", "words"), [(1, "category, 1 known level\n"), (2, "category, 2 known levels\n")])
def test_known_levels_are_counted(levels: int, words: str) -> None:
    known = ["Steel", "Wood"][:levels]
    asked = f'[form.fields.industry]\nkind = "category"\nlevels = {json.dumps(known)}\n[form.known_after_contact]'
    told = "\n".join(explain(parse_agreement(SIGNED.replace("[form.known_after_contact]", asked))))
    assert words in told


def test_check_tells_what_was_agreed(signed: Path) -> None:
    done = accord("check", "--agreement", str(signed))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("The goal\n")


def test_check_as_json_is_one_object(signed: Path) -> None:
    told = json.loads(accord("check", "--agreement", str(signed), "--json").stdout)
    assert told["digest"] == parse_agreement(SIGNED).digest
    assert told["agreement"]["goal"]["per_month"] == 40
    assert told["words"][0] == "The goal"


def test_check_refuses_with_the_line_and_no_traceback(signed: Path) -> None:
    signed.write_text(SIGNED.replace("\nper_month", "\nper_moth"), encoding="utf-8")
    done = accord("check", "--agreement", str(signed))
    assert (done.returncode, done.stdout) == (2, "")
    message = "line 5: goal.per_moth is not a key of the agreement. Did you mean per_month?"
    assert done.stderr == f"accord: {signed}, {message}\n"


TEAM = """
[goal]
within_days = 120
value = { field = "budget", otherwise = 3000 }
[sales]
lead = "Anna"
reassignments = 1
minutes_per_lead = { field = "budget", otherwise = 20 }
[[sales.people]]
name = "Anna"
[[sales.people]]
name = "Ben"
hours = "Mon-Thu 08:00-16:00"
timezone = "Europe/Vienna"
holidays = "AT"
[routing]
review_share = 0.05
[[routing.rules]]
when = { country = ["DE", "AT"] }
to = ["Anna", "Ben"]
[[routing.rules.rules]]
when = { budget = { at_least = 50000 } }
to = ["Anna"]
[[routing.rules]]
[form.fields.budget]
kind = "money"
[form.fields.country]
kind = "country"
"""


@pytest.mark.parametrize(
    "words",
    [
        "under “budget”; otherwise 3,000.",
        "A lead that nobody has answered by then goes on to another person, once; then it goes to “Anna”.",
        "A lead takes the minutes under “budget”, otherwise 20, and a minute costs 1.",
        "A call that waits loses 45 % of its effect over about 45 minutes and 30 % over about 1,440; 25 % stays.",
        "“Ben” takes leads without a daily limit, weight 1, works Mon-Thu 08:00-16:00, by the clock of "
        "Europe/Vienna, free on the holidays of AT.",
        "There is no price before leads of 28 days are known. Until then:\n  Leads in band B or better go to sales",
        "5 % of the leads are looked at by a person",
        "    1. “country” is DE or AT: “Anna”, “Ben”\n      1.1. “budget” is at least 50,000: “Anna”\n"
        "    2. everything else: everybody\n",
    ],
    ids=range(8),
)
def test_the_team_its_rules_and_the_price_are_told_in_plain_words(words: str) -> None:
    assert words in "\n".join(explain(parse_agreement(TEAM)))


def test_what_is_told_is_what_accord_does() -> None:
    """Without people there is no price and nobody's turn; nothing is announced that is not done yet."""
    alone = "\n".join(explain(parse_agreement("[goal]\nwithin_days = 120\nvalue = 3000\n")))
    assert "No people are named, so leads stand in the queue “sales”." in alone
    assert "Leads in band B or better go to sales, the rest to marketing." in alone
    assert "price" not in alone
    assert "turn" not in alone
    assert "not do yet" not in alone
