"""Nurtured leads warm up and go back to sales; without anything new none of them ever rises."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from sqlalchemy import select

from leads.lead import Decision, Engagement, Outcome
from leads.ledger import (
    DayPrice,
    LedgerBusy,
    add_receiver,
    identities_of,
    latest_decision,
    lead_story,
    night_done,
    object_,
    tables,
    write_engagement,
    write_price,
)
from models.replay import Replay
from serving.deciding.anew import Case, decide_anew, scored_anew
from serving.feedback.engagements import tell as tell_engagements
from serving.feedback.outcomes import tell as tell_outcomes
from serving.imports.table_import import Asked, import_table
from serving.nurturing import nurture
from serving.nurturing.nightly import Nights
from serving.nurturing.nurture import Again, EngagedLeads
from serving.views.timeline import timeline
from tests.serving.office import SALES, Office, berlin, people

TEXT = (
    SALES
    + people("anna", "bert")
    + """
[marketing]
mail = "marketing@example.com"
[marketing.tracks.large]
when = { budget = { at_least = 50000 } }
[marketing.tracks.warm]
bands = ["B", "C"]
"""
)
TEN = berlin("2026-11-16 10:00")  # a Monday
DAY = timedelta(days=1)


class Nursery(Office):
    """Sales from band B; what time brings is done when the test says so, and each decision can be made again."""

    def __init__(self, database: str, at: datetime, text: str = TEXT, **head: str) -> None:
        super().__init__(database, at, text)

    def _open(self) -> None:
        super()._open()
        self.engaged, self.nights = EngagedLeads(self.intake), Nights(self.intake)

    def did(self, lead: str, *kinds: str, **properties: Any) -> None:
        for kind in kinds:
            event = Engagement(lead, uuid4().hex, kind, self.now, self.now, properties, self.key.id)
            assert tell_engagements(self.intake, [event])[0].wrong is None
        self.engaged.run()

    def later(self, time: timedelta) -> None:
        """The clock of sales runs too."""
        self.now += time
        self.clock.run()
        self.engaged.run()

    def night(self) -> None:
        """The next three o'clock, and what is done then."""
        self.now = (self.now - timedelta(hours=3)).replace(hour=3, minute=0, second=1) + DAY
        self.engaged.run()
        self.nights.run()

    def told(self, lead: str, kind: str, reason: str | None = None) -> None:
        event = Outcome(lead, uuid4().hex, kind, self.now, self.now, reason, None, self.key.id)  # type: ignore[arg-type]
        assert tell_outcomes(self.intake, [event])[0].wrong is None

    def decisions(self, lead: str) -> tuple[Decision, ...]:
        story = lead_story(self.ledger, lead)
        assert story is not None
        return story.decisions

    def last(self, lead: str) -> Decision:
        with self.ledger.reading() as connection:
            found = latest_decision(connection, lead)
        assert found is not None
        return found

    def webhooks(self, event: str) -> list[Mapping[str, Any]]:
        return [json.loads(row.payload)["data"] for row in self.messages(event) if row.receiver is not None]

    def mails(self) -> list[Any]:
        return [row for row in self.messages() if row.mail_to is not None]


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Nursery]]:
    from tests.serving import office as offices

    made: list[Nursery] = []
    head = offices.HEAD.replace('sales_from = "D"', 'sales_from = "B"').replace("base_rate = 0.2", "base_rate = 0.06")
    monkeypatch.setattr(offices, "HEAD", head)

    def opened(text: str = TEXT, at: datetime = TEN, database: str | None = None) -> Nursery:
        made.append(Nursery(database or f"sqlite:///{tmp_path}/{len(made)}.db", at, text))
        made[-1].nights.run()  # a ledger's first night has nothing to do
        return made[-1]

    yield opened
    for one in made:
        story_of_all = [d for lead in leads_of(one) for d in one.decisions(lead)]
        wrong = {d.id: found for d in story_of_all if (found := Replay(one.ledger).differences(d))}
        one.close()
        assert wrong == {}, "a decision cannot be made again"


