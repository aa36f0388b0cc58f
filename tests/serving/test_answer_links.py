"""Links in mails by which the owner of a lead answers for it: who may, what only looks, and what a link cannot do."""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import httpx2
import pytest

from benchmarks.reliability.workplace import laid_out, serving
from leads.ledger import open_ledger
from leads.refusal import Refusal
from serving.delivery.configuration import public_url
from serving.feedback.answer_links import AnswerLink, read, written
from tests.serving.conftest import AGREEMENT
from tests.serving.test_bad_input import Place

PUBLIC = "https://accord.example.com/leads"
HOURS = 'hours = "Mon-Sun 00:00-24:00"'
TEAM = f"""
mail = "sales@example.com"
{HOURS}
[[sales.people]]
name = "Ändy <b>"
mail = "andy@example.com"
takes = {{ country = ["DE"] }}
[[sales.people]]
name = "bert"
takes = {{ country = ["AT"] }}
[routing]"""
NUMBERS = count(1)
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    agreement = AGREEMENT.replace("\n[routing]", TEAM)
    more = {"ACCORD_TRUSTED_PROXIES": "127.0.0.1", "ACCORD_PUBLIC_URL": PUBLIC + "/"}
    workplace = laid_out(tmp_path_factory.mktemp("links") / "home", agreement=agreement, more=more)
    with serving(workplace), httpx2.Client(timeout=20) as client:
        yield Place(workplace, "", client)


def mailed(place: Place, country: str = "DE") -> tuple[str, str]:
    """A new lead of sales, and the token of the link that its owner was mailed."""
    sent = place.send({"email": f"lead{next(NUMBERS)}@example.com", "name": "Jane Doe", "country": country})
    lead = str(sent.json()["lead"])
    return lead, token_of(place, lead)


def mails(place: Place, lead: str) -> list[tuple[str, str]]:
    found = place.rows("SELECT mail_to, payload FROM messages WHERE lead = ? AND mail_to IS NOT NULL ORDER BY id", lead)
    return [(to, json.loads(payload)["text"]) for to, payload in found]


def token_of(place: Place, lead: str) -> str:
    [link] = re.findall(rf"^{PUBLIC}/v1/answer/(\S+)$", mails(place, lead)[-1][1], re.MULTILINE)
    return str(link)


def look(place: Place, token: str, **headers: str) -> httpx2.Response:
    return place.call("GET", f"/v1/answer/{token}", None, BROWSER | headers)


def press(place: Place, token: str, body: str, **headers: str) -> httpx2.Response:
    return place.call("POST", f"/v1/answer/{token}", None, BROWSER | FORM | headers, content=body.encode())


def outcomes(place: Place, lead: str) -> list[tuple[str, str | None]]:
    return [(one["type"], one["reason"]) for one in place.story(lead)["outcomes"]]


def everything(place: Place) -> list[Any]:
    """All that an answer could change."""
    tables = ("outcomes", "decisions", "assignments", "steps", "messages", "returns")
    return [place.rows(f"SELECT * FROM {table} ORDER BY 1") for table in tables]  # noqa: S608  # names of our own


def test_the_mail_holds_a_link_and_the_page_says_what_it_is_about(place: Place) -> None:
    lead, token = mailed(place)
    [(to, text)] = mails(place, lead)
    assert to == "andy@example.com"
    assert "\nAccept it, reject it, or say what came of it, without any password:\nhttps://" in text
    page = look(place, token)
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert f"… {lead[-6:]}" in page.text
    assert "<dd>A</dd>" in page.text
    assert "Ändy &lt;b&gt;" in page.text
    assert "(Europe/Berlin)" in page.text
    assert "<dd>open</dd>" in page.text
    for personal in ("Jane", "lead1@", "example.com", lead):
        assert personal not in page.text
    assert re.findall(r'value="(\w+)"', page.text) == [
        *("accepted", "contacted", "meeting", "converted"),
        *("rejected", "lost"),
    ]
    assert re.findall("<option>(.*?)</option>", page.text)[:2] == ["bad-fit", "bad-data"]


