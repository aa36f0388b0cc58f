"""Engagements folded into numbers: order and repetition do not matter, scanners count nothing, nothing rises alone."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.engagement import UNSUBSCRIBES, counted, folded, looks_scanned, mailable, unsubscribed_at
from leads.agreement import parse_agreement
from leads.lead import Engagement, Submission
from leads.sections import ENGAGEMENTS
from tests.serving.conftest import AGREEMENT

START = datetime(2026, 11, 2, 9, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
LATE = START + 30 * DAY
OF_PEOPLE = ["page_view", "pricing_page", "download", "reply", "demo_booked"]
PROMISED = parse_agreement(AGREEMENT)
PRIVACY = '[privacy]\nmail_consent = "mail_allowed"\n'
ASKED = parse_agreement(AGREEMENT.replace("[form.fields.email]", f"{PRIVACY}[form.fields.email]"))


def engagement(event: str, kind: str, seconds: float = 0.0, known_after: float = 0.0, **properties: str) -> Engagement:
    at = START + timedelta(seconds=seconds)
    return Engagement("ld_1", event, kind, at, at + timedelta(seconds=known_after), properties, None)


def click(event: str, seconds: float, url: str, mail: str = "m1", **more: str) -> Engagement:
    return engagement(event, "mail_clicked", seconds, mail=mail, url=url, **more)


def of_mail(event: str, kind: str, seconds: float, mail: str = "m1", **more: str) -> Engagement:
    return engagement(event, kind, seconds, mail=mail, **more)


def sure(engagements: Sequence[Engagement], at: datetime = LATE) -> list[str]:
    return [one.event for one in counted(engagements, at)]


def form(mail_allowed: bool | None, at: datetime = START) -> Submission:
    return Submission("sb_1", "ld_1", at, {"mail_allowed": mail_allowed} if mail_allowed is not None else {}, None)


@st.composite
def histories(draw: st.DrawFn) -> list[Engagement]:
    """Of people and of scanners; what we knew late too."""
    many = draw(st.integers(0, 12))
    made = []
    for number in range(many):
        kind = draw(st.sampled_from([*OF_PEOPLE, "mail_opened", "mail_clicked", "unsubscribed", "of_old"]))
        properties = {"mail": draw(st.sampled_from("ab")), "url": draw(st.sampled_from(["/1", "/2", "/unsubscribe"]))}
        if draw(st.booleans()):
            properties["delivered_at"] = (START + timedelta(seconds=draw(st.integers(0, 300)))).isoformat()
        known_after = draw(st.sampled_from([0, 1, 90, 86_400]))
        kept = properties if kind.startswith(("mail", "uns")) else {}
        made.append(engagement(f"e{number}", kind, draw(st.integers(0, 600)), known_after, **kept))
    return made


MOMENTS = st.integers(0, 40 * 86_400).map(lambda seconds: START + timedelta(seconds=seconds))


@given(histories(), MOMENTS, st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_neither_order_nor_repetition_matters(history: list[Engagement], at: datetime, chance: Random) -> None:
    told = [*history, *history[: len(history) // 2]]
    chance.shuffle(told)
    assert folded(told, at, ENGAGEMENTS) == folded(history, at, ENGAGEMENTS)
    assert counted(told, at) == counted(history, at)


@given(histories(), MOMENTS, MOMENTS)
@settings(max_examples=200, deadline=None)
def test_what_was_not_known_at_the_moment_changes_nothing(
    history: list[Engagement], at: datetime, other: datetime
) -> None:
    known = [one for one in history if one.received_at <= at and one.occurred_at <= at]
    assert folded(history, at, ENGAGEMENTS) == folded(known, at, ENGAGEMENTS)
    assert unsubscribed_at(history, at) == unsubscribed_at(known, at)
    later = [replace(one, event=f"later {one.event}", received_at=max(other, at + MINUTE)) for one in history]
    assert folded([*history, *later], at, ENGAGEMENTS) == folded(history, at, ENGAGEMENTS)


@given(histories(), MOMENTS, st.integers(1, 90 * 86_400))
@settings(max_examples=200, deadline=None)
def test_without_a_new_engagement_every_number_only_falls(history: list[Engagement], at: datetime, wait: int) -> None:
    whole = max([at, *(one.received_at + 2 * MINUTE for one in history)])
    before, after = folded(history, whole, ENGAGEMENTS), folded(history, whole + timedelta(seconds=wait), ENGAGEMENTS)
    assert before.keys() == after.keys()
    assert all(after[name] <= before[name] and (after[name] < before[name] or before[name] == 5) for name in before)
    assert all(0 < number <= 5 for number in before.values())


@given(histories(), st.integers(2, 5), st.integers(0, 9), st.data())
@settings(max_examples=200, deadline=None)
def test_a_scanner_changes_nothing_at_any_moment(
    history: list[Engagement], links: int, seconds: int, data: st.DataObject
) -> None:
    """It opens a mail and follows every link of it, the one that unsubscribes too, in whatever order."""
    delivered = data.draw(st.integers(0, 900))
    of_a_scan = data.draw(st.permutations([*(f"/link{number}" for number in range(links)), "/unsubscribe"]))
    scan = [of_mail("scan open", "mail_opened", delivered + 1, "scanned")]
    scan += [
        click(f"scan {place}", delivered + seconds + 0.2 * place, url, "scanned") for place, url in enumerate(of_a_scan)
    ]
    scan.append(of_mail("scan unsubscribed", "unsubscribed", delivered + seconds + 2, "scanned"))
    start = START + timedelta(seconds=delivered)
    scan = [replace(one, properties={**one.properties, "delivered_at": start.isoformat()}) for one in scan]
    at = data.draw(MOMENTS)
    assert folded([*history, *scan], at, ENGAGEMENTS) == folded(history, at, ENGAGEMENTS)
    assert unsubscribed_at([*history, *scan], at) == unsubscribed_at(history, at)


def test_each_kind_halves_by_its_half_life_and_is_capped() -> None:
    seen = [engagement(f"e{number}", "pricing_page") for number in range(8)]
    assert folded(seen[:1], START, ENGAGEMENTS) == {"engagement.pricing_page": 1.0}
    assert folded(seen[:2], START + 14 * DAY, ENGAGEMENTS) == {"engagement.pricing_page": 1.0}
    assert folded(seen, START, ENGAGEMENTS) == {"engagement.pricing_page": 5.0}
    assert folded(seen, START + 28 * DAY, ENGAGEMENTS) == {"engagement.pricing_page": 2.0}
    assert folded([engagement("e", "of_old")], START, ENGAGEMENTS) == {}


@pytest.mark.parametrize(
    ("told", "persons"),
    [
        ([click("a", 0, "/x", delivered_at=START.isoformat())], []),
        ([click("a", 10, "/x", delivered_at=START.isoformat())], []),
        ([click("a", 11, "/x", delivered_at=START.isoformat())], ["a"]),
        ([of_mail("a", "mail_opened", 3, delivered_at=START.isoformat())], []),
        ([click("a", 0, "/x"), click("b", 10, "/y")], []),
        ([click("a", 0, "/x"), click("b", 11, "/y")], ["a", "b"]),
        ([click("a", 0, "/x"), click("b", 1, "/x")], ["a", "b"]),
        ([click("a", 0, "/x"), click("b", 1, "/y", "m2")], ["a", "b"]),
        ([click("a", 0, "/x"), click("b", 60, "/Unsubscribe/9")], []),
        ([click("a", 0, "/x"), click("b", 61, "/unsubscribe/9")], ["a", "b"]),
        ([click("a", 0, "/x"), of_mail("b", "unsubscribed", 30)], []),
        ([click("a", 0, "/unsubscribe"), of_mail("b", "unsubscribed", 3)], ["a", "b"]),
        ([click("a", 0, "/x"), engagement("b", "unsubscribed", 30)], ["a", "b"]),
        ([of_mail("o", "mail_opened", 2), click("a", 0, "/x"), click("b", 5, "/y")], []),
        ([of_mail("o", "mail_opened", 60), click("a", 0, "/x"), click("b", 5, "/y")], ["o"]),
        ([of_mail("o", "mail_opened", 0), click("a", 5, "/x")], ["o", "a"]),
        ([engagement("p", "page_view", 1), click("a", 0, "/x"), click("b", 5, "/y")], ["p"]),
    ],
    ids=lambda told: "-".join(str(getattr(one, "event", one)) for one in told) or "none",
)
def test_what_looks_like_a_mail_scanner(told: list[Engagement], persons: list[str]) -> None:
    assert sure(told) == sorted(persons, key=lambda event: next(o.occurred_at for o in told if o.event == event))
    assert {one.event for one in told} - looks_scanned(told) == set(persons)


def test_bursts_are_found_as_by_looking_at_every_pair_and_thousands_at_once() -> None:
    def looked_at(told: list[Engagement]) -> set[str]:
        ends = [UNSUBSCRIBES.search(str(one.properties["url"])) is not None for one in told]
        found = set()
        for (one, ending), (other, too) in combinations(zip(told, ends, strict=True), 2):
            between = abs(one.occurred_at - other.occurred_at) / timedelta(seconds=1)
            same = (ending and too) or one.properties["url"] == other.properties["url"]
            if not same and between <= (60 if ending or too else 10):
                found |= {one.event, other.event}
        return found

    chance = Random(8)
    urls = ["/1", "/2", "/3", "/unsubscribe", "/abmelden"]
    for _ in range(60):
        told = [click(f"e{number}", chance.randrange(400), chance.choice(urls)) for number in range(12)]
        assert looks_scanned(told) == looked_at(told)

    searched = []
    many = [click(f"e{number}", number / 50, Link(f"/{number}", searched)) for number in range(3_000)]
    many += [of_mail(f"o{number}", "mail_opened", number / 50) for number in range(3_000)]
    assert len(looks_scanned(many)) == 6_000
    assert len(searched) < 40_000, "each link is looked at a few times, not once for each other one"


class Link(str):
    """Notes each time that it is looked at."""

    def __new__(cls, text: str, looked: list[str]) -> "Link":
        made = super().__new__(cls, text)
        made.looked = looked
        return made

    looked: list[str]

    def __str__(self) -> str:
        self.looked.append("str")
        return str.__str__(self)

    def __eq__(self, other: object) -> bool:
        self.looked.append("eq")
        return str.__eq__(self, other)

    __hash__ = str.__hash__


def test_what_came_of_a_mail_counts_once_its_burst_is_known_whole() -> None:
    first, other = click("a", 0, "/x"), click("b", 5, "/y")
    known_late = replace(other, received_at=START + MINUTE)
    assert sure([first], START + 2 * MINUTE - timedelta(seconds=1)) == []
    assert sure([first], START + 2 * MINUTE) == ["a"]
    assert sure([first, known_late], START + 2 * MINUTE) == []
    page = engagement("p", "page_view")
    assert sure([page], START) == ["p"]


def test_who_unsubscribes_is_not_mailed_until_a_later_form_says_yes() -> None:
    ended = of_mail("u", "unsubscribed", 3600)
    at = START + DAY
    assert mailable(PROMISED, form(None), [], at)
    assert not mailable(PROMISED, form(None), [ended], at)
    assert not mailable(PROMISED, form(None, START + 2 * MINUTE * 60), [ended], at)  # a form is no consent by itself
    assert mailable(ASKED, form(True), [], at)
    assert not mailable(ASKED, form(True), [ended], at)
    assert mailable(ASKED, form(True, START + 2 * MINUTE * 60), [ended], at)
    assert not mailable(ASKED, form(False, START + 2 * MINUTE * 60), [ended], at)
    assert mailable(ASKED, form(True), [ended], START + MINUTE * 60)  # nobody knew it yet
    assert mailable(ASKED, form(True), [ended, click("a", 3580, "/x")], at)  # a scanner did it


def test_the_agreement_may_change_what_a_kind_adds_and_know_more_kinds() -> None:
    said = "[marketing.engagements.mail_clicked]\npoints = 2\n[marketing.engagements.trade_fair]\npoints = 30\n"
    said += "half_life_days = 60\n"
    kinds = parse_agreement(
        AGREEMENT.replace("[form.fields.email]", f"{said}[form.fields.email]")
    ).marketing.engagements
    assert (kinds["mail_clicked"].points, kinds["mail_clicked"].half_life_days) == (2, 7)
    assert kinds["trade_fair"].label == "Trade fair"
    assert kinds["reply"] == ENGAGEMENTS["reply"]
    fair = [engagement("e", "trade_fair")]
    assert folded(fair, START + 60 * DAY, kinds) == {"engagement.trade_fair": 0.5}