def leads_of(office: Nursery) -> list[str]:
    with office.ledger.reading() as connection:
        return list(connection.scalars(select(tables.leads.c.id)))


def test_a_nurtured_lead_that_warms_up_goes_back_to_sales_which_hears_what_changed(
    office: Callable[..., Nursery],
) -> None:
    here = office()
    with here.ledger.transaction() as connection:
        add_receiver(connection, "https://tool.example.com/hook", here.now, ["lead.nurture", "lead.decided"])
    lead = here.send()
    first = here.last(lead)
    assert (first.route, first.band, first.track) == ("nurture", "C", "warm")
    here.later(2 * DAY)
    here.did(lead, "pricing_page")
    assert len(here.decisions(lead)) == 1, "nothing that changes a route or a band is no decision"
    here.did(lead, "pricing_page", "demo_booked")
    now = here.last(lead)
    assert (now.cause, now.route, now.band, now.owner) == ("engagement", "sales", "A", now.owner)
    assert now.owner in ("anna", "bert")
    assert now.note == "since 2026-11-16: Demo booked; Pricing page seen 2 times"
    texts = [one.text for one in now.score.contributions]
    assert "Pricing page seen: 2 times, last 2026-11-18" in texts
    assert "Demo booked: once, on 2026-11-18" in texts
    added = sum(one.effect for one in now.score.contributions)
    assert now.score.base + added == pytest.approx(now.score.log_odds, abs=1e-9)
    assert added == pytest.approx((8 + 8 + 40) / 20 * np.log(2), rel=1e-9)
    assert now.index is not None
    assert now.index == pytest.approx(now.score.probability * 1000 / 22), "the newest engagement is the interest"
    mail = here.mails()[-1]
    assert mail.mail_to == f"{now.owner}@example.com"
    assert "What changed since 2026-11-16: Demo booked; Pricing page seen 2 times." in mail.payload
    decided = here.webhooks("lead.decided")
    assert [one["changed"] for one in decided] == [None, now.note]
    [nurtured] = here.webhooks("lead.nurture")
    assert (nurtured["lead"], nurtured["track"], nurtured["band"]) == (lead, "warm", "C")
    assert nurtured["since"] == "2026-11-16T10:00:00+01:00"


def test_whoever_sends_a_form_again_counts_with_what_they_did(office: Callable[..., Nursery]) -> None:
    here = office()
    lead = here.send("ann@example.com")
    here.did(lead, "reply")
    assert here.send("ann@example.com") == lead
    told = {one.feature: one.effect for one in here.last(lead).score.contributions}
    assert told["engagement.reply"] == pytest.approx(15 / 20 * np.log(2))
    with here.ledger.transaction() as connection:
        object_(connection, identities_of(connection, lead), True)
    assert here.send("ann@example.com") == lead
    assert not any(name.startswith("engage") for name in here.last(lead).features), "an objection ends that"


def test_what_mail_scanners_do_changes_nothing(office: Callable[..., Nursery]) -> None:
    points = (
        TEXT
        + "[marketing.engagements.mail_clicked]\npoints = 40.0\n[marketing.engagements.mail_opened]\npoints = 9.0\n"
    )
    here = office(points)
    scanned, person = here.send(), here.send()
    at = {"mail": "spring", "delivered_at": here.now.isoformat()}
    here.later(timedelta(seconds=2))
    here.did(scanned, "mail_opened", **at)
    for link in ("a", "b", "unsubscribe"):
        here.did(scanned, "mail_clicked", url=f"https://example.com/{link}", **at)
    here.did(scanned, "unsubscribed", **at)
    here.later(timedelta(minutes=30))
    here.did(person, "mail_clicked", url="https://example.com/a", **at)
    assert [len(here.decisions(lead)) for lead in (scanned, person)] == [1, 1]
    here.later(timedelta(minutes=3))
    assert [len(here.decisions(lead)) for lead in (scanned, person)] == [1, 2], "a person's click counts by then"
    here.night()
    found = scored_anew(here.intake, scanned)
    assert found is not None
    assert found[1].score == here.decisions(scanned)[0].score
    assert len(here.decisions(scanned)) == 1


