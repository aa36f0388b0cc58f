"""Whatever happens in a sales team, in whatever order: no lead of sales is ever without an owner or a due time, none
goes to a person who let it pass, and each step is told once."""

import json
import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from leads.ledger import add_receiver, queued, unanswered
from leads.ledger.receiver import EVENTS
from serving.team.moves import AT_HAND
from tests.serving.office import SALES, Office, berlin, people

NAMES = ("anna", "bert", "carl", "dora")
TEAM = (
    people("anna", more="daily_cap = 5")
    + people("bert", more='takes = { country = ["DE"] }')
    + people("carl", more='hours = "Mon-Sat 08:00-12:00 13:00-20:00"')
    + people("dora")
    + people("zoe", more='hours = "Mon-Fri 09:00-11:00"')
)


class TeamAtWork(RuleBasedStateMachine):
    """The clock runs after each rule, as it does every second."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.leads: list[str] = []

    def teardown(self) -> None:
        self.office.close()
        self.folder.cleanup()

    @initialize(forms=st.integers(1, 9), hops=st.integers(1, 3))
    def some_forms_before_the_first_is_there(self, forms: int, hops: int) -> None:
        self.hops, place = hops, Path(self.folder.name) / "accord.db"
        sales = SALES + f'lead = "zoe"\nreassignments = {hops}\n'
        self.office = Office(f"sqlite:///{place}", berlin("2026-11-20 07:00"), sales + TEAM)
        with self.office.ledger.transaction() as connection:
            add_receiver(connection, "https://crm.example.com/", self.office.now, EVENTS)
        self.leads += [self.office.send() for _ in range(forms)]

    @rule(country=st.sampled_from(["DE", "FR"]), hot=st.booleans())
    def a_form_comes(self, country: str, hot: bool) -> None:
        self.leads.append(self.office.send(country=country, hot=hot))

    @rule(minutes=st.sampled_from([5, 10, 15, 15, 30, 60, 240, 1000]))
    def time_passes(self, minutes: int) -> None:
        self.office.now += timedelta(minutes=minutes)

    def nobody_answers_for_a_while(self, quarters: int) -> None:
        for _ in range(quarters):
            self.office.passes(15)

    @rule()
    def a_lead_comes_one_morning_and_goes_round(self) -> None:
        tomorrow = self.office.now + timedelta(days=1)
        self.office.at(tomorrow.replace(hour=9, minute=15))
        self.leads.append(self.office.send(country="DE"))
        self.nobody_answers_for_a_while(quarters=5)

    @precondition(lambda self: self.leads)
    @rule(which=st.integers(0, 50), kind=st.sampled_from(["contacted", "accepted", "lost", "converted"]))
    def an_answer_is_told(self, which: int, kind: str) -> None:
        self.office.tell(self.leads[which % len(self.leads)], kind)  # type: ignore[arg-type]

    @rule(name=st.sampled_from(NAMES), kind=st.sampled_from(["paused", "resumed", "removed"]))
    def a_person_goes_or_comes_back(self, name: str, kind: str) -> None:
        if name in self.office.team():
            self.office.said(name, kind)  # type: ignore[arg-type]

    @rule(name=st.sampled_from(NAMES), days=st.integers(0, 2))
    def a_person_takes_leave(self, name: str, days: int) -> None:
        today = self.office.now.date()
        if name in self.office.team():
            self.office.said(name, "leave", **{"from": str(today), "to": str(today + timedelta(days=days))})

    @rule(name=st.sampled_from(NAMES))
    def a_person_joins(self, name: str) -> None:
        if name not in self.office.team():
            self.office.said(name, "added")

    @rule()
    def the_service_is_started_again(self) -> None:
        self.office.restart()

    @invariant()
    def everything_holds(self) -> None:
        self.office.clock.run()
        self.office.clock.run()  # what is done is done
        self._has_an_owner_or_waits()
        self._nothing_is_due()
        for lead in self.leads:
            self._went_round_rightly(lead)
        self._each_step_was_told_once()

    def _has_an_owner_or_waits(self) -> None:
        team = self.office.team()
        for lead in self.leads:
            stands = self.office.stands(lead)
            if stands.ended_at is not None:
                continue
            assert stands.owner is None or stands.owner in team
            assert stands.respond_by is not None
            if stands.answered_at is None and not stands.escalated:
                assert stands.next_at is not None
                assert stands.next_step == ("due" if stands.owner is None else stands.next_step) is not None

    def _nothing_is_due(self) -> None:
        """Nor does anybody wait with free hands while a lead waits that is theirs to take."""
        with self.office.ledger.reading() as connection:
            live = unanswered(connection)
            waiting = [one for one in queued(connection) if one.answered_at is None]
        assert all(one.next_at is None or one.next_at > self.office.now for one in live)
        at_hand = Counter(one.owner for one in live)
        today = self.office.now.date()
        for member in self.office.team().values():
            if member.paused or any(today in leave for leave in member.leaves):
                assert at_hand[member.name] == 0, member.name
            elif member.name in ("carl", "dora", "zoe") and member.working.open_at(self.office.now):
                assert at_hand[member.name] >= AT_HAND or all(member.name in one.owned_before for one in waiting)

    def _went_round_rightly(self, lead: str) -> None:
        hops, let_pass = 0, set[str]()
        for step in self.office.steps(lead):
            if step.kind in ("reassigned", "escalated") and step.owner_before is not None:
                let_pass.add(step.owner_before)
            if step.kind == "reassigned":
                hops += 1
                assert step.owner not in let_pass
        assert hops <= self.hops
        assert len(set(self.office.stands(lead).owned_before)) == len(self.office.stands(lead).owned_before)

    def _each_step_was_told_once(self) -> None:
        told, mailed = Counter[tuple[str, str, str]](), Counter[str]()
        for row in self.office.messages():
            if row.receiver is not None and row.event.startswith("lead.") and "step" in (data := _data(row.payload)):
                told[(data["lead"], data["step"], data["at"])] += 1
            if row.mail_to is not None and row.event != "lead.decided":
                mailed[row.event] += 1
        moved = [
            (lead, step.kind, step.at.astimezone(berlin("2026-11-20").tzinfo).isoformat(timespec="seconds"))
            for lead in self.leads
            for step in self.office.steps(lead)[1:]
            if step.kind not in ("answered", "ended")
        ]
        assert told == Counter(moved)
        assert sum(mailed[event] for event in mailed if event != "person.paused") == len(moved)


def _data(payload: str) -> dict[str, str]:
    data: dict[str, str] = json.loads(payload)["data"]
    return data


TestTeamAtWork = TeamAtWork.TestCase
TestTeamAtWork.settings = settings(
    max_examples=15,
    stateful_step_count=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
