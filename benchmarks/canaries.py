"""Invented people who are sent through everything, and whose names, addresses, numbers and words must then be found in
the ledger's forms and nowhere else: no log, no metric, no error, no model, no experiment."""

import csv
import json
import random
import re
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import httpx2

from benchmarks.reliability.workplace import Workplace, laid_out, serving

AGREEMENT = """
[goal]
within_days = 90
value = 3000
[table]
target = "converted"
positive = "1"
in_order = true
[scorecard]
base_rate = 0.2
[form.fields.email]
kind = "email"
required = true
[form.fields.name]
kind = "person"
[form.fields.phone]
kind = "phone"
[form.fields.message]
kind = "text"
[form.fields.company]
kind = "company"
[form.fields.source]
kind = "category"
[form.fields.pages]
kind = "number"
[form.fields.demo_requested]
kind = "flag"
"""
TRACE = re.compile(rb"kanari[\W_]{0,6}7731|151\D{0,4}7731\d|vogelsang|geheimwort", re.IGNORECASE)
"""Some part of every canary, however it was quoted, escaped, folded or cut."""
LEADS = "/v1/leads"
JSON = {"Content-Type": "application/json"}
HTML = {"Content-Type": "application/x-www-form-urlencoded"}
FEWEST_ROWS = 400
BUDGET = "5"


class Canary(NamedTuple):
    email: str
    name: str
    phone: str
    message: str


class Hit(NamedTuple):
    place: str
    found: str


def canary(number: int) -> Canary:
    return Canary(
        f"kanari7731.{number}@example.com",
        f"Zoë Vogelsang-{number}",
        f"+49 151 7731{number:04}",
        f"Geheimwort{number}: bitte rufen Sie Kanari7731 an",
    )


def run(cases: int, seed: int) -> dict[str, Any]:
    begun = time.monotonic()
    people = [canary(number) for number in range(cases)]
    with tempfile.TemporaryDirectory() as folder:
        place = laid_out(Path(folder) / "home", agreement=AGREEMENT, more={"ACCORD_TRUSTED_PROXIES": "127.0.0.1"})
        told = trained(place, people, seed)
        with serving(place):
            answers = list(sent(place, people))
            told["metrics"] = httpx2.get(f"http://127.0.0.1:{place.port}/metrics", timeout=20).content
        hits = [hit for name, data in {**told, **kept(place.home)}.items() for hit in hits_in(name, data)]
        hits += [hit for status, body in answers if status >= 400 for hit in hits_in(f"an answer {status}", body)]
        stored = sum(1 for _ in hits_in("the ledger", (place.home / "accord.db").read_bytes()))
        by_model = scored_by_a_model(place.home)
    statuses = sorted({status for status, _ in answers})
    return {
        "people": cases,
        "sendings": len(answers),
        "statuses": statuses,
        "scored_by_a_model": by_model,
        "found_in_the_ledger": stored,
        "hits": [hit._asdict() for hit in hits],
        "seed": seed,
        "seconds": round(time.monotonic() - begun, 1),
    }


def hits_in(place: str, data: bytes) -> Iterator[Hit]:
    for found in TRACE.finditer(data):
        yield Hit(place, found[0].decode("latin-1"))


def trained(place: Workplace, people: list[Canary], seed: int) -> dict[str, bytes]:
    """What the command says while it learns from a table that holds them."""
    table = place.home / "leads.csv"
    draw = random.Random(seed)
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([*Canary._fields, "company", "source", "pages", "demo_requested", "converted"])
        for number in range(max(FEWEST_ROWS, 2 * len(people))):
            pages, demo, source = draw.randrange(8), draw.random() < 0.3, draw.choice(["partner", "search", "social"])
            converted = draw.random() < 0.1 + 0.05 * pages + 0.2 * demo
            told = [*people[number % len(people)], f"Kanari7731 GmbH {number}", source, pages]
            writer.writerow([*told, "yes" if demo else "no", int(converted)])
    done = place.accord("train", str(table), "--budget", BUDGET, "--json")
    table.unlink()
    if done.returncode:
        raise RuntimeError(f"`accord train` failed: {done.stderr[-2000:]}")
    return {"train's output": done.stdout.encode(), "train's errors": done.stderr.encode()}


