"""The whole story of one lead: by the command, over HTTP, and in what its person is given."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from accord import main
from benchmarks.reliability import workplace
from benchmarks.reliability.workplace import AGREEMENT as OF_WORKPLACE
from leads.agreement import parse_agreement
from leads.lead import Announcement, Assignment, Contribution, Decision, Outcome, Score, Step, Submission
from leads.ledger import (
    DayPrice,
    Entry,
    Ledger,
    Made,
    Placement,
    Sending,
    add_receiver,
    adopt_agreement,
    enter,
    lead_of_person,
    open_ledger,
    put_assignment,
    write_outcome,
    write_price,
    write_step,
)
from tests.serving.conftest import PAGE, Service, accord, start, stop

AGREEMENT = OF_WORKPLACE.replace("[sales]", '[sales]\ntimezone = "Europe/Berlin"').replace(
    "[form.fields.email]", '[form.fields.email]\nlabel = "Work e-mail"'
)
MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
DUE = MONDAY + timedelta(minutes=15)
CALLED = MONDAY + timedelta(minutes=12)
TOLD = """\
{lead}
north desk has it since Mon 2026-11-23 09:00; answered at Mon 2026-11-23 09:12.
Times are those of Europe/Berlin.

Monday 2026-11-23
  09:00  A form was sent with the key {key}; noticed: sanitised
           Work e-mail: jane@steel.example
           message: Call me
               today
  09:00  Decided: sales (north desk), band A, 31.4 % likely to convert within 120 days
           scored by conversion/7
           sales: a minute of sales spent on it earns 42.81, and price 1 is 1.90
           + Country: DE
           - Yearly budget: not given
  09:00  north desk has it, to be answered by 09:15: everybody may take it; it is north desk's turn
  09:00  lead.decided to https://crm.example.com/in: not delivered yet
  09:00  lead.decided to north@example.com: not delivered yet
  09:10  north desk was reminded: two thirds of the time to answer are over
  09:12  Outcome: contacted
  09:12  north desk answered for it: sales contacted the person

Tuesday 2026-11-24
  09:00  Outcome: meeting, told at 10:00
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    place = workplace.laid_out(tmp_path_factory.mktemp("lead") / "home", agreement=AGREEMENT, origins=[PAGE])
    service = start(Service("", place.home, place.secret, place.public))
    yield service
    stop(service)


class Written(NamedTuple):
    home: Path
    lead: str
    key: str


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """A lead whose times are known, and no service that would go on with it."""
    place = workplace.laid_out(tmp_path_factory.mktemp("written") / "home", agreement=AGREEMENT)
    with closing(open_ledger(place.database)) as ledger:
        number = adopt_agreement(ledger, AGREEMENT, parse_agreement(AGREEMENT).digest)
        with ledger.transaction() as connection:
            assert write_price(connection, _price(number)) == 1
        return Written(place.home, _written(ledger, number, place.secret[:11]), place.secret[:11])


def _written(ledger: Ledger, number: int, key: str) -> str:
    with ledger.transaction() as connection:
        add_receiver(connection, "https://crm.example.com/in", MONDAY, ["lead.decided"], None)
        lead = enter(connection, _entry(number, key)).lead
        write_step(connection, _step(lead, "reminded", 10, "two thirds of the time to answer are over"))
        write_step(connection, _step(lead, "answered", 12, "sales contacted the person"))
        put_assignment(connection, _assignment(lead, CALLED))
        write_outcome(connection, Outcome(lead, "one", "contacted", CALLED, CALLED, None, None, key))
        met, known = MONDAY + timedelta(days=1), MONDAY + timedelta(days=1, hours=1)
        write_outcome(connection, Outcome(lead, "two", "meeting", met, known, None, None, key))
    return lead


def _entry(number: int, key: str) -> Entry:
    form = {"email": "jane@steel.example", "name": None, "message": "Call me\ntoday"}
    announcement = Announcement("lead.decided", MONDAY, {}, ("north@example.com",), {"subject": "", "text": ""})
    return Entry(
        sending=Sending(key, None, "f" * 64),
        people=(),
        arrived_at=MONDAY,
        submission=lambda lead: Submission("sb_1", lead, MONDAY, form, key, None, ("sanitised",)),
        decide=lambda _, sent, __: Made(_decision(number, sent), _placement(sent.lead)),
        announce=lambda _, __: [announcement],
        answer=lambda _, __: (201, ""),
    )


def _decision(number: int, sent: Submission) -> Decision:
    reasons = (
        Contribution("country", "country", "Country: DE", 0.8),
        Contribution("budget", "budget", "Yearly budget: not given", -0.3),
    )
    return Decision(
        id="dc_1",
        lead=sent.lead,
        submission=sent.id,
        decided_at=MONDAY,
        score=Score(0.314, -0.78, -1.28, reasons, "blend", "conversion/7", 0.1),
        horizon_days=120,
        band="A",
        route="sales",
        owner="north desk",
        respond_by=DUE,
        agreement=number,
        price=1.9,
        propensity=0.99,
        features={},
        price_number=1,
        value=3000.0,
        minutes=22.0,
        index=42.81,
        lot=0.5,
        ruled_by="price",
    )


def _placement(lead: str) -> Placement:
    step = _step(lead, "assigned", 0, "everybody may take it; it is north desk's turn", None)
    return Placement("north desk", DUE, "north@example.com", _assignment(lead, None), (step,))


def _price(number: int) -> DayPrice:
    return DayPrice(MONDAY.date(), MONDAY, "daily", None, number, 1.9, None, 100, 900.0, 600.0, 0.0, 1.0)


