"""The links in the mails of the clock, which tests move: for whoever has the lead then, and for nobody else."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from leads.lead import Outcome
from serving.feedback.answer_links import AnswerLink, read
from serving.feedback.outcomes import tell
from serving.feedback.returning import bring_back
from serving.feedback.telling import Told
from tests.serving.office import SALES, Office, berlin, people

PUBLIC = "https://accord.example.com"


@pytest.fixture
def sales(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    monkeypatch.setenv("ACCORD_PUBLIC_URL", PUBLIC)
    team = SALES + 'lead = "zoe"\nreassignments = 1\n' + people("anna", "bert", "zoe")
    opened = Office(f"sqlite:///{tmp_path / 'accord.db'}", berlin("2026-11-20 10:00"), team)
    opened.said("zoe", "hours", hours="Sat 09:00-10:00")
    yield opened
    opened.close()


def mails(sales: Office, lead: str) -> list[tuple[str, str, AnswerLink | None]]:
    """Event, to whom, and what the link in it is about."""
    found = []
    for message in sales.messages():
        if message.lead == lead and message.mail_to:
            link = re.search(rf"^{PUBLIC}/v1/answer/(\S+)$", json.loads(message.payload)["text"], re.MULTILINE)
            about = read(link[1], sales.ledger.salt) if link else None
            found.append((message.event, message.mail_to, about))
    return found


def answered(sales: Office, link: AnswerLink) -> Told:
    event = f"link-{link.owner}-{link.ends_at}"
    outcome = Outcome(link.lead, event, "accepted", sales.now, sales.now, None, None, None, told_by=link.owner)
    return tell(sales.intake, [outcome])[0]


def test_each_mail_links_to_its_own_owner_and_the_link_ends_with_the_move(sales: Office) -> None:
    lead = sales.send()
    first = sales.owner(lead)
    for _ in range(3):
        sales.passes(10)
    found = mails(sales, lead)
    second = sales.owner(lead)
    assert [(event, to) for event, to, _ in found] == [
        ("lead.decided", f"{first}@example.com"),
        ("lead.reminded", f"{first}@example.com"),
        ("lead.reassigned", f"{second}@example.com"),
        ("lead.reminded", f"{second}@example.com"),
    ]
    links = [about for _, _, about in found if about is not None]
    assert [(link.lead, link.owner) for link in links] == [(lead, first)] * 2 + [(lead, second)] * 2
    refused = answered(sales, links[0]).wrong
    assert refused is not None
    assert (refused.code, refused.detail) == ("lead-moved", f"This lead went on: {second} has it now.")
    assert sales.stands(lead).answered_at is None
    assert answered(sales, links[2]).state == "accepted"


def test_what_is_escalated_links_for_the_lead_of_the_team_only_who_has_it(sales: Office) -> None:
    lead = sales.send()
    for _ in range(5):
        sales.passes(10)
    [(_, to, link)] = [one for one in mails(sales, lead) if one[0] == "lead.escalated"]
    assert (to, sales.owner(lead)) == ("zoe@example.com", "zoe")
    assert link is not None
    assert link.owner == "zoe"
    sales.said("zoe", "leave", **{"from": "2026-11-20", "to": "2026-12-20"})
    other = sales.send()
    for _ in range(5):
        sales.passes(10)
    [step] = [step for step in sales.steps(other) if step.kind == "escalated"]
    assert step.owner in ("anna", "bert")
    [(_, to, none)] = [one for one in mails(sales, other) if one[0] == "lead.escalated"]
    assert (to, none) == ("zoe@example.com", None)


def test_what_waits_in_the_queue_has_no_link_until_somebody_has_it(sales: Office) -> None:
    sales.now = berlin("2026-11-21 12:00")  # a Saturday, and zoe has gone home
    lead = sales.send()
    assert [link for _, _, link in mails(sales, lead)] == [None]
    sales.at("2026-11-23 09:00")
    owner = sales.owner(lead)
    [*_, (event, to, link)] = mails(sales, lead)
    assert (event, to) == ("lead.assigned", f"{owner}@example.com")
    assert link is not None
    assert link.owner == owner


def test_a_lead_that_comes_back_links_to_its_new_owner(sales: Office) -> None:
    lead = sales.send()
    first = mails(sales, lead)[-1][2]
    assert first is not None
    told = Outcome(lead, "no", "rejected", sales.now, sales.now, "not-now", None, None, told_by=first.owner)
    assert tell(sales.intake, [told])[0].state == "rejected"
    assert mails(sales, lead)[-1][2] == first  # marketing has no address here, and no link for nurture
    sales.now = berlin("2027-02-19 10:00")
    assert bring_back(sales.intake) == 1
    link = mails(sales, lead)[-1][2]
    assert link is not None
    assert {link.owner, first.owner} == {"anna", "bert"}
