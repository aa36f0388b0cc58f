"""A month of leads that sales answered, through HTTP alone: what every page tells adds up to what was told."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import httpx2
import pytest

from benchmarks.reliability.workplace import Workplace, laid_out, serving
from tests.serving.conftest import AGREEMENT

LEADS, DAYS = 120, 30
SOURCES = ("google", "linkedin", "partner", "fair")
REASONS = ("bad-fit", "bad-data", "unreachable", "not-now", "duplicate", "competitor", "other")
TEAM = """
[[sales.people]]
name = "Eve"
[form.fields.email]"""


@dataclass
class Sent:
    """One lead, and what this test told of it: (when, type, reason)."""

    lead: str
    source: str
    route: str
    told: list[tuple[datetime, str, str | None]] = field(default_factory=list)

    @property
    def last(self) -> tuple[str, str | None]:
        """Nobody here works on a lead after it converted, so the last word is the state."""
        return max(self.told)[1:] if self.told else ("open", None)


@dataclass
class Month:
    workplace: Workplace
    client: httpx2.Client
    leads: list[Sent]
    events: int

    def get(self, path: str, **asked: Any) -> httpx2.Response:
        key = {"Authorization": f"Bearer {self.workplace.secret}"}
        return self.client.get(f"http://127.0.0.1:{self.workplace.port}{path}", headers=key, params=asked)

    def stories(self) -> list[dict[str, Any]]:
        return [self.get(f"/v1/leads/{one.lead}").json() for one in self.leads]


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Month]:
    """Each lead came at a moment of the last thirty days; most were answered, some twice and some wrongly at first. All
    is told in a random order, and a third of it twice."""
    agreement = AGREEMENT.replace("[form.fields.email]", TEAM.strip())
    workplace = laid_out(tmp_path_factory.mktemp("month") / "home", agreement=agreement)
    draw, now = Random(20_261_122), datetime.now(UTC)
    with serving(workplace), httpx2.Client(timeout=30) as client:
        at = f"http://127.0.0.1:{workplace.port}"
        key = {"Authorization": f"Bearer {workplace.secret}"}
        leads, events = [], []
        for number in range(LEADS):
            came = now - timedelta(days=draw.uniform(0.1, DAYS))
            source = draw.choice(SOURCES)
            form = {"email": f"lead{number}@example.com", "country": draw.choice(["DE", "FR"]), "utm_source": source}
            sent = client.post(f"{at}/v1/leads", headers=key, json=form | {"_submitted_at": came.isoformat()}).json()
            one = Sent(sent["lead"], source, sent["route"])
            one.told = [(came + (now - came) * part, *said) for part, said in answers(draw)]
            leads.append(one)
            events += [event(one.lead, number, *told) for number, told in enumerate(one.told)]
        told = events + draw.sample(events, len(events) // 3)
        draw.shuffle(told)
        for start in range(0, len(told), 100):
            batch = {"events": told[start : start + 100]}
            assert client.post(f"{at}/v1/outcomes", headers=key, json=batch).status_code == 202
        yield Month(workplace, client, leads, len(events))


def answers(draw: Random) -> list[tuple[float, tuple[str, str | None]]]:
    """At which part of the time since it came, and what."""
    rejected = ("rejected", draw.choice(REASONS))
    course: list[tuple[str, str | None]] = draw.choice(
        [
            [],
            [("accepted", None)],
            [rejected],
            [("accepted", None), rejected],
            [("rejected", draw.choice(REASONS)), rejected],  # put right
            [rejected, ("reopened", None), ("contacted", None)],
            [("contacted", None), ("meeting", None), ("converted", None)],
            [("contacted", None), ("lost", "competitor")],
        ]
    )
    return [((number + 1) / 10, said) for number, said in enumerate(course)]


def event(lead: str, number: int, at: datetime, type: str, reason: str | None) -> dict[str, Any]:
    named = {"reason": reason} if reason else {}
    return {"lead": lead, "event": f"e{number}", "type": type, "occurred_at": at.isoformat()} | named


def told(month: Month) -> Counter[tuple[str, str, str | None]]:
    """Of each source: what became of how many of its leads, by the test's own notes."""
    return Counter((one.source, *one.last) for one in month.leads)


def test_the_stories_say_what_was_told_and_every_source_adds_up(month: Month) -> None:
    found: Counter[tuple[str, str, str | None]] = Counter()
    for story in month.stories():
        last = story["outcomes"][-1] if story["outcomes"] else {"type": "open", "reason": None}
        [form] = [one["form"] for one in story["submissions"]]
        assert story["state"] == ("open" if last["type"] == "reopened" else last["type"])
        found[form["utm_source"], last["type"], last["reason"]] += 1
    assert found == told(month)
    rejected = Counter(source for source, type, _ in found.elements() if type == "rejected")
    by_reason = {key: count for key, count in found.items() if key[1] == "rejected"}
    assert len(by_reason) > 15  # sources times reasons
    for source in SOURCES:
        of_it = sum(count for (name, _, _), count in found.items() if name == source)
        assert of_it == sum(one.source == source for one in month.leads)
        assert rejected[source] == sum(count for (name, _, _), count in by_reason.items() if name == source)


def test_the_metrics_count_each_event_once(month: Month) -> None:
    types = Counter(type for one in month.leads for _, type, _ in one.told)
    text = month.get("/metrics").text
    for type, count in types.items():
        assert f'accord_outcomes_total{{training="taken",type="{type}"}} {count}.0' in text
    assert sum(types.values()) == month.events
    assert sum(len(story["outcomes"]) for story in month.stories()) == month.events


def test_the_queue_holds_what_nobody_answered(month: Month) -> None:
    waiting = {one.lead for one in month.leads if one.route == "sales" and not one.told}
    queue = month.get("/v1/queue", limit=200).json()
    assert (queue["waiting"], {one["lead"] for one in queue["leads"]}) == (len(waiting), waiting)


def test_who_was_rejected_stands_where_its_reason_says(month: Month) -> None:
    """The reasons of an agreement that names none: three of them end a lead, the others have it nurtured."""
    for one, story in zip(month.leads, month.stories(), strict=True):
        route, (type, reason) = story["decisions"][-1]["route"], one.last
        if one.route == "sales" and type == "rejected":
            assert route == ("sales" if reason in ("bad-data", "duplicate", "competitor") else "nurture"), one
            assert story["standing"] is None
        elif one.route == "sales":
            assert route == "sales", one


def test_the_report_tells_the_same_of_each_source(month: Month) -> None:
    today = datetime.now(UTC).date()
    period = {"from": f"{today - timedelta(days=DAYS + 2)}", "to": f"{today}"}
    body = month.get("/v1/report", **period).json()
    found = {row["name"]: row for row in body["first_touch"]["source"]}
    counted = told(month)
    for source in SOURCES:
        row = found[source]
        reasons = {key[2]: count for key, count in counted.items() if key[:2] == (source, "rejected")}
        assert {reason: count for reason, count in row["reasons"].items() if count} == reasons
        assert row["rejected"] == sum(reasons.values())
        assert row["leads"] == sum(one.source == source for one in month.leads)
        assert row["converted"] == counted[source, "converted", None]