def test_without_anything_new_no_score_ever_rises_in_sixty_nights(office: Callable[..., Nursery]) -> None:
    here, random = office(), np.random.default_rng(6)
    leads = [here.send() for _ in range(4)]
    kinds = ("page_view", "pricing_page", "download", "webinar", "mail_opened")
    for lead in leads:
        here.did(lead, *random.choice(kinds, random.integers(0, 5)).tolist())
    scores: dict[str, list[float]] = {lead: [] for lead in leads}
    before = {lead: len(here.decisions(lead)) for lead in leads}
    for number in range(60):
        here.night()
        for lead in leads if number % 4 == 0 else ():
            found = scored_anew(here.intake, lead)
            assert found is not None
            scores[lead].append(found[1].score.log_odds)
    assert all(after <= earlier for lead in leads for earlier, after in pairwise(scores[lead]))
    assert all(scores[lead][-1] < scores[lead][0] for lead in leads if scores[lead][0] > -2.7)
    for lead in leads:
        made = here.decisions(lead)
        assert [one.route for one in made[before[lead] :]].count("sales") == 0
        assert len(made) - before[lead] <= 1, "a decision only where the band falls"
        assert all((one.route, one.band) != (two.route, two.band) for one, two in pairwise(made))


def test_a_lead_that_sales_has_is_left_alone(office: Callable[..., Nursery]) -> None:
    here = office()
    mine, answered = here.send(hot=True, budget=1), here.send(hot=True)
    for lead in (mine, answered):
        assert here.last(lead).route == "nurture"
        here.did(lead, "demo_booked")
        assert here.last(lead).route == "sales"
    here.told(answered, "accepted")
    for lead in (mine, answered):
        here.did(lead, "reply", "reply")
    for _ in range(5):
        here.now += 7 * DAY
        here.night()
    assert [len(here.decisions(lead)) for lead in (mine, answered)] == [2, 2]


def test_a_rejected_or_lost_lead_waits_and_goes_to_somebody_else(office: Callable[..., Nursery]) -> None:
    here = office()
    leads = {what: here.send() for what in ("rejected", "lost", "bad-data", "not-now")}
    for lead in leads.values():
        here.did(lead, "demo_booked", "reply")
    had = {what: here.owner(lead) for what, lead in leads.items()}
    here.told(leads["rejected"], "rejected", "unreachable")
    here.told(leads["lost"], "lost", "bad-fit")
    here.told(leads["bad-data"], "rejected", "bad-data")
    here.told(leads["not-now"], "rejected", "not-now")
    counts = {what: len(here.decisions(lead)) for what, lead in leads.items()}
    for _ in range(13):
        here.night()
        assert {what: len(here.decisions(lead)) for what, lead in leads.items()} == counts
    here.now = here.now.replace(hour=10)
    for lead in leads.values():
        here.did(lead, "reply", "demo_booked")
    assert {what: len(here.decisions(lead)) for what, lead in leads.items()} == counts, "they wait fourteen days"
    here.later(DAY)
    for lead in leads.values():
        here.did(lead, "reply")
    for what in ("rejected", "lost"):
        now = here.last(leads[what])
        assert (now.cause, now.route) == ("engagement", "sales")
        assert now.owner in {"anna", "bert"} - {had[what]}
    for what in ("bad-data", "not-now"):
        assert len(here.decisions(leads[what])) == counts[what]


def test_it_goes_to_the_same_person_when_nobody_else_is_there(office: Callable[..., Nursery]) -> None:
    here = office(SALES + people("anna") + "[marketing]\n")
    lead = here.send()
    here.did(lead, "demo_booked", "reply")
    here.told(lead, "rejected", "unreachable")
    here.later(15 * DAY)
    here.did(lead, "demo_booked")
    assert (here.last(lead).route, here.last(lead).owner) == ("sales", "anna")


