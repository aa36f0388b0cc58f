"""The history of other tools: their exports as they write them, what is read of them, and what is said where not."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import select

from accord import main
from benchmarks.reliability import workplace
from benchmarks.reliability.workplace import environment
from leads.agreement import AgreementError, parse_agreement
from leads.check import explain
from leads.ledger import open_ledger, tables

AGREEMENT = (
    workplace.AGREEMENT.replace("[sales]", '[sales]\ntimezone = "Europe/Berlin"', 1)
    + """
[form.fields.phone]
kind = "phone"
[form.fields.company]
kind = "company"
[form.fields.job_title]
kind = "job_title"
[form.fields.lead_source]
kind = "category"
"""
)
HUBSPOT = (
    '"Record ID","First Name","Last Name","Email","Phone Number","Contact owner","Lead Status","Lifecycle Stage",'
    '"Create Date","Became a Customer Date","Close Date","Job Title","Country/Region","Associated Company",'
    '"Total Revenue","Original Source"\n'
    '"901","Gaëlle","Perrin","g.perrin@perrin.example","+33 4 50 11 22 33","Inès Moreau","","Customer",'
    '"2026-01-12 09:14","2026-02-20 16:02","","Buyer","France","Fromagerie Perrin, SARL","12500.5","Organic Search"\n'
    '"902","","Durand","c.durand@durand.example","","","New","Lead","2026-01-13 10:00","","","","","","","Direct"\n'
    '"903","Tom","","tom@harbour.example","","","","Customer","2026-03-29 03:30","","2026-04-02 00:00","","","","",""\n'
)
SALESFORCE = (
    '"First Name","Last Name","Title","Company / Account","Email","Phone","Lead Source","Lead Status","Rating",'
    '"Create Date","Converted","Converted Date"\n'
    '"Ann","Miller","VP ""Operations""","Steel, Inc.","ann@steel.example","(415) 555-0101","Web",'
    '"Closed - Converted","Hot","1/12/2026","1","2/3/2026"\n'
    '"Bob","Lee","","Paper Ltd.","bob@paper.example","","Partner","Open - Not Contacted","","1/13/2026","0",""\n'
)
PIPEDRIVE = (
    "Deal - Title,Deal - Value,Deal - Currency,Deal - Status,Deal - Deal created,Deal - Won time,Deal - Lost time,"
    "Deal - Lost reason,Deal - Organization,Person - Name,Person - Email - Work,Person - Email - Home,"
    "Person - Phone - Work,Deal - Lead source\n"
    "Perrin deal,12500,EUR,Won,2026-01-12 09:14:00,2026-02-20 16:02:11,,,Fromagerie Perrin,Gaëlle Perrin,"
    "g.perrin@perrin.example,,'+33450112233,Fair\n"
    '"Deal, lost",800,EUR,Lost,2026-01-13 10:00:00,,2026-03-01 08:00:00,Competitor,Durand,C. Durand,,'
    "c.durand@durand.example,,Web\n"
    "Open deal,0,EUR,Open,2026-01-14 10:00:00,,,,Harbour,Tom Harbour,tom@harbour.example,tom@home.example,,\n"
)


class Place(NamedTuple):
    home: Path
    run: Callable[..., dict[str, Any]]
    refused: Callable[..., str]

    def rows(self, *columns: Any) -> list[Any]:
        ledger = open_ledger(f"sqlite:///{self.home / 'accord.db'}")
        with ledger.reading() as connection:
            found = list(connection.execute(select(*columns)))
        ledger.close()
        return found

    def forms(self) -> list[dict[str, Any]]:
        return [row.form for row in sorted(self.rows(tables.submissions), key=lambda row: row.submitted_at)]

    def outcomes(self) -> set[tuple[str, str, str | None, float | None]]:
        told = self.rows(tables.outcomes)
        return {(one.type, one.occurred_at.isoformat()[:16], one.reason, one.value) for one in told}

    def arrivals(self) -> list[str]:
        return sorted(row.submitted_at.isoformat()[:16] for row in self.rows(tables.submissions))


Laid = Callable[[str], Place]


@pytest.fixture
def laid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Laid:
    def lay(agreement: str) -> Place:
        workplace.laid_out(tmp_path / "home", agreement=agreement)
        for name, value in environment(tmp_path / "home").items():
            monkeypatch.setenv(name, value)
        return Place(tmp_path / "home", run, refused)

    def call(text: str | bytes, *words: str) -> int:
        file = tmp_path / "export.csv"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return main(["import", "leads", str(file), "--json", *words])

    def run(text: str | bytes, *words: str) -> dict[str, Any]:
        assert call(text, *words) == 0
        told: dict[str, Any] = json.loads(capsys.readouterr().out)
        return told

    def refused(text: str | bytes, *words: str) -> str:
        assert call(text, *words) == 2
        return capsys.readouterr().err

    return lay