def _step(lead: str, kind: Any, minutes: int, why: str, before: str | None = "north desk") -> Step:
    return Step(lead, "dc_1", MONDAY + timedelta(minutes=minutes), kind, "north desk", before, DUE, why)


def _assignment(lead: str, answered_at: datetime | None) -> Assignment:
    return Assignment(
        lead=lead,
        decision="dc_1",
        owner="north desk",
        owned_before=(),
        since=MONDAY,
        respond_by=DUE,
        next_step=None,
        next_at=None,
        escalated=False,
        answered_at=answered_at,
        ended_at=None,
        benefit=0.314,
        value=3000.0,
        minutes=22.0,
        interest_at=MONDAY,
    )


def test_a_story_reads_from_the_first_form_to_the_last_word(written: Written) -> None:
    done = accord(written.home, "lead", written.lead)
    assert done.stdout == TOLD.format(lead=written.lead, key=written.key), done.stderr


class Run(NamedTuple):
    code: int
    out: str
    err: str


Lead = Callable[[str], Run]


@pytest.fixture
def lead(written: Written, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Lead:
    """`accord lead` in this process, which is quicker."""
    for name, value in workplace.environment(written.home).items():
        monkeypatch.setenv(name, value)

    def run(name: str) -> Run:
        code = main(["lead", "--", name])
        return Run(code, *capsys.readouterr())

    return run


def test_the_end_of_an_id_is_enough(written: Written, lead: Lead) -> None:
    for ending in (written.lead[-6:], written.lead[-12:].upper(), written.lead):
        assert lead(ending).out.startswith(written.lead)


@pytest.mark.parametrize("given", ["-- %", "12345", "ld_1", "x" * 39, "%%%%%%", "______", ""])
def test_what_is_no_id_is_refused(lead: Lead, given: str) -> None:
    done = lead(given)
    assert (done.code, done.out) == (2, "")
    assert "last six letters" in done.err


@pytest.mark.parametrize("absent", ["ld_00000000-0000-0000-0000-000000000000", "000000"])
def test_nobody_is_guessed(lead: Lead, absent: str) -> None:
    done = lead(absent)
    assert (done.code, done.out) == (2, "")
    assert "no lead" in done.err


def test_an_ending_of_several_leads_names_them(written: Written, lead: Lead, monkeypatch: pytest.MonkeyPatch) -> None:
    twins = [f"ld_0000000{number}-0000-7000-8000-000000abcdef" for number in range(2)]
    names = iter(twins)
    monkeypatch.setattr("leads.ledger.person.lead_id", partial(next, names))
    with closing(open_ledger(f"sqlite:///{written.home / 'accord.db'}")) as ledger, ledger.transaction() as connection:
        for _ in twins:
            lead_of_person(connection, (), MONDAY, None)
    done = lead("abcdef")
    assert (done.code, done.out) == (2, "")
    assert all(twin in done.err for twin in twins)
    assert lead("1-0000-7000-8000-000000abcdef").out.startswith(twins[1])


def read(service: Service, lead: str) -> Any:
    return service.call("GET", f"/v1/leads/{lead}", service.secret).json()


def test_the_story_tells_each_step_where_it_stands_and_why(running: Service) -> None:
    sent = running.send({"email": "jane@steel.example", "country": "DE"}).json()
    told = read(running, sent["lead"])
    [decision], [step] = told["decisions"], told["steps"]
    assert decision["ruled_by"] in ("band", "lot")
    assert decision["index"] == pytest.approx(decision["probability"] * 3000 / 22)
    assert (decision["value"], decision["minutes"], decision["price_number"]) == (3000, 22, None)
    assert 0 <= decision["lot"] < 1
    assert sent.keys() == decision.keys() - {
        *("submission", "decided_at", "cause", "note", "degraded"),
        *("ruled_by", "index", "value", "minutes", "price_number", "p_sales", "p_nurture", "track", "lot"),
    }
    assert (step["kind"], step["owner_before"], step["at"]) in (
        ("assigned", None, decision["decided_at"]),
        ("queued", None, decision["decided_at"]),
    )
    assert step["respond_by"] == decision["respond_by"]
    assert told["standing"] == {
        "owner": sent["owner"],
        "respond_by": sent["respond_by"],
        "answered_at": None,
        "escalated": False,
        "next_step": "remind" if step["owner"] else "due",
        "next_at": told["standing"]["next_at"],
    }


def test_what_sales_has_no_longer_does_not_stand_with_it(running: Service) -> None:
    lead = running.send({"email": "john@steel.example", "country": "DE"}).json()["lead"]
    said = {"route": "nurture", "reason": "too early"}
    assert running.call("POST", f"/v1/leads/{lead}/override", running.secret, json=said).status_code == 200
    told = read(running, lead)
    assert told["standing"] is None
    assert [step["kind"] for step in told["steps"]][1:] == ["ended"]
    assert told["decisions"][-1]["ruled_by"] == "hand"
    text = accord(running.home, "lead", lead).stdout
    assert "\nMarketing has it: nurture.\n" in text
    assert "said: too early" in text


def test_the_command_and_the_export_tell_all_that_http_does(running: Service) -> None:
    lead = running.send({"email": "zoe@steel.example", "country": "DE"}).json()["lead"]
    told = read(running, lead)
    by_command = json.loads(accord(running.home, "lead", lead, "--json").stdout)
    assert by_command == told | {"messages": []}
    exported = json.loads(accord(running.home, "export", "--person", "zoe@steel.example").stdout)["leads"][0]
    assert {name: exported[name] for name in ("steps", "standing")} == {
        name: told[name] for name in ("steps", "standing")
    }
    assert exported["decisions"][0].items() >= told["decisions"][0].items()