def test_a_hand_and_a_quarantine_stand(office: Callable[..., Nursery]) -> None:
    here = office()
    lead = here.send()
    found = scored_anew(here.intake, lead)
    assert found is not None
    with here.ledger.transaction() as connection:
        decide_anew(connection, here.intake, Case(lead, found[1], "override", "nurture", "no call, please"))
    here.did(lead, "demo_booked", "reply")
    here.night()
    assert [one.cause for one in here.decisions(lead)] == ["submission", "override"]


def test_who_unsubscribes_is_told_to_the_marketing_tool_and_makes_no_work_for_sales(
    office: Callable[..., Nursery],
) -> None:
    here = office()
    with here.ledger.transaction() as connection:
        add_receiver(connection, "https://tool.example.com/hook", here.now, ["lead.nurture"])
    lead = here.send()
    here.later(DAY)
    here.did(lead, "unsubscribed")
    now = here.last(lead)
    assert (now.cause, now.route, now.track, now.ruled_by) == ("engagement", "nurture", None, "consent")
    assert [one["track"] for one in here.webhooks("lead.nurture")] == ["warm", None]
    here.did(lead, "demo_booked", "pricing_page")
    assert here.last(lead).route == "sales", "a call is no mail"


def test_who_unsubscribed_stays_with_marketing_by_night_and_its_story_tells_why(
    office: Callable[..., Nursery],
) -> None:
    here = office()
    lead = here.send("ann@example.com")
    here.did(lead, "pricing_page")
    here.later(DAY)
    here.did(lead, "unsubscribed")
    decided = len(here.decisions(lead))
    for _ in range(3):
        here.night()
    assert (len(here.decisions(lead)), here.last(lead).route, here.last(lead).track) == (decided, "nurture", None)
    assert {row.mail_to for row in here.mails()} == {"marketing@example.com"}
    story = lead_story(here.ledger, lead)
    assert story is not None
    assert "Unsubscribed" in "\n".join(timeline(story, (), here.agreement, here.now))
    assert here.send("ann@example.com") == lead
    again = here.last(lead)
    assert (again.route, again.ruled_by) == ("review", "consent"), "who writes anew and may not be mailed, is looked at"


def test_sales_takes_a_lead_back_after_it_was_scored_again(office: Callable[..., Nursery]) -> None:
    """Between its rejection and that, it warmed up a little and cooled down again with marketing."""
    here = office(TEXT.replace("[marketing]", "[marketing]\nrecycle_after_days = 1"))
    lead = here.send()
    here.did(lead, "demo_booked", "reply")
    owner = here.owner(lead)
    here.told(lead, "rejected", "unreachable")
    assert (here.last(lead).cause, here.last(lead).route) == ("rejected", "nurture")
    here.now += 120 * DAY
    here.night()
    fallen = here.last(lead)
    assert (fallen.cause, fallen.route, fallen.band) == ("nightly", "nurture", "C")
    here.told(lead, "reopened")
    now = here.last(lead)
    assert (now.cause, now.route, now.owner) == ("override", "sales", owner)
    assert now.score == fallen.score, "what sales says of a lead is no word of the lead's own"
    assert here.stands(lead).ended_at is None
    here.did(lead, "demo_booked")
    here.night()
    assert here.last(lead) == now, "it is with sales again"


