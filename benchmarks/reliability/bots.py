"""Bots among people: how many of each wait in quarantine."""

import json
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import select

from benchmarks.reliability import progress
from benchmarks.reliability.report import Report, Run, Target
from benchmarks.reliability.workplace import Workplace, laid_out, serving
from leads.ledger import open_ledger, tables

CLIENTS = 4
TRIES = 10
KINDS = {"fills the hidden field": 40, "sends at once": 25, "one text, many senders": 20, "one address, many forms": 15}
"""How often each kind of bot is drawn, beside the others."""
WORDS = ("budget", "rollout", "licences", "warehouse", "pricing", "migration", "support", "training", "security")
SPAM = "Get thousands of new customers for your website today, cheap and guaranteed, write to us now"


class Sending(NamedTuple):
    """`address` is where it seems to come from, as a trusted proxy tells it."""

    kind: str
    address: str
    form: dict[str, Any]


def run(run: Run) -> Report:
    return measure(10_000, 1_000, run.seed) if run.long else measure(2_000, 200, run.seed)


def measure(bots: int, people: int, seed: int) -> Report:
    with tempfile.TemporaryDirectory() as folder:
        workplace = laid_out(Path(folder) / "home", more={"ACCORD_TRUSTED_PROXIES": "127.0.0.1"})
        sendings = list(_sendings(bots, people, random.Random(seed)))
        with serving(workplace), ThreadPoolExecutor(CLIENTS) as clients:
            statuses = list(progress.over(clients.map(lambda one: _send(workplace, one), sendings), "forms"))
        quarantined = _quarantined(workplace)
    held, sent, refused = Counter[str](), Counter[str](), Counter[str]()
    for sending, status in zip(sendings, statuses, strict=True):
        sent[sending.kind] += 1
        refused[sending.kind] += status == 429
        held[sending.kind] += status == 429 or sending.form["email"] in quarantined
    figures: dict[str, dict[str, int]] = {
        kind: {"sent": count, "held_back": held[kind], "of_them_refused_429": refused[kind]}
        for kind, count in sorted(sent.items())
    }
    figures["answers"] = {str(status): count for status, count in sorted(Counter(statuses).items())}
    other = sum(status not in (201, 429) for status in statuses)
    return Report({"bots": bots, "people": people}, figures, _targets(bots, people, held, other))


def _sendings(bots: int, people: int, random_: random.Random) -> Iterator[Sending]:
    kinds = random_.choices(list(KINDS), list(KINDS.values()), k=bots) + ["person"] * people
    random_.shuffle(kinds)
    for number, kind in enumerate(kinds):
        address = "93.184.216.34" if kind == "one address, many forms" else _address(number)
        yield Sending(kind, address, _form(kind, number, random_))


def _form(kind: str, number: int, random_: random.Random) -> dict[str, Any]:
    """The moment of opening is put in when it is sent."""
    form: dict[str, Any] = {"email": f"person{number}@example.com", "country": random_.choice(["DE", "FR", "US"])}
    form["_opened_at"] = 0.3 if kind == "sends at once" else random_.uniform(5, 600)
    if kind == "fills the hidden field":
        form["_website"] = "https://example.com/"
    if kind == "one text, many senders":
        form["message"] = SPAM
    elif random_.random() < 0.6:
        form["message"] = _question(kind, number, random_)
    return form


def _question(kind: str, number: int, random_: random.Random) -> str:
    """Some people write little, and much the same; some name their website."""
    if random_.random() < 0.3:
        return "Please call me back"
    link = " See https://www.example.com/ for who we are." if random_.random() < 0.1 else ""
    return f"We have a question on {' and '.join(random_.sample(WORDS, 4))} for {number % 97 + 2} colleagues.{link}"


def _address(number: int) -> str:
    return f"93.{number // 65_536 % 256}.{number // 256 % 256}.{number % 256}"


def _send(workplace: Workplace, sending: Sending) -> int:
    """The status in the end: who is told to come again in a moment does."""
    opened = datetime.now(UTC) - timedelta(seconds=sending.form["_opened_at"])
    body = json.dumps(sending.form | {"_opened_at": opened.isoformat()})
    for _ in range(TRIES):
        if (status := _post(workplace, sending.address, body)) != 503:
            break
        time.sleep(0.5)
    return status


def _post(workplace: Workplace, address: str, body: str) -> int:
    connection = HTTPConnection("127.0.0.1", workplace.port, timeout=30)
    key = {"Authorization": f"Bearer {workplace.public}", "X-Forwarded-For": address}
    connection.request("POST", "/v1/leads", body, {"Content-Type": "application/json", **key})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def _quarantined(workplace: Workplace) -> set[str]:
    sent, decided = tables.submissions, tables.decisions
    wanted = select(sent.c.form).join(decided, decided.c.submission == sent.c.id).where(decided.c.route == "quarantine")
    ledger = open_ledger(workplace.database)
    with ledger.reading() as connection:
        found = {str(form["email"]) for form in connection.scalars(wanted)}
    ledger.close()
    return found


def _targets(bots: int, people: int, held: Counter[str], other: int) -> list[Target]:
    of_bots = 100 * sum(count for kind, count in held.items() if kind != "person") / bots
    return [
        Target("bots' forms held back", "at least", 99, round(of_bots, 2), "%"),
        Target("people's forms held back", "at most", 0.1, round(100 * held["person"] / people, 2), "%"),
        Target("answers other than 201 and 429", "exactly", 0, other),
    ]