def test_looking_changes_nothing(place: Place) -> None:
    """A program that checks mails opens each link many times, with each method that only looks, and without a form."""
    lead, token = mailed(place)
    before = everything(place)
    for headers in ({}, {"User-Agent": "Mozilla/5.0 (compatible; MailScanner)"}, {"Purpose": "prefetch"}):
        for query in ("", "?type=accepted", "?type=rejected&reason=bad-fit"):
            assert look(place, token + query, **headers).status_code == 200
    for method in ("HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"):
        assert place.call(method, f"/v1/answer/{token}").status_code == 405
    for body in ("", "type=", "token=1", "type=opened", "type=accepted&more=1", "type=accepted&type=lost"):
        assert press(place, token, body).status_code in (400, 422)
    assert press(place, token + "?type=accepted", "").status_code == 400
    assert place.call("POST", f"/v1/answer/{token}", None, BROWSER, json={"type": "accepted"}).status_code == 415
    assert everything(place) == before
    assert place.story(lead)["state"] == "open"


@pytest.mark.parametrize(
    ("body", "state"),
    [
        ("type=accepted", "accepted"),
        ("type=contacted", "contacted"),
        ("type=meeting", "meeting"),
        ("type=converted", "converted"),
        ("type=lost", "lost"),
        ("reason=&type=lost", "lost"),
        ("reason=competitor&type=lost", "lost"),
        ("reason=not-now&type=rejected", "rejected"),
    ],
)
def test_a_press_answers_once(place: Place, body: str, state: str) -> None:
    lead, token = mailed(place)
    first = press(place, token, body)
    assert (first.status_code, "It is noted" in first.text) == (200, True)
    after = everything(place)
    for _ in range(2):
        again = press(place, token, body)
        assert (again.status_code, "You told this before" in again.text) == (200, True)
    assert everything(place) == after
    story = place.story(lead)
    assert story["state"] == state
    [one] = story["outcomes"]
    assert (one["key"], one["told_by"], one["event"][:5]) == (None, "Ändy <b>", "link-")
    assert story["steps"][-1]["kind"] in ("answered", "ended")
    told = place.rows("SELECT payload FROM messages WHERE lead = ? AND event = 'lead.outcome'", lead)
    assert told == []  # no receiver wants them here
    assert "Ändy <b>" not in first.text


def test_many_presses_at_once_answer_once(place: Place) -> None:
    lead, token = mailed(place)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: press(place, token, "type=accepted"), range(16)))
    assert {answer.status_code for answer in answers} == {200}
    assert sum("It is noted" in answer.text for answer in answers) == 1
    assert outcomes(place, lead) == [("accepted", None)]


def test_one_answer_may_follow_another(place: Place) -> None:
    lead, token = mailed(place)
    for kind in ("accepted", "contacted", "meeting", "converted"):
        assert press(place, token, f"type={kind}").status_code == 200
    assert [kind for kind, _ in outcomes(place, lead)] == ["accepted", "contacted", "meeting", "converted"]
    assert "<dd>won</dd>" in look(place, token).text


@pytest.mark.parametrize(
    ("said", "worth"), [("", None), ("12500", 12500.0), ("12.500,50 %E2%82%AC", 12500.5), ("0", 0.0), ("%20", None)]
)
def test_won_may_say_what_it_is_worth(place: Place, said: str, worth: float | None) -> None:
    lead, token = mailed(place)
    assert press(place, token, f"value={said}&type=converted").status_code == 200
    assert [(one["type"], one["value"]) for one in place.story(lead)["outcomes"]] == [("converted", worth)]
    assert "You told this before" in press(place, token, f"value={said}&type=converted").text
    other = press(place, token, "value=7&type=converted")
    assert (other.status_code, "another reason or worth before" in other.text) == (409, True)


@pytest.mark.parametrize("said", ["-1", "much", "1e400", "inf", "1,2,3", "9" * 41, "%00", "<script>"])
def test_a_worth_that_is_no_amount_changes_nothing(place: Place, said: str) -> None:
    lead, token = mailed(place)
    refused = press(place, token, f"value={said}&type=converted")
    assert refused.status_code == 422
    assert "<script" not in refused.text
    assert outcomes(place, lead) == []