def test_hubspot(laid: Laid) -> None:
    place = laid(AGREEMENT)
    receipt = place.run(HUBSPOT, "--from", "hubspot")
    assert (receipt["taken"], receipt["refused"], receipt["notes"]) == (3, 0, [])
    assert place.forms() == [
        {
            "email": "g.perrin@perrin.example",
            "name": "Gaëlle Perrin",
            "country": "France",
            "phone": "+33 4 50 11 22 33",
            "company": "Fromagerie Perrin, SARL",
            "job_title": "Buyer",
        },
        {"email": "c.durand@durand.example", "name": "Durand"},
        {"email": "tom@harbour.example", "name": "Tom"},
    ]
    assert place.arrivals() == ["2026-01-12T08:14", "2026-01-13T09:00", "2026-03-29T01:30"]
    assert place.outcomes() == {
        ("converted", "2026-02-20T15:02", None, 12500.5),
        ("converted", "2026-04-01T22:00", None, None),
    }
    assert receipt["unread_columns"] == ["Record ID", "Contact owner", "Lead Status", "Original Source"]
    assert place.run(HUBSPOT, "--from", "hubspot")["status"] == "already-imported"


def test_salesforce_says_which_number_is_the_month(laid: Laid) -> None:
    place = laid(AGREEMENT)
    refused = place.refused(SALESFORCE, "--from", "salesforce")
    assert "row 1 (line 2), Create Date: can be read in two ways; say with dates whether" in refused
    assert place.run(SALESFORCE, "--from", "salesforce", "--dates", "month-first")["taken"] == 2
    assert place.forms()[0] == {
        "email": "ann@steel.example",
        "name": "Ann Miller",
        "phone": "(415) 555-0101",
        "company": "Steel, Inc.",
        "job_title": 'VP "Operations"',
        "lead_source": "Web",
    }
    assert place.arrivals() == ["2026-01-11T23:00", "2026-01-12T23:00"]
    assert place.outcomes() == {("converted", "2026-02-02T23:00", None, None)}


def test_salesforce_by_the_names_of_its_api(laid: Laid) -> None:
    place = laid(AGREEMENT)
    text = (
        '"FirstName","LastName","Email","Status","IsConverted","CreatedDate","ConvertedDate"\n'
        '"Ann","Miller","ann@steel.example","Qualified","true","2026-01-12T08:00:00.000Z","2026-02-03"\n'
        '"Bob","Lee","bob@paper.example","Open","false","2026-01-13T08:00:00.000+0000",""\n'
    )
    assert place.run(text, "--from", "salesforce")["taken"] == 2
    assert place.arrivals() == ["2026-01-12T08:00", "2026-01-13T08:00"]
    assert place.outcomes() == {("converted", "2026-02-02T23:00", None, None)}


def test_pipedrive(laid: Laid) -> None:
    place = laid(AGREEMENT)
    text = PIPEDRIVE.replace("'+33450112233", "+33450112233")
    assert place.run(b"\xef\xbb\xbf" + text.encode(), "--from", "pipedrive")["taken"] == 3
    forms = place.forms()
    assert forms[0] == {
        "email": "g.perrin@perrin.example",
        "name": "Gaëlle Perrin",
        "phone": "+33450112233",
        "company": "Fromagerie Perrin",
        "lead_source": "Fair",
    }
    assert [form["email"] for form in forms[1:]] == ["c.durand@durand.example", "tom@harbour.example"]
    assert place.outcomes() == {
        ("converted", "2026-02-20T15:02", None, 12500.0),
        ("lost", "2026-03-01T07:00", "competitor", None),
    }


OWN = """
[import.oldcrm]
columns = { email = "Contact mail", name = ["Forename", "Surname"], utm_campaign = "Campaign code" }
arrived = "Entered"
dates = "day-first"
timezone = "America/New_York"
[[import.oldcrm.outcomes]]
type = "converted"
column = "State"
says = ["Signed", "signed twice"]
at = "Signed on"
value = "Worth"
[[import.oldcrm.outcomes]]
type = "rejected"
column = "State"
says = ["no thanks"]
at = "Closed on"
reason = "Why"
reasons = { "wrong size" = "bad-fit" }
[[import.oldcrm.outcomes]]
type = "meeting"
at = "Met on"
"""
OWN_TABLE = (
    "Contact mail;Forename;Surname;Campaign code;Entered;State;Signed on;Closed on;Worth;Why;Met on;Colour\n"
    "a@steel.example;Ann;Miller;SPRING;05/01/2026 1:30 PM;Signed;07/02/2026;;1.250,50 €;;06/01/2026;red\n"
    "b@paper.example;Bob;;;06/01/2026;No Thanks;;08/02/2026;;wrong size;;\n"
)


def test_a_mapping_of_the_agreement(laid: Laid) -> None:
    place = laid(AGREEMENT + OWN)
    receipt = place.run(OWN_TABLE, "--from", "oldcrm")
    assert (receipt["taken"], receipt["unread_columns"]) == (2, ["Colour"])
    assert place.forms() == [
        {"email": "a@steel.example", "name": "Ann Miller", "utm_campaign": "SPRING"},
        {"email": "b@paper.example", "name": "Bob"},
    ]
    assert place.arrivals() == ["2026-01-05T18:30", "2026-01-06T05:00"]
    assert place.outcomes() == {
        ("converted", "2026-02-07T05:00", None, 1250.5),
        ("meeting", "2026-01-06T05:00", None, None),
        ("rejected", "2026-02-08T05:00", "bad-fit", None),
    }


