"""What time brings to the leads of sales, on both databases, under a clock that tests move. 2026-11-20 is a Friday."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from leads.lead import Assignment
from leads.ledger import LedgerUnavailable, Placement, add_receiver, assignment_of
from leads.ledger.receiver import EVENTS
from models.replay import Replay
from serving.rights.erasure import erase_people
from serving.rights.overruling import object_to_profiling
from serving.team.clock import Clock
from serving.team.moves import Moves
from serving.team.placement import Team
from tests.serving.office import SALES, Office, berlin, people

TEN = "2026-11-20 10:00"
Opened = Callable[..., Office]


def opener(database: str) -> Iterator[Opened]:
    opened: list[Office] = []

    def start(*names: str, at: str = TEN, sales: str = "", team: str = "") -> Office:
        opened.append(Office(database, berlin(at), SALES + sales + (team or people(*names))))
        return opened[-1]

    yield start
    for each in opened:
        each.close()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Opened]:
    yield from opener(f"sqlite:///{tmp_path / 'accord.db'}")


@pytest.fixture
def either(database: str) -> Iterator[Opened]:
    """For what the database has a say in."""
    yield from opener(database)


def times(office: Office, lead: str) -> list[tuple[str, str]]:
    """Kind and moment of each step, in Berlin."""
    return [(step.kind, f"{step.at.astimezone(berlin(TEN).tzinfo):%d %H:%M}") for step in office.steps(lead)]


def test_a_lead_that_nobody_answers_goes_round_and_then_to_the_lead_of_the_team(either: Opened) -> None:
    sales = either("anna", "bert", "carl", sales='lead = "zoe"\n', team=people("anna", "bert", "carl", "zoe"))
    sales.said("zoe", "hours", hours="Sat 09:00-10:00")
    lead = sales.send()
    first = sales.owner(lead)
    for minutes in (9, 1, 4, 1, 10, 5, 10, 4, 1, 60):
        sales.passes(minutes)
    assert times(sales, lead) == [
        ("assigned", "20 10:00"),
        ("reminded", "20 10:10"),
        ("reassigned", "20 10:15"),
        ("reminded", "20 10:25"),
        ("reassigned", "20 10:30"),
        ("reminded", "20 10:40"),
        ("escalated", "20 10:45"),
    ]
    owners = [step.owner for step in sales.steps(lead)]
    assert owners[0] == owners[1] == first
    assert len({owners[0], owners[2], owners[4]}) == 3
    assert owners[-1] == "zoe"
    stands = sales.stands(lead)
    assert (stands.escalated, stands.next_step, stands.next_at) == (True, None, None)
    assert stands.owned_before == (owners[0], owners[2], owners[4])
    assert stands.respond_by == berlin("2026-11-20 10:45")


@pytest.mark.parametrize("hops", [0, 1])
def test_hops_are_bounded_and_without_a_lead_of_the_team_it_stays(office: Opened, hops: int) -> None:
    sales = office("anna", "bert", "carl", "dora", sales=f"reassignments = {hops}\n")
    lead = sales.send()
    for _ in range(10):
        sales.passes(15)
    assert [kind for kind in sales.kinds(lead) if kind != "reminded"] == [
        "assigned",
        *["reassigned"] * hops,
        "escalated",
    ]
    last = sales.steps(lead)[-1]
    assert last.owner == last.owner_before == sales.owner(lead) is not None


def test_nobody_else_can_take_it_and_it_is_escalated_at_once(office: Opened) -> None:
    sales = office("anna", "bert")
    sales.said("bert", "hours", hours="Sat 09:00-10:00")
    lead = sales.send()
    sales.passes(15)
    assert sales.kinds(lead) == ["assigned", "escalated"]
    assert sales.steps(lead)[-1].why == "anna did not answer in time; nobody else can take it now"


def test_it_never_goes_back_to_somebody_who_let_it_pass(office: Opened) -> None:
    sales = office("anna", "bert", sales="reassignments = 5\n")
    lead = sales.send()
    for _ in range(10):
        sales.passes(15)
    assert [kind for kind in sales.kinds(lead) if kind != "reminded"] == ["assigned", "reassigned", "escalated"]


def test_an_answer_stops_the_clock(office: Opened) -> None:
    sales = office("anna", "bert")
    answered, ended = sales.send(), sales.send()
    sales.passes(5)
    sales.tell(answered, "contacted")
    sales.tell(ended, "lost")
    for _ in range(4):
        sales.passes(60)
    assert sales.kinds(answered) == ["assigned", "answered"]
    assert sales.kinds(ended) == ["assigned", "ended"]


def test_after_a_standstill_only_the_later_step_is_done(office: Opened) -> None:
    sales = office("anna", "bert")
    lead = sales.send()
    sales.restart()
    sales.passes(50)
    assert times(sales, lead) == [("assigned", "20 10:00"), ("reassigned", "20 10:50")]
    assert sales.stands(lead).respond_by == berlin("2026-11-20 11:05")


def test_every_step_is_exact_across_restarts_nights_weekends_and_holidays(office: Opened) -> None:
    sales = office("anna", "bert", "carl", at="2026-12-23 16:55")
    lead = sales.send()
    due = [
        ("2026-12-24 09:05", "reminded"),
        ("2026-12-24 09:10", "reassigned"),
        ("2026-12-24 09:20", "reminded"),
        ("2026-12-24 09:25", "reassigned"),
    ]
    for moment, kind in due:
        sales.at(berlin(moment) - timedelta(seconds=1))
        before = sales.kinds(lead)
        sales.restart()
        sales.at(moment)
        assert sales.kinds(lead) == [*before, kind], moment
    late = sales.send()
    sales.at("2026-12-24 16:57")
    sales.tell(late)
    last = sales.send()
    assert sales.stands(last).respond_by == berlin("2026-12-28 09:12")  # over Christmas and a weekend
    sales.at("2026-12-28 09:06")
    assert sales.kinds(last) == ["assigned"]
    sales.at("2026-12-28 09:07")
    assert sales.kinds(last) == ["assigned", "reminded"]
    assert sales.stands(last).next_at == berlin("2026-12-28 09:12")


@pytest.mark.parametrize(
    ("sent", "reminded", "due"),
    [
        ("2026-03-29T00:55:00+00:00", "2026-03-29T01:05:00+00:00", "2026-03-29T01:10:00+00:00"),
        ("2026-10-25T00:55:00+00:00", "2026-10-25T01:05:00+00:00", "2026-10-25T01:10:00+00:00"),
    ],
    ids=["spring", "autumn"],
)
def test_the_nights_the_clocks_change(office: Opened, sent: str, reminded: str, due: str) -> None:
    """02:00 becomes 03:00, and 03:00 becomes 02:00: fifteen minutes stay fifteen."""
    sales = office(team=people("anna", "bert", more='hours = "Mon-Sun 00:00-24:00"'))
    sales.now = datetime.fromisoformat(sent)
    lead = sales.send()
    for moment, kinds in ((reminded, ["assigned", "reminded"]), (due, ["assigned", "reminded", "reassigned"])):
        sales.at(datetime.fromisoformat(moment) - timedelta(seconds=1))
        assert sales.kinds(lead) == kinds[:-1]
        sales.at(datetime.fromisoformat(moment))
        assert sales.kinds(lead) == kinds


def test_the_next_owner_answers_in_their_own_zone_and_hours(office: Opened) -> None:
    indian = people("dev", more='hours = "Mon-Fri 09:00-15:05"\ntimezone = "Asia/Kolkata"\nholidays = "IN"')
    sales = office(team=people("anna") + indian, at="2026-11-23 10:15")
    sales.said("dev", "paused", by="hand")
    lead = sales.send()
    sales.said("dev", "resumed")
    sales.passes(15)  # 15:00 in Kolkata: five minutes today, ten tomorrow
    assert sales.owner(lead) == "dev"
    assert sales.stands(lead).respond_by == datetime(2026, 11, 25, 3, 40, tzinfo=UTC)  # the 24th is a holiday there


def test_who_has_left_the_team_is_mailed_nothing(office: Opened) -> None:
    sales = office("anna", sales='lead = "anna"\n')
    sales.said("anna", "removed")
    lead = sales.send()
    sales.passes(15)
    assert sales.kinds(lead) == ["queued", "escalated"]
    assert [row.mail_to for row in sales.messages("lead.escalated")] == ["sales@example.com"]


def test_a_lead_in_the_queue_is_escalated_once_and_still_taken_up(office: Opened) -> None:
    sales = office("anna", sales='lead = "anna"\n')
    sales.said("anna", "paused", by="hand")
    lead = sales.send()
    assert sales.kinds(lead) == ["queued"]
    for _ in range(3):
        sales.passes(15)
    assert times(sales, lead) == [("queued", "20 10:00"), ("escalated", "20 10:15")]
    assert sales.owner(lead) is None
    assert [row.mail_to for row in sales.messages("lead.escalated")] == ["anna@example.com"]
    sales.said("anna", "resumed")
    sales.passes(1)
    assert sales.kinds(lead)[-1] == "assigned"
    stands = sales.stands(lead)
    assert (stands.owner, stands.escalated, stands.next_step) == ("anna", False, "remind")
    assert stands.respond_by == berlin("2026-11-20 11:01")


def test_the_queue_waits_for_morning_and_is_handed_out_by_index(either: Opened) -> None:
    sales = either("anna", "bert", at="2026-11-20 20:00")
    cold = [sales.send(budget=1000.0) for _ in range(3)]
    sales.now += timedelta(hours=1)
    hot = [sales.send(hot=True, budget=5000.0), sales.send(budget=9000.0), sales.send(hot=True), sales.send(hot=True)]
    sales.at("2026-11-23 08:59")
    assert all(sales.owner(lead) is None for lead in cold + hot)
    sales.at("2026-11-23 09:00")
    assert all(sales.owner(lead) for lead in hot)
    # of the cold ones the newest waited least, and each person takes three
    assert [sales.owner(lead) is not None for lead in cold] == [True, True, False]
    having = [sales.owner(lead) for lead in [*hot, *cold[:2]]]
    assert sorted(map(str, having)) == ["anna"] * 3 + ["bert"] * 3
    order = [row.lead for row in sales.messages("lead.assigned")]
    assert order == [hot[1], hot[0], hot[2], hot[3], cold[0], cold[1]]
    sales.tell(hot[0])
    sales.passes(1)
    assert sales.owner(cold[2]) == sales.owner(hot[0])


def test_nobody_gets_a_fourth_from_the_queue_or_from_another(office: Opened) -> None:
    sales = office("anna", "bert")
    sales.said("anna", "paused", by="hand")
    mine = [sales.send() for _ in range(3)]
    sales.said("anna", "resumed")
    sales.said("bert", "paused", by="hand")
    other = sales.send()
    assert sales.owner(other) == "anna"
    sales.said("bert", "resumed")
    sales.now += timedelta(minutes=1)
    assert {sales.owner(lead) for lead in mine} == {"bert"}
    sales.at("2026-11-20 10:15")  # bert's three go to anna as far as she has room, anna's cannot go to bert
    assert sum(sales.owner(lead) == "anna" for lead in [*mine, other]) <= 3


@pytest.mark.parametrize("kind", ["paused", "removed", "leave"])
def test_what_waits_for_somebody_who_is_away_goes_back(either: Opened, kind: Any) -> None:
    sales = either("anna", "bert")
    sales.said("bert", "paused", by="hand")
    waiting, answered, ended = sales.send(), sales.send(), sales.send()
    sales.tell(answered)
    sales.tell(ended, "lost")
    sales.said("anna", kind, **({"from": "2026-11-20", "to": "2026-11-22"} if kind == "leave" else {}))
    sales.passes(1)
    assert sales.kinds(waiting) == ["assigned", "returned"]
    stands = sales.stands(waiting)
    assert (stands.owner, stands.next_step, stands.respond_by) == (None, "due", berlin("2026-11-20 10:16"))
    assert sales.kinds(answered) == ["assigned", "answered", *(["returned"] if kind == "removed" else [])]
    assert sales.kinds(ended) == ["assigned", "ended"]
    sales.said("bert", "resumed")
    sales.passes(1)
    assert sales.owner(waiting) == "bert"
    assert sales.owner(answered) == ("bert" if kind == "removed" else "anna")


def test_who_comes_back_from_leave_gets_their_lead_again(either: Opened) -> None:
    """A team of one loses none, and who knows the person comes first."""
    sales = either("anna", "bert")
    sales.said("bert", "paused", by="hand")
    lead = sales.send()
    sales.said("anna", "leave", **{"from": "2026-11-20", "to": "2026-11-20"})
    sales.passes(1)
    assert sales.owner(lead) is None
    sales.said("bert", "resumed")
    sales.said("bert", "hours", hours="Tue 09:00-10:00")
    sales.at("2026-11-23 09:00")
    assert sales.owner(lead) == "anna"
    assert sales.steps(lead)[-1].why == "anna knows this person or company"


def test_a_colleagues_lead_waits_for_nobody_else_when_who_knows_the_company_is_there(office: Opened) -> None:
    rules = '[[routing.rules]]\nwhen = { country = ["FR"] }\nto = ["bert"]\n[[routing.rules]]\n'
    sales = office(team=people("anna", "bert") + rules)
    sales.said("bert", "paused", by="hand")
    first = sales.send("jane@accord-steel.de", country="DE")
    assert sales.owner(first) == "anna"
    sales.at("2026-11-20 20:00")
    colleague = sales.send("john@accord-steel.de", country="FR")
    assert sales.owner(colleague) is None
    sales.at("2026-11-23 09:00")
    assert sales.owner(colleague) == "anna"


def test_a_night_and_a_public_holiday_take_no_lead_away(office: Opened) -> None:
    sales = office("anna", at="2026-12-24 16:55")
    lead = sales.send()
    for moment in ("2026-12-24 23:00", "2026-12-25 12:00", "2026-12-27 12:00"):
        sales.at(moment)
    assert sales.kinds(lead) == ["assigned"]


def test_whom_a_person_named_by_hand_keeps_it_also_outside_the_team(either: Opened) -> None:
    from serving.deciding.anew import Case, decide_anew, scored_anew

    sales = either("anna")
    lead = sales.send()
    found = scored_anew(sales.intake, lead)
    assert found is not None
    with sales.ledger.transaction() as connection:
        case = Case(lead, found[1], "override", "sales", "knows her", "the founder")
        decide_anew(connection, sales.intake, case)
    sales.passes(1)
    assert sales.owner(lead) == "the founder"
    sales.at("2026-11-20 10:15")
    assert (sales.owner(lead), sales.kinds(lead)[-1]) == ("anna", "reassigned")


def test_a_silent_person_is_paused_and_what_else_they_had_goes_back(either: Opened) -> None:
    led = 'lead = "zoe"\nreassignments = 1\n'
    sales = either("anna", "bert", at="2026-11-20 09:59", sales=led, team=people("anna", "bert", "zoe"))
    for name in ("bert", "zoe"):
        sales.said(name, "paused", by="hand")
    sales.tell(sales.send())
    sales.now += timedelta(minutes=1)
    leads = [sales.send()]
    for _ in range(3):
        sales.now += timedelta(minutes=2)
        leads.append(sales.send())
    for minute in range(15, 21):
        sales.at(f"2026-11-20 10:{minute}")
        paused = [change for change in sales.changes() if change.said == {"by": "silence"}]
        assert [change.person for change in paused] == (["anna"] if minute >= 19 else []), minute
    assert sales.kinds(leads[3]) == ["assigned", "reminded", "returned"]
    assert sales.owner(leads[3]) is None
    told = sales.messages("person.paused")
    assert sorted(row.mail_to for row in told) == ["anna@example.com", "zoe@example.com"]
    sales.said("anna", "resumed")
    sales.passes(1)
    assert sales.owner(leads[3]) == "anna"
    new = sales.send()
    for lead in [*leads, new][2:]:
        if lead != new and sales.owner(lead) == "anna":
            sales.tell(lead)
    sales.passes(15)
    assert sales.kinds(new)[-1] == "escalated"
    assert not sales.team()["anna"].paused  # what was before they came back counts no more


def test_nobody_is_silent_where_no_answer_was_ever_told(office: Opened) -> None:
    sales = office("anna")
    for _ in range(4):
        sales.send()
    for _ in range(4):
        sales.passes(15)
    assert not sales.team()["anna"].paused


def test_who_answers_one_of_them_is_not_silent(office: Opened) -> None:
    sales = office("anna")
    leads = [sales.send() for _ in range(4)]
    sales.passes(5)
    sales.tell(leads[3])
    for _ in range(4):
        sales.passes(15)
    assert [sales.kinds(lead)[-1] for lead in leads] == ["escalated"] * 3 + ["answered"]
    assert not sales.team()["anna"].paused


def test_an_old_answer_does_not_speak_for_new_leads(office: Opened) -> None:
    sales = office("anna")
    first = sales.send()
    sales.tell(first)
    sales.passes(1)
    for _ in range(3):
        sales.send()
    sales.passes(15)
    assert sales.team()["anna"].paused


def test_each_step_is_one_message_to_each_receiver_and_one_mail(either: Opened) -> None:
    sales = either(
        "anna", "bert", sales='lead = "zoe"\n', team=people("anna", "bert") + '[[sales.people]]\nname = "zoe"\n'
    )
    with sales.ledger.transaction() as connection:
        every, _ = add_receiver(connection, "https://crm.example.com/", sales.now, EVENTS)
        usual, _ = add_receiver(connection, "https://chat.example.com/", sales.now)
    sales.said("zoe", "hours", hours="Sat 09:00-10:00")
    lead = sales.send()
    for _ in range(12):
        sales.passes(5)
    steps = sales.steps(lead)
    assert [step.kind for step in steps][-1] == "escalated"
    sent = [row for row in sales.messages() if row.event.startswith("lead.") and row.event != "lead.decided"]
    moved = [f"lead.{step.kind}" for step in steps[1:]]
    assert [row.event for row in sent if row.receiver == every] == moved
    assert [row.event for row in sent if row.receiver == usual] == [one for one in moved if one != "lead.reminded"]
    mails = [row for row in sent if row.mail_to]
    assert [row.event for row in mails] == moved
    assert [row.mail_to for row in mails[:-1]] == [f"{step.owner}@example.com" for step in steps[1:-1]]
    assert mails[-1].mail_to == "sales@example.com"  # zoe, who leads the team, has no address of her own
    told = json.loads(next(row.payload for row in sent if row.receiver == every and row.event == "lead.reassigned"))
    assert told["data"] == {
        "lead": lead,
        "decision": steps[0].decision,
        "step": "reassigned",
        "at": "2026-11-20T10:15:00+01:00",
        "owner": steps[2].owner,
        "owner_before": steps[0].owner,
        "respond_by": "2026-11-20T10:30:00+01:00",
        "why": steps[2].why,
    }


def test_a_mail_holds_what_the_owner_needs_and_its_subject_nothing_personal(office: Opened) -> None:
    sales = office("anna", at="2026-11-20 08:00")
    sales.send("ada.lovelace@gmail.com", country="DE")
    sales.at("2026-11-20 09:00")
    (row,) = [row for row in sales.messages("lead.assigned") if row.mail_to]
    mail = json.loads(row.payload)
    assert row.mail_to == "anna@example.com"
    assert "ada.lovelace@gmail.com" in mail["text"]
    assert "Answer by Friday 20 November 2026, 09:15 (Europe/Berlin)." in mail["text"]
    assert mail["subject"].startswith("A lead from the queue has an owner: band B, answer by Fri 20 Nov 09:15 (")
    assert "lovelace" not in mail["subject"].lower()
    assert "anna" not in mail["subject"].lower()


def test_two_clocks_beside_each_other_do_each_step_once(either: Opened, database: str) -> None:
    sales = either("anna", "bert")
    other = Office(database, sales.now, SALES + people("anna", "bert"))
    try:
        leads = [sales.send() for _ in range(6)]
        sales.now = other.now = berlin("2026-11-20 10:15")
        due = [sales.clock._due(), other.clock._due()]
        assert due[0] == due[1]
        other.clock.run()
        for lead in due[0].owned:  # what this one saw to do is done by now
            assert sales.clock._step(lead, sales.clock._on_time) is None
        assert all(sum(kind in ("reassigned", "escalated") for kind in sales.kinds(lead)) == 1 for lead in leads)
    finally:
        other.close()


def test_a_lead_that_is_erased_meanwhile_is_left_alone(either: Opened, tmp_path: Path) -> None:
    sales = either("anna", "bert")
    lead, other = sales.send(), sales.send()
    sales.now = berlin("2026-11-20 10:15")
    due = sales.clock._due()

    def in_a_transaction(work: Any) -> Any:
        with sales.ledger.transaction() as connection:
            return work(connection)

    erase_people(in_a_transaction, tmp_path, (), [lead])
    sales.clock._each(due.owned, sales.clock._on_time)
    with sales.ledger.reading() as connection:
        assert assignment_of(connection, lead) is None
    assert sales.steps(lead) == []
    assert sales.kinds(other)[-1] == "reassigned"


def test_a_lead_that_cannot_be_moved_stops_no_other_and_is_told(
    office: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    sales = office("anna", "bert")
    stuck, fine = sales.send(), sales.send()
    reminded = Moves.reminded

    def fails(moves: Moves, stands: Assignment, team: Team) -> Placement:
        if stands.lead == stuck:
            raise ArithmeticError("no time")
        return reminded(moves, stands, team)

    monkeypatch.setattr(Moves, "reminded", fails)
    with pytest.raises(ArithmeticError):
        sales.passes(10)
    assert (sales.kinds(stuck), sales.kinds(fine)) == (["assigned"], ["assigned", "reminded"])
    monkeypatch.undo()
    sales.clock.run()
    assert sales.kinds(stuck) == ["assigned", "reminded"]


def test_a_ledger_that_is_away_ends_the_run_and_the_next_one_goes_on(office: Opened) -> None:
    sales = office("anna", "bert")
    lead = sales.send()
    sales.now = berlin("2026-11-20 10:10")
    sales.intake.writer.close()
    with pytest.raises(LedgerUnavailable):
        sales.clock.run()
    sales.restart()
    sales.clock.run()
    assert sales.kinds(lead) == ["assigned", "reminded"]


def test_who_takes_none_of_these_is_not_asked_again_and_again(office: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    sales = office(team=people("anna", more='takes = { country = ["US"] }'))
    waiting = [sales.send(country="DE") for _ in range(3)]
    sales.passes(1)
    looked: list[str] = []
    told = Clock._told

    def counted(clock: Clock, connection: Any, stands: Any) -> Any:
        looked.append(stands.lead)
        return told(clock, connection, stands)

    monkeypatch.setattr(Clock, "_told", counted)
    sales.passes(1)
    assert looked == []
    sales.said("bert", "added")
    sales.passes(1)
    assert {sales.owner(lead) for lead in waiting} == {"bert"}


def test_a_team_without_people_only_escalates(office: Opened) -> None:
    sales = office(team="\n")
    lead = sales.send()
    for _ in range(3):
        sales.passes(20)
    assert sales.kinds(lead) == ["queued", "escalated"]
    assert sales.messages("lead.escalated")[0].mail_to == "sales@example.com"


@pytest.mark.parametrize(
    ("away", "kinds"), [(False, {"assigned", "reminded", "reassigned"}), (True, {"queued", "escalated"})]
)
def test_who_asks_again_does_not_wait_longer_for_it(office: Opened, away: bool, kinds: set[str]) -> None:
    sales = office("anna", "bert")
    for name in ("anna", "bert") if away else ():
        sales.said(name, "paused", by="hand")
    lead = sales.send("eager@gmail.com")
    due = sales.stands(lead).respond_by
    sales.passes(9)
    assert sales.send("eager@gmail.com") == lead
    stands = sales.stands(lead)
    assert (stands.respond_by, stands.interest_at) == (due, sales.now)
    sales.passes(6)
    assert set(sales.kinds(lead)) >= kinds - {"reminded"}


def test_a_lead_that_was_answered_is_due_anew_when_the_person_asks_again(office: Opened) -> None:
    sales = office("anna")
    lead = sales.send("eager@gmail.com")
    sales.tell(lead)
    sales.passes(60)
    sales.send("eager@gmail.com")
    assert sales.stands(lead).respond_by == berlin("2026-11-20 11:15")


def test_a_leave_without_end_loses_no_lead(office: Opened) -> None:
    """The person is there for five more minutes, and then for none within ten years."""
    sales = office("anna", "bert", at="2026-11-20 16:55")
    sales.said("bert", "paused", by="hand")
    sales.said("anna", "leave", **{"from": "2026-11-21", "to": "2099-12-31"})
    lead = sales.send()
    assert (sales.owner(lead), sales.stands(lead).respond_by) == ("anna", berlin("2026-11-23 09:10"))
    sales.at("2026-11-21 00:00")
    assert sales.kinds(lead) == ["assigned", "returned"]


def test_who_rejects_leads_is_not_silent(office: Opened) -> None:
    sales = office("anna")
    late = [sales.send() for _ in range(3)]
    rejected = sales.send()
    sales.passes(5)
    sales.tell(rejected, "rejected")
    sales.passes(15)
    assert [sales.kinds(lead)[-1] for lead in [*late, rejected]] == ["escalated"] * 3 + ["ended"]
    assert not sales.team()["anna"].paused


def test_what_is_opened_again_and_nobody_has_waits_in_the_queue(office: Opened) -> None:
    sales = office("anna")
    sales.said("anna", "paused", by="hand")
    lead = sales.send()
    sales.tell(lead, "lost")
    sales.passes(30)
    sales.tell(lead, "reopened")
    stands = sales.stands(lead)
    assert (stands.owner, stands.next_step, stands.respond_by) == (None, "due", berlin("2026-11-20 10:45"))
    sales.said("anna", "resumed")
    sales.passes(1)
    assert (sales.owner(lead), sales.kinds(lead)) == ("anna", ["queued", "ended", "queued", "assigned"])


def test_many_leads_of_a_person_who_left_are_looked_at_one_by_one(office: Opened) -> None:
    """Not all of them for each: a team of one may have had thousands."""
    sales = office("anna")
    leads = [sales.send() for _ in range(4)]
    sales.tell(leads[0])
    sales.said("anna", "removed")
    read: list[int] = []
    event.listen(sales.ledger.engine, "before_cursor_execute", lambda *told: read.append("owner IN" in told[2]))
    sales.passes(1)
    assert all(sales.kinds(lead)[-1] == "returned" for lead in leads)
    assert sum(read) == 1


def test_a_lead_that_sales_talks_with_stays_there_whatever_its_score_is_without_the_model(office: Opened) -> None:
    sales = office("anna")
    lead = sales.send()
    sales.tell(lead, "meeting")
    (decided,) = object_to_profiling(sales.intake, (), lead, objects=True)
    assert (decided.cause, decided.route, decided.ruled_by, decided.owner) == ("objection", "sales", "owner", "anna")
    assert sales.kinds(lead) == ["assigned", "answered"]
    assert Replay(sales.ledger).differences(decided) == []
