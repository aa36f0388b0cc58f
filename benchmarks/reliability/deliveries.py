"""Webhooks to receivers that fail, by a worker that is killed: what arrived, how often, and whether it was the same."""

import hashlib
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from sqlalchemy import select

from benchmarks.reliability import postgres, progress
from benchmarks.reliability.receiving import Receiver, listening, registered
from benchmarks.reliability.report import Report, Run, Target
from benchmarks.reliability.workplace import AGREEMENT, ROOT, Workplace, end, first_line, laid_out
from benchmarks.reliability.writing import write
from leads.agreement import parse_agreement
from leads.ledger import adopt_agreement, open_ledger, tables

FAULT_SHARE = 0.3
STALLED_SECONDS = 60.0


def run(run: Run) -> Report:
    return measure(10_000, 50, run.seed, run.database) if run.long else measure(1_000, 5, run.seed, run.database)


def measure(decisions: int, kills: int, seed: int, database: str = "sqlite") -> Report:
    first, second = Receiver(FAULT_SHARE, seed), Receiver(FAULT_SHARE, seed + 1)
    with tempfile.TemporaryDirectory() as folder, postgres.database(database) as url:
        with listening(first), listening(second):
            workplace = laid_out(Path(folder) / "home", url)
            registered(workplace, first, second)
            _decide(workplace, decisions, seed)
            begun = time.monotonic()
            _deliver(workplace, (first, second), 2 * decisions, kills, random.Random(seed))
            seconds = time.monotonic() - begun
        found = _compare(workplace, (first, second))
    figures = {**found, "faults": dict(sorted((first.faults + second.faults).items())), "seconds": round(seconds, 1)}
    sizes: dict[str, float | str] = {"decisions": decisions, "receivers": 2, "messages": 2 * decisions, "kills": kills}
    return Report(sizes | {"fault_share": FAULT_SHARE, "database": database}, figures, _targets(2 * decisions, found))


def _decide(workplace: Workplace, decisions: int, seed: int) -> None:
    ledger = open_ledger(workplace.database)
    adopt_agreement(ledger, AGREEMENT, parse_agreement(AGREEMENT).digest)
    write(ledger, decisions, seed, lambda _: None)
    ledger.close()


def _deliver(
    workplace: Workplace, receivers: tuple[Receiver, ...], messages: int, kills: int, random_: random.Random
) -> None:
    worker = _worker(workplace)
    try:
        for place in progress.over(sorted(random_.sample(range(messages * 19 // 20), kills)), "kills"):
            _wait(receivers, place)
            time.sleep(random_.uniform(0, 0.05))
            end(worker, signal.SIGKILL)
            worker = _worker(workplace)
        _wait(receivers, messages)
        _settle(workplace)
    finally:
        end(worker)


def _worker(workplace: Workplace) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "benchmarks.reliability.working", workplace.database]
    with (workplace.home / "stderr").open("a") as errors:
        process = subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=errors)
    first_line(process, workplace.home / "stderr")
    return process


def _wait(receivers: tuple[Receiver, ...], taken: int) -> None:
    """Until so many messages arrived; gives up when nothing has for a while, and the counts then tell."""
    before, since = -1, time.monotonic()
    while (now := sum(len(receiver.taken) for receiver in receivers)) < taken:
        if now > before:
            before, since = now, time.monotonic()
        elif time.monotonic() - since > STALLED_SECONDS:
            return
        time.sleep(0.005)


def _settle(workplace: Workplace) -> None:
    """Until the ledger knows of every arrival: what the last killed worker delivered is sent again after its lease."""
    here, until = tables.messages, time.monotonic() + STALLED_SECONDS
    ledger = open_ledger(workplace.database)
    try:
        while time.monotonic() < until:
            with ledger.reading() as connection:
                if connection.execute(select(here.c.id).where(here.c.state == "due").limit(1)).first() is None:
                    return
            time.sleep(0.2)
    finally:
        ledger.close()


def _compare(workplace: Workplace, receivers: tuple[Receiver, ...]) -> dict[str, Any]:
    here, known = tables.messages, tables.receivers
    ledger = open_ledger(workplace.database)
    with ledger.reading() as connection:
        rows = connection.execute(
            select(here.c.id, here.c.payload, here.c.state, here.c.attempts, known.c.url).join(known)
        ).all()
    ledger.close()
    by_url = {receiver.url: receiver for receiver in receivers}
    sent = {(row.url, row.id): hashlib.sha256(row.payload.encode()).hexdigest() for row in rows}
    seen = {(receiver.url, name): bodies for receiver in receivers for name, bodies in receiver.bodies.items()}
    return {
        "arrived": sum(by_url[url].taken[name] > 0 for url, name in sent),
        "taken_twice": sum(sum(receiver.taken.values()) - len(receiver.taken) for receiver in receivers),
        "ids_never_sent": len(set(seen) - set(sent)),
        "bodies_other_than_kept": sum(bodies != {sent[place]} for place, bodies in seen.items() if place in sent),
        "states": dict(sorted(Counter(row.state for row in rows).items())),
        "most_attempts": max((row.attempts for row in rows), default=0),
    }


def _targets(messages: int, found: dict[str, Any]) -> list[Target]:
    share = 100 * found["taken_twice"] / messages
    return [
        Target("messages that arrived", "exactly", messages, found["arrived"]),
        Target("messages the ledger calls delivered", "exactly", messages, found["states"].get("delivered", 0)),
        Target("webhook-ids that no message has", "exactly", 0, found["ids_never_sent"]),
        Target("webhook-ids seen with more than one body", "exactly", 0, found["bodies_other_than_kept"]),
        Target("messages that were taken twice", "at most", 2, round(share, 3), "%"),
    ]