def sent(place: Workplace, people: list[Canary]) -> Iterator[tuple[int, bytes]]:
    with httpx2.Client(timeout=20, base_url=f"http://127.0.0.1:{place.port}") as client:
        for number, person in enumerate(people):
            visitor = {"X-Forwarded-For": f"10.1.{number >> 8 & 255}.{number & 255}", "User-Agent": person.email}
            for method, path, headers, body in ways(place, number, person):
                answer = client.request(method, path, headers=visitor | headers, content=body)
                yield answer.status_code, answer.content


Way = tuple[str, str, dict[str, str], bytes]


def ways(place: Workplace, number: int, person: Canary) -> Iterator[Way]:
    """Every way in, honest and not."""
    form: dict[str, Any] = {**person._asdict(), "company": "Kanari7731 GmbH", "source": "search", "pages": 3}
    secret = {"Authorization": f"Bearer {place.secret}", "Referer": f"https://a.example/?q={person.email}"}
    public = {"Authorization": f"Bearer {place.public}"}
    named = secret | {"Idempotency-Key": f"Kanari7731-{number}"}
    yield _json(secret, form)
    yield _json(named, form)
    yield _json(named, form | {"pages": 4})
    yield _json(public, form | {"_website": person.message})
    yield _json({"Authorization": f"Bearer {person.email}"}, form)
    for wrong in (
        {"pages": person.message},
        {"nickname": person.name},
        {"email": person.name},
        {"phone": person.message},
        {"_submitted_at": person.name},
        {"_redirect": person.email},
        {"name": [person.name]},
    ):
        yield _json(secret, form | wrong)
    cut = json.dumps(form).encode()[:-1]
    yield "POST", LEADS, secret | JSON, cut
    yield "POST", LEADS, secret | {"Content-Type": "text/plain"}, cut
    for wrong in ({}, {"pages": person.name}, {"email": person.phone}):
        page = urlencode({"_key": place.public, **form, **wrong}).encode()
        yield "POST", LEADS, HTML, page
        yield "POST", LEADS, HTML | {"Accept": "text/html"}, page
    yield "GET", f"{LEADS}/{quote(person.email)}?name={quote(person.name)}", secret, b""
    yield "GET", f"/{quote(person.name)}", secret, b""
    yield "KANARI7731", LEADS, secret, b""


def _json(headers: dict[str, str], form: dict[str, Any]) -> Way:
    return "POST", LEADS, headers | JSON, json.dumps(form).encode()


def kept(home: Path) -> dict[str, bytes]:
    """Every file of the state directory but the ledger, of which the models are looked at."""
    files = {str(path.relative_to(home)): path for path in sorted(home.rglob("*")) if path.is_file()}
    found = {name: path.read_bytes() for name, path in files.items() if not name.startswith("accord.db")}
    with sqlite3.connect(home / "accord.db") as connection:
        found |= {f"bundle {sha}": data for sha, data in connection.execute("SELECT sha256, data FROM bundle_bytes")}
        facts = connection.execute("SELECT facts FROM bundles UNION ALL SELECT reason FROM promotions")
        found["facts of bundles"] = "\n".join(str(fact) for (fact,) in facts).encode()
        rows = connection.execute("SELECT features, contributions FROM decisions")
        found["features of decisions"] = "\n".join(map(str, rows)).encode()
    connection.close()
    return found


def scored_by_a_model(home: Path) -> int:
    with sqlite3.connect(home / "accord.db") as connection:
        [(count,)] = connection.execute("SELECT count(*) FROM decisions WHERE scored_by <> 'scorecard'")
    connection.close()
    return int(count)