@pytest.mark.parametrize("reason", ["", "nonsense", "x" * 5000, "<script>", "%00"])
def test_a_rejection_needs_a_reason_of_the_agreement(place: Place, reason: str) -> None:
    lead, token = mailed(place)
    refused = press(place, token, f"type=rejected&reason={reason}")
    assert refused.status_code == 422
    assert "<script" not in refused.text
    assert outcomes(place, lead) == []


def test_the_same_link_rejects_for_one_reason(place: Place) -> None:
    lead, token = mailed(place)
    press(place, token, "type=rejected&reason=bad-fit")
    other = press(place, token, "type=rejected&reason=duplicate")
    assert (other.status_code, "another reason or worth before" in other.text) == (409, True)
    assert outcomes(place, lead) == [("rejected", "bad-fit")]


def test_the_story_says_who_answered(place: Place) -> None:
    lead, token = mailed(place)
    press(place, token, "type=accepted")
    said = place.workplace.accord("lead", lead).stdout
    assert "Outcome: accepted, by the link mailed to Ändy <b>" in said


def forged(place: Place, **said: Any) -> str:
    ledger = open_ledger(place.workplace.database)
    token = written(AnswerLink(**said), ledger.salt)
    ledger.close()
    return token


def linked(place: Place, token: str) -> AnswerLink:
    ledger = open_ledger(place.workplace.database)
    link = read(token, ledger.salt)
    ledger.close()
    assert link is not None
    return link


def test_a_link_ends_after_thirty_days(place: Place) -> None:
    lead, token = mailed(place)
    link = linked(place, token)
    assert timedelta(days=29, hours=23) < link.ends_at - datetime.now(UTC) <= timedelta(days=30)
    old = forged(place, **link._replace(ends_at=datetime.now(UTC) - timedelta(seconds=1))._asdict())
    for answer in (look(place, old), press(place, old, "type=accepted")):
        assert (answer.status_code, "too old" in answer.text) == (410, True)
    assert outcomes(place, lead) == []


def test_a_forged_link_is_none(place: Place) -> None:
    lead, token = mailed(place)
    whole = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    bent = [whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] for at in range(len(whole))]
    tokens = [urlsafe_b64encode(one).decode().rstrip("=") for one in bent]
    tokens += [token + "A", token[:-1], token[1:], token + "=", token.lower(), "x", "é", "A" * 3000, "A" * 96]
    foreign = written(linked(place, token), b"another ledger's salt")
    for one in (*tokens, foreign):
        answer = press(place, one, "type=accepted")
        assert answer.status_code == 404, one
    assert "This link is not valid" in look(place, foreign).text
    assert outcomes(place, lead) == []


def test_a_link_of_another_lead_answers_for_that_one_alone(place: Place) -> None:
    (lead, _), (other, token) = mailed(place), mailed(place)
    press(place, token, "type=accepted")
    assert (outcomes(place, lead), outcomes(place, other)) == ([], [("accepted", None)])


def test_once_somebody_else_has_the_lead_the_page_says_who_and_refuses(place: Place) -> None:
    lead, token = mailed(place)
    said = {"route": "sales", "owner": "bert", "reason": "he knows them"}
    assert place.call("POST", f"/v1/leads/{lead}/override", place.workplace.secret, json=said).status_code == 200
    for answer in (look(place, token), press(place, token, "type=accepted")):
        assert answer.status_code == 409
        assert "Somebody else has this lead now" in answer.text
        assert "bert has it now" in answer.text
        assert "<button" not in answer.text
    assert outcomes(place, lead) == []
    fresh = token_of(place, lead)
    assert press(place, fresh, "type=accepted").status_code == 200
    assert place.story(lead)["outcomes"][0]["told_by"] == "bert"
    assert mails(place, lead)[-1][0] == "sales@example.com"  # bert has no address of his own


def test_an_erased_lead_is_gone_without_detail(place: Place) -> None:
    lead, token = mailed(place)
    [(form,)] = place.rows("SELECT form FROM submissions WHERE lead = ?", lead)
    person = json.loads(form)["email"]
    assert place.call("POST", "/v1/people/erase", place.workplace.secret, json={"person": person}).status_code == 202
    for answer in (look(place, token), press(place, token, "type=accepted")):
        assert (answer.status_code, "not here any more" in answer.text) == (410, True)
        assert lead[-6:] not in answer.text
    assert place.rows("SELECT count(*) FROM outcomes WHERE lead = ?", lead) == [(0,)]