def test_two_processes_on_postgresql_share_one_night(
    office: Callable[..., Nursery], new_postgres: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both begin at the same instant; each nurtured lead is scored by one of them, once."""
    from serving.nurturing import nightly

    monkeypatch.setattr(nightly, "BATCH", 3)
    first = office(database=new_postgres())
    other = office(database=first.database)
    leads = sorted(first.send() for _ in range(10))
    scored: list[str] = []
    monkeypatch.setattr(nightly, "score_again", lambda _, some, cause: scored.extend(some) or Again())
    for one in (first, other):
        one.now = berlin("2026-11-17 03:00")
    with ThreadPoolExecutor(2) as both:
        for _ in range(3):
            list(both.map(lambda one: one.nights.run(), (first, other)))
    assert scored == leads


def test_the_first_track_that_fits_is_taken_and_a_change_is_told(office: Callable[..., Nursery]) -> None:
    here = office()
    with here.ledger.transaction() as connection:
        add_receiver(connection, "https://tool.example.com/hook", here.now, ["lead.nurture"])
    assert here.last(here.send(budget=60_000)).track == "large"
    cold = office(TEXT.replace('["B", "C"]', '["A"]'))
    assert cold.last(cold.send()).track == "nurture"
    lead = here.send()
    assert here.last(lead).track == "warm"
    here.later(DAY)
    here.send(email="big@example.com")
    told = here.webhooks("lead.nurture")
    assert [one["track"] for one in told] == ["large", "warm", "warm"]
    assert [set(one) for one in told] == [{"lead", "decision", "band", "reasons", "track", "since"}] * 3


def test_a_route_changes_once_in_a_cool_down_whatever_comes(office: Callable[..., Nursery]) -> None:
    quick = TEXT.replace("[marketing]", "[marketing]\nrecycle_after_days = 1")
    here, random = office(quick), np.random.default_rng(7)
    leads = [here.send(hot=bool(number % 2)) for number in range(4)]
    for _ in range(20):
        here.now = here.now.replace(hour=10)
        for lead in leads:
            kinds = ("page_view", "pricing_page", "reply", "demo_booked", "unsubscribed")
            here.did(lead, *random.choice(kinds, random.integers(0, 2), p=(0.5, 0.25, 0.15, 0.08, 0.02)).tolist())
            stands = here.last(lead)
            if stands.route == "sales" and random.random() < 0.3:
                here.told(lead, "rejected", "unreachable")
        here.night()
    changed = 0
    for lead in leads:
        moments = [
            two.decided_at
            for one, two in pairwise(here.decisions(lead))
            if two.cause in ("engagement", "nightly") and one.route != two.route
        ]
        changed += len(moments)
        assert all(after - before >= 7 * DAY for before, after in pairwise(moments))
    assert changed >= 3


def test_the_night_is_done_once_by_two_processes_and_goes_on_after_a_death(
    office: Callable[..., Nursery], monkeypatch: pytest.MonkeyPatch
) -> None:
    from serving.nurturing import nightly

    monkeypatch.setattr(nightly, "BATCH", 2)
    here = office()
    leads = sorted(here.send(budget=number) for number in range(1, 7))
    scored: list[str] = []

    def counted(_: object, some: list[str], cause: str) -> Again:
        scored.extend(some)
        return Again()

    monkeypatch.setattr(nightly, "score_again", counted)
    monkeypatch.setattr(nightly, "WORK_SECONDS", 0.0)
    other = Nights(here.intake)
    here.now = berlin("2026-11-17 02:59")
    here.nights.run()
    other.run()
    assert scored == []
    here.now = berlin("2026-11-17 03:00")
    here.nights.run()
    other.run()
    assert scored == leads[:2], "the other one sees that the night is taken"
    here.nights = other  # the first one died
    here.now += timedelta(minutes=3)
    for _ in range(4):
        other.run()
        Nights(here.intake).run()
    assert scored == leads
    here.restart()
    here.nights.run()
    assert scored == leads
    here.now += DAY
    here.nights.run()
    assert scored == [*leads, *leads[:2]], "the next night begins anew"


def test_a_route_changes_only_when_the_index_is_clearly_beyond_the_price(office: Callable[..., Nursery]) -> None:
    here = office()
    lead = here.send()
    with here.ledger.transaction() as connection:
        write_price(connection, DayPrice(here.now.date(), here.now, "daily", None, 1, 4.0, None, 9, 5.0, 4.0, 0.0, 1.0))
    here.intake.decider.prices.follow()
    here.did(lead, "pricing_page", "pricing_page")
    found = scored_anew(here.intake, lead)
    assert found is not None
    assert 4.0 < found[1].score.probability * 1000 / 22 < 1.15 * 4.0
    assert len(here.decisions(lead)) == 1
    here.did(lead, "page_view")
    assert (here.last(lead).route, here.last(lead).ruled_by, here.last(lead).price) == ("sales", "price", 4.0)


def test_promoted_leads_convert_at_the_rate_that_is_stated(office: Callable[..., Nursery]) -> None:
    """The world converts by the agreement's points, counted here from the raw events alone."""
    here, random = office(), np.random.default_rng(11)
    kinds = {
        "page_view": (1, 7),
        "pricing_page": (8, 14),
        "webinar": (8, 21),
        "reply": (15, 14),
        "demo_booked": (40, 30),
    }
    leads = [here.send() for _ in range(80)]
    events: dict[str, list[tuple[str, datetime]]] = {lead: [] for lead in leads}
    for _ in range(6):
        here.now += timedelta(hours=float(random.uniform(5, 40)))
        nurtured = [lead for lead in leads if here.last(lead).route == "nurture" and random.random() < 0.6]
        told = [(lead, str(random.choice(list(kinds), p=(0.2, 0.25, 0.2, 0.2, 0.15)))) for lead in nurtured]
        for lead, kind in told:
            events[lead].append((kind, here.now))
        tell_engagements(
            here.intake, [Engagement(of, uuid4().hex, kind, here.now, here.now, {}, here.key.id) for of, kind in told]
        )
        here.engaged.run()
    promoted = [made for lead in leads if (made := here.last(lead)).cause == "engagement" and made.route == "sales"]
    assert len(promoted) >= 30

    def true_rate(made: Decision) -> float:
        points = 0.0
        for kind, (worth, half_life) in kinds.items():
            ages = [
                (made.decided_at - at) / DAY for of, at in events[made.lead] if of == kind and at <= made.decided_at
            ]
            points += worth * min(sum(0.5 ** (age / half_life) for age in ages), 5.0)
        odds = 0.06 / 0.94 * 2 ** (points / 20)
        return odds / (1 + odds)

    truth = np.array([true_rate(made) for made in promoted])
    stated = np.array([made.score.probability for made in promoted])
    converted = random.random((60, len(promoted))) < truth
    for band, least, below in (("A", 0.30, 1.0), ("B", 0.15, 0.30)):
        of_band = np.array([made.band == band for made in promoted])
        share, many = converted[:, of_band].mean(), converted[:, of_band].size
        margin = 1.96 * np.sqrt(share * (1 - share) / many)
        assert of_band.sum() >= 4
        assert least <= share < below
        assert abs(share - stated[of_band].mean()) <= margin, band
    by_form_alone = abs(converted.mean() - 0.06) / np.sqrt(0.06 * 0.94 / converted.size)
    assert by_form_alone > 10, "the form alone would have foretold far too few"


@pytest.mark.parametrize("failing", ["ledger", "champion-slow", "champion-failed"])
def test_a_lead_that_could_not_be_scored_is_tried_again_unless_it_cannot_be(
    office: Callable[..., Nursery], monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    here = office()
    leads = [here.send() for _ in range(3)]
    tried: list[str] = []

    def failed(intake: Any, lead: str) -> Any:
        tried.append(lead)
        if failing == "ledger" and len(tried) == 2:
            raise LedgerBusy("the ledger is busy")
        found = scored_anew(intake, lead)
        assert found is not None
        return found if failing == "ledger" else (found[0], found[1]._replace(degraded=failing))

    monkeypatch.setattr(nurture, "scored_anew", failed)
    with pytest.raises(LedgerBusy) if failing == "ledger" else nullcontext():
        did_at_once(here, leads)
    assert len(tried) == (2 if failing == "ledger" else 3)
    here.now += timedelta(minutes=10)
    if failing == "champion-slow":
        here.engaged.run()
    monkeypatch.setattr(nurture, "scored_anew", scored_anew)
    here.engaged.run()
    routes = {here.last(lead).route for lead in leads}
    assert routes == {"nurture" if failing == "champion-failed" else "sales"}


def did_at_once(here: Nursery, leads: Sequence[str], kind: str = "demo_booked", ahead: float = 0.0) -> None:
    at = here.now + timedelta(seconds=ahead)
    told = [Engagement(lead, uuid4().hex, kind, at, here.now, {}, here.key.id) for lead in leads]
    assert {one.wrong for one in tell_engagements(here.intake, told)} == {None}
    here.engaged.run()


def test_one_lead_that_always_fails_holds_up_no_other(
    office: Callable[..., Nursery], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = office()
    leads = sorted(here.send() for _ in range(3))
    tried: list[str] = []

    def failed(intake: Any, lead: str) -> Any:
        tried.append(lead)
        if lead == leads[0]:
            raise RuntimeError("it cannot be scored")
        return scored_anew(intake, lead)

    monkeypatch.setattr(nurture, "scored_anew", failed)
    with pytest.raises(RuntimeError):
        did_at_once(here, leads)
    assert [here.last(lead).route for lead in leads] == ["nurture", "sales", "sales"]
    here.engaged.run()
    others = [here.send() for _ in range(2)]
    tried.clear()
    with pytest.raises(RuntimeError):
        here.night()
    assert sorted(tried) == sorted([leads[0], *others])
    here.nights.run()
    with here.ledger.reading() as connection:
        assert night_done(connection, here.now.date()), "the night came to its end"


def test_an_event_of_a_clock_that_is_ahead_counts_once_it_has_happened(office: Callable[..., Nursery]) -> None:
    here = office()
    lead = here.send()
    did_at_once(here, [lead], ahead=55)
    here.later(timedelta(seconds=50))
    assert len(here.decisions(lead)) == 1
    here.later(timedelta(seconds=10))
    assert here.last(lead).route == "sales"


def test_what_many_did_is_read_page_by_page_and_what_was_written_late_too(
    office: Callable[..., Nursery], database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from serving.nurturing import passage

    monkeypatch.setattr(passage, "EVENTS", 4)
    monkeypatch.setattr(nurture, "BATCH", 2)
    here = office(database=database)
    leads = [here.send() for _ in range(9)]
    held = here.send()
    did_at_once(here, [held])
    assert here.last(held).route == "sales"
    here.now += timedelta(minutes=10)
    did_at_once(here, [*leads[:8], *[held] * 12, *leads[:8]])
    scored: list[str] = []
    monkeypatch.setattr(nurture, "scored_anew", lambda _, lead: scored.append(lead) or scored_anew(here.intake, lead))
    for _ in range(16):
        here.engaged.run()
    assert {here.last(lead).route for lead in leads[:8]} == {"sales"}
    late = Engagement(leads[8], "late", "demo_booked", here.now, here.now - timedelta(seconds=30), {}, here.key.id)
    here.now += timedelta(seconds=20)
    with here.ledger.transaction() as connection:
        write_engagement(connection, late)
    for _ in range(16):
        here.engaged.run()
    assert here.last(leads[8]).route == "sales"
    again = len(scored)
    here.later(timedelta(minutes=1))
    for _ in range(8):
        here.engaged.run()
    assert len(scored) == again, "nothing is scored for what it was scored for before"


def test_an_imported_lead_that_does_something_goes_to_sales_and_else_stays_history(
    office: Callable[..., Nursery], tmp_path: Path
) -> None:
    here = office()
    past = tmp_path / "past.csv"
    past.write_text(
        "email,country,arrived_at\n" + "".join(f"p{one}@x.example,DE,2026-10-0{one} 10:00\n" for one in (1, 2))
    )
    import_table(here.intake, Asked(past, past.name, "leads"))
    demo, looked = sorted(leads_of(here))
    assert [here.last(lead).cause for lead in (demo, looked)] == ["imported"] * 2
    here.did(looked, "page_view", "mail_opened")
    here.did(demo, "demo_booked", "reply")
    here.night()
    assert [one.cause for one in here.decisions(looked)] == ["imported"]
    assert [(one.cause, one.route) for one in here.decisions(demo)] == [
        ("imported", "nurture"),
        ("engagement", "sales"),
    ]


def test_an_objection_that_comes_in_between_ends_what_counts(
    office: Callable[..., Nursery], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = office()
    lead = here.send()

    def objected(intake: Any, lead: str) -> Any:
        found = scored_anew(intake, lead)
        monkeypatch.setattr(nurture, "scored_anew", scored_anew)
        with here.ledger.transaction() as connection:
            object_(connection, identities_of(connection, lead), True)
        return found

    monkeypatch.setattr(nurture, "scored_anew", objected)
    here.did(lead, "demo_booked")
    here.engaged.run()
    assert [one.cause for one in here.decisions(lead)] == ["submission"]


def test_what_is_told_late_takes_no_recycled_lead_from_its_new_owner(office: Callable[..., Nursery]) -> None:
    here = office(TEXT.replace("[marketing]", "[marketing]\nrecycle_after_days = 1"))
    with here.ledger.transaction() as connection:
        add_receiver(connection, "https://tool.example.com/hook", here.now, ["lead.outcome"])
    leads = {what: here.send() for what in ("rejected", "lost")}
    for lead in leads.values():
        here.did(lead, "demo_booked", "reply")
    scored = here.now
    here.later(DAY)
    for kind, lead in leads.items():
        here.told(lead, kind, "unreachable")
    here.later(timedelta(minutes=1))
    before = here.now
    here.later(9 * DAY)
    for lead in leads.values():
        here.did(lead, "demo_booked")
        now = here.last(lead)
        assert (now.cause, now.route) == ("engagement", "sales")
        assert str(now.note).startswith(f"since {scored.date()}: "), "the rejection took the score as it was"
        stands = here.stands(lead)
        story = lead_story(here.ledger, lead)
        assert story is not None
        late = Outcome(lead, "late", "contacted", before, here.now, None, None, here.key.id)
        here.now += timedelta(minutes=1)
        [told] = tell_outcomes(here.intake, [replace(late, received_at=here.now)])
        assert (told.wrong, told.state) == (None, "open")
        assert here.stands(lead) == stands, "the new owner still has to answer for it"
        assert here.last(lead) == now
        here.told(lead, "accepted")
        assert here.stands(lead).answered_at == here.now
    reopened = [one for one in here.webhooks("lead.outcome") if one["type"] == "reopened"]
    assert [(one["lead"], one["state"]) for one in reopened] == [(lead, "open") for lead in leads.values()]


def test_over_http_a_lead_is_back_at_sales_within_seconds(served: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from serving import upkeep

    monkeypatch.setattr(upkeep, "ENGAGED_SECONDS", 0.1)
    running = served()
    lead = running.send({"email": "jane@example.com", "country": "FR"}).json()["lead"]
    told = {"event": "e-1", "kind": "demo_booked", "occurred_at": datetime.now(UTC).isoformat()}
    assert running.call("POST", f"/v1/leads/{lead}/engagements", running.secret, json=told).status_code == 202
    until = time.monotonic() + 60
    while len(found := running.call("GET", f"/v1/leads/{lead}", running.secret).json()["decisions"]) < 2:
        assert time.monotonic() < until
        time.sleep(0.1)
    assert [(one["route"], one["track"], one["cause"]) for one in found] == [
        ("nurture", "nurture", "submission"),
        ("sales", None, "engagement"),
    ]
    assert found[1]["note"].endswith(": Demo booked")