def test_both_teams_read_what_counts_as_converted() -> None:
    said = explain(parse_agreement(AGREEMENT + OWN))
    assert "  “oldcrm”: converted where “State” says Signed or signed twice." in said
    assert "  “oldcrm”: meeting where “Met on” is filled." in said


def test_a_reason_that_nobody_agreed_on(laid: Laid) -> None:
    place = laid(AGREEMENT + OWN)
    told = place.refused(OWN_TABLE.replace("wrong size", "weather"), "--from", "oldcrm")
    assert "row 2 (line 3), Why: must be one of the agreed reasons: bad-fit" in told
    assert place.forms() == []


def test_the_agreement_corrects_what_is_known_of_a_tool(laid: Laid) -> None:
    place = laid(AGREEMENT + '[import.hubspot]\ncolumns = { lead_source = "Original Source" }\n')
    place.run(HUBSPOT, "--from", "hubspot")
    assert [form.get("lead_source") for form in place.forms()] == ["Organic Search", "Direct", None]


def test_a_conversion_before_the_lead_and_one_without_a_time(laid: Laid) -> None:
    place = laid(AGREEMENT)
    wrong = HUBSPOT.replace("2026-02-20 16:02", "2026-01-02 16:02").replace("2026-04-02 00:00", "")
    told = place.refused(wrong, "--from", "hubspot")
    assert "row 1 (line 2), Became a Customer Date: must not lie before the lead's arrival" in told
    assert "row 3 (line 4), Became a Customer Date: must be given" in told


REFUSED = {
    "arrival": (HUBSPOT.replace('"Create Date"', '"Creation Date"'), "hubspot", "Create Date” is missing", "Creation"),
    "mail": (HUBSPOT.replace('"Email"', '"Emial"'), "hubspot", "column “Email” is missing", "perhaps “Emial” is meant"),
    "time of the outcome": (
        HUBSPOT.replace('"Became a Customer Date","Close Date"', '"Became a Kunde","Kloze"'),
        "hubspot",
        "“Became a Customer Date” is missing: it says when what “Lifecycle Stage” tells happened",
        "perhaps “Became a Kunde” is meant",
    ),
    "another tool's": (PIPEDRIVE, "hubspot", "column “Create Date” is missing: it says when leads came", ""),
    "a tool nobody knows": (HUBSPOT, "hubspott", "It is not known how tables of “hubspott” are read", "mean hubspot"),
    "deal": (
        PIPEDRIVE.replace("Deal - Deal created", "Deal - Created on"),
        "pipedrive",
        "“Deal - Deal created” is missing",
        "perhaps “Deal - Created on” is meant",
    ),
}


@pytest.mark.parametrize("name", list(REFUSED))
def test_a_missing_column_is_named_with_the_nearest(laid: Laid, name: str) -> None:
    text, tool, said, nearest = REFUSED[name]
    place = laid(AGREEMENT)
    told = place.refused(text, "--from", tool)
    assert said in told
    assert nearest in told
    assert place.forms() == []


def test_an_export_that_does_not_say_what_became_of_leads_is_noticed(laid: Laid) -> None:
    place = laid(AGREEMENT)
    receipt = place.run(HUBSPOT.replace("Lifecycle Stage", "Stage"), "--from", "hubspot")
    assert receipt["notes"] == ["no column “Lifecycle Stage” says what became of the leads"]
    assert place.outcomes() == set()


WRONG_MAPPINGS = {
    "field": ('[import.x]\ncolumns = { emial = "E" }', "emial", "Did you mean email?"),
    "key": ('[import.x]\narived = "E"', "import.x.arived is not a key", "Did you mean arrived?"),
    "zone": ('[import.x]\ntimezone = "Europe/Berln"', "import.x.timezone", "Did you mean Europe/Berlin?"),
    "words": ('[[import.x.outcomes]]\ntype = "lost"\nat = "T"\ncolumn = "S"', "outcomes[1] needs both", "says"),
    "reason": ('[[import.x.outcomes]]\ntype = "rejected"\nat = "T"', "outcomes[1] lacks reason", "column"),
    "reasons": (
        '[[import.x.outcomes]]\ntype = "lost"\nat = "T"\nreason = "R"\nreasons = { x = "badfit" }',
        "“badfit”",
        "Did you mean bad-fit?",
    ),
}


@pytest.mark.parametrize("name", list(WRONG_MAPPINGS))
def test_a_wrong_mapping_is_told_when_the_agreement_is_read(name: str) -> None:
    text, said, more = WRONG_MAPPINGS[name]
    with pytest.raises(AgreementError) as told:
        parse_agreement(AGREEMENT + text)
    assert said in str(told.value)
    assert more in str(told.value)
    assert (told.value.line or 0) >= len(AGREEMENT.splitlines())


def test_an_agreement_without_mappings_is_the_same_as_before(agreement: Any) -> None:
    assert "import" not in agreement.model_dump(mode="json")
    assert "import" in parse_agreement(AGREEMENT + OWN).model_dump(mode="json")