def test_a_lead_that_waits_in_the_queue_has_no_link(place: Place) -> None:
    lead = place.send({"email": "queue@example.com", "country": "FR"}).json()["lead"]
    order = {"route": "sales", "reason": "nobody takes these"}
    assert place.call("POST", f"/v1/leads/{lead}/override", place.workplace.secret, json=order).status_code == 200
    assert place.story(lead)["standing"]["owner"] == "sales"
    [(to, text)] = mails(place, lead)
    assert to == "sales@example.com"
    assert "/v1/answer/" not in text


@pytest.mark.parametrize("how", ["page", "taken", "refused", "problem"])
def test_every_answer_keeps_the_link_to_itself(place: Place, how: str) -> None:
    _, token = mailed(place)
    answer = {
        "page": lambda: look(place, token),
        "taken": lambda: press(place, token, "type=accepted"),
        "refused": lambda: look(place, "x"),
        "problem": lambda: place.call("GET", "/v1/answer/x"),
    }[how]()
    headers = answer.headers
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Robots-Tag"] == "noindex"
    policy = headers["Content-Security-Policy"]
    for rule in ("default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"):
        assert rule in policy
    assert "script-src" not in policy
    assert "<script" not in answer.text
    assert token not in answer.text
    assert ("application/problem+json" in headers["Content-Type"]) == (how == "problem")


def test_no_log_line_holds_a_token(place: Place) -> None:
    _, token = mailed(place)
    look(place, token)
    press(place, token, "type=accepted")
    log = (place.workplace.home / "stderr").read_text()
    assert "/v1/answer/{token}" in log
    assert token not in log
    assert token[-20:] not in log


def test_links_are_followed_so_often_and_no_more(place: Place) -> None:
    _, token = mailed(place)
    visitor = {"X-Forwarded-For": "192.0.2.77"}
    statuses = [look(place, token, **visitor).status_code for _ in range(62)]
    assert (statuses[:60], statuses[-1]) == ([200] * 60, 429)
    assert look(place, token, **visitor).headers["Retry-After"]
    assert look(place, token).status_code == 200


@pytest.fixture(scope="module")
def unlinked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Mail leaves, and the address of the service is not known."""
    more = {"ACCORD_SMTP_URL": "smtp://127.0.0.1:9", "ACCORD_MAIL_FROM": "accord@example.com"}
    agreement = AGREEMENT.replace("\n[routing]", TEAM)
    workplace = laid_out(tmp_path_factory.mktemp("unlinked") / "home", agreement=agreement, more=more)
    with serving(workplace), httpx2.Client(timeout=20) as client:
        yield Place(workplace, "", client)


def test_without_an_address_mails_hold_no_link_and_serve_says_so_once(unlinked: Place) -> None:
    lead = unlinked.send({"email": "a@example.com", "country": "DE"}).json()["lead"]
    [(_, text)] = mails(unlinked, lead)
    assert "/v1/answer/" not in text
    assert "password" not in text
    log = (unlinked.workplace.home / "stderr").read_text()
    assert log.count("Mails to sales hold no link to answer with until ACCORD_PUBLIC_URL is set.") == 1


def test_with_one_it_says_nothing(place: Place) -> None:
    assert "ACCORD_PUBLIC_URL" not in (place.workplace.home / "stderr").read_text()


@pytest.mark.parametrize(
    "address",
    ["accord.example.com", "ftp://a.example", "https://", "https://a.example/?x=1", "https://u@a.example", "a b"],
)
def test_an_address_that_cannot_be_meant_is_refused(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("ACCORD_PUBLIC_URL", address)
    with pytest.raises(Refusal, match="ACCORD_PUBLIC_URL is this service's own address; write it as https://"):
        public_url()


def test_it_is_refused_before_serving(unlinked: Place) -> None:
    home = unlinked.workplace.home.parent / "wrong"
    done = laid_out(home, more={"ACCORD_PUBLIC_URL": "accord.example.com"}).accord("serve", "--port", "0")
    assert (done.returncode, done.stdout) == (2, "")
    assert "ACCORD_PUBLIC_URL is this service's own address" in done.stderr
    assert "Traceback" not in done.stderr
