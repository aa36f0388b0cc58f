"""Promotions that are killed at each of their steps, and eight at once, on a real ledger.

Killed: a child process that promotes is ended with SIGKILL at a line of its program, and between any two of its
statements. Afterwards one model must be champion, the old one or the new one, with its story and its price or without
any of it. At once: eight promoters with connections of their own start from the same champion; one must win."""

import argparse
import json
import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from types import FrameType
from typing import Any

from benchmarks.provenance import provenance
from leads.ledger import (
    DayPrice,
    Ledger,
    LedgerUnavailable,
    Stale,
    adopt_agreement,
    champion,
    last_price,
    open_ledger,
    promote,
    promotions,
    save_bundle,
)

PROMOTERS = 8
TRACED = ("/leads/ledger/", "/sqlalchemy/engine/", "/sqlalchemy/pool/")
"""Where the lines are counted: all of the promotion, and all of what opens, sends and commits its transaction."""
STEP_NAMES = ("execute", "commit")
"""Calls of the database's driver, seen when they begin and when they end."""


def main() -> None:
    options = _options()
    with TemporaryDirectory() as folder:
        url = options.database or f"sqlite:///{Path(folder) / 'accord.db'}"
        ledger = open_ledger(url)
        adopt_agreement(ledger, "agreed", "a" * 64)
        for number in range(PROMOTERS):
            save_bundle(ledger, f"bundle {number}".encode(), {})
        promote(ledger, 1, None, "test", price_of(1))
        ledger.close()
        result = {
            "database": url.partition(":")[0],
            "killed_at_lines": killed(url, options.kills, at_lines, lines_of),
            "killed_at_steps": killed(url, options.kills_a_step, at_steps, lambda url: range(1, steps_of(url) + 1)),
            "at_once": at_once(url, options.rounds),
        }
    text = json.dumps(result | {"provenance": provenance(cores=2, seed=0, packages=("accord",))}, indent=1)
    print(text)
    if options.out:
        options.out.write_text(text + "\n")


def killed(
    url: str, times: int, killing: Callable[[str, int], bool], places: Callable[[str], Any]
) -> dict[str, object]:
    """`times`: for lines in all, spread over the whole promotion; for steps at each."""
    begun, found, wrong = monotonic(), Counter[str](), list[str]()
    wanted = list(places(url))
    chosen = wanted * times if killing is at_steps else [wanted[len(wanted) * at // times] for at in range(times)]
    for place in chosen:
        before, story = looked_at(url)
        died = killing(url, place)
        now, told = looked_at(url)
        found["died" if died else "ended"] += 1
        found["the old one serves" if now == before else "the new one serves"] += 1
        wrong += [f"place {place}: {fault}" for fault in faults(url, before, now, len(told) - len(story))]
    return {"places": len(set(chosen)), "kills": dict(found), "wrong": wrong, "seconds": round(monotonic() - begun, 1)}


def faults(url: str, before: int | None, now: int | None, more: int) -> Iterator[str]:
    if now not in (before, next_of(before)):
        yield f"champion {now} after {before}"
    if more != (now != before):
        yield f"{more} more promotions told, champion {now} after {before}"
    ledger = open_ledger(url)
    with ledger.reading() as connection:
        last = last_price(connection)
    if last is None or last.price.bundle != now:
        yield f"the price in force is not that of champion {now}"
    told = promotions(ledger)
    if told[-1].bundle != now or any(one.bundle != two.replaced for one, two in pairwise(told)):
        yield "the story of the promotions does not lead to the champion"
    ledger.close()


def at_lines(url: str, line: int) -> bool:
    return _died(url, lambda: _count(line, lambda: os.kill(os.getpid(), signal.SIGKILL)))


def lines_of(url: str) -> range:
    """How many lines a promotion runs through."""
    return range(1, _counted(url, _count) + 1)


def at_steps(url: str, step: int) -> bool:
    return _died(url, lambda: _count_steps(step, lambda: os.kill(os.getpid(), signal.SIGKILL)))


def steps_of(url: str) -> int:
    return _counted(url, _count_steps)


def _counted(url: str, counting: Callable[[int, Callable[[], None]], Callable[[], int]]) -> int:
    """By a promotion that nobody kills, in a child."""
    reading, writing = os.pipe()

    def count() -> Callable[[], object]:
        counted = counting(-1, lambda: None)
        return lambda: os.write(writing, str(counted()).encode())

    _died(url, count)
    os.close(writing)
    with os.fdopen(reading) as told:
        return int(told.read())


def _died(url: str, prepare: Callable[[], object]) -> bool:
    """Whether the child that promotes was killed; it opens its ledger before the counting begins."""
    child = os.fork()
    if child == 0:
        ledger = open_ledger(url)
        before = champion(ledger)
        number = next_of(before)
        ended = prepare()
        promote(ledger, number, before, "test", price_of(number))
        sys.settrace(None)
        sys.setprofile(None)
        if callable(ended):
            ended()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def _count(wanted: int, reached: Callable[[], None]) -> Callable[[], int]:
    seen = 0

    def line(frame: FrameType, event: str, _: object) -> Any:
        nonlocal seen
        if event == "line":
            seen += 1
            if seen == wanted:
                reached()
        return line

    sys.settrace(lambda frame, *_: line if any(part in frame.f_code.co_filename for part in TRACED) else None)
    return lambda: seen


def _count_steps(wanted: int, reached: Callable[[], None]) -> Callable[[], int]:
    """Before and after each statement and the commit, as the driver is called; psycopg's calls are Python's own."""
    seen = 0

    def call(frame: FrameType, event: str, called: Any) -> None:
        nonlocal seen
        inside = event.startswith("c_") and called.__name__ in STEP_NAMES and "sqlite3" in str(type(called.__self__))
        psycopg = "/psycopg/" in frame.f_code.co_filename and frame.f_code.co_name in STEP_NAMES
        if inside or (psycopg and event in ("call", "return")):
            seen += 1
            if seen == wanted:
                reached()

    sys.setprofile(call)
    return lambda: seen


def at_once(url: str, rounds: int) -> dict[str, object]:
    """Each promoter wants another model, and expects the same champion."""
    begun, won, wrong = monotonic(), Counter[int](), list[str]()
    ledgers = [open_ledger(url) for _ in range(PROMOTERS)]
    for number in range(rounds):
        expected, told = looked_at(url)
        results = _round(ledgers, expected, f"round {number}")
        winners = [place for place, result in enumerate(results) if result == "won"]
        now, after = looked_at(url)
        won[len(winners)] += 1
        if len(winners) != 1 or now != wanted_by(winners[0], expected) or len(after) != len(told) + 1:
            wrong.append(f"round {number}: {results}, champion {now} after {expected}")
    for ledger in ledgers:
        ledger.close()
    seconds = round(monotonic() - begun, 1)
    return {"rounds": rounds, "promoters": PROMOTERS, "winners": dict(won), "wrong": wrong, "seconds": seconds}


def _round(ledgers: list[Ledger], expected: int | None, reason: str) -> list[str]:
    ready, results = threading.Barrier(len(ledgers)), [""] * len(ledgers)

    def work(place: int) -> None:
        number = wanted_by(place, expected)
        ready.wait()
        results[place] = _tried(ledgers[place], number, expected, reason)

    threads = [threading.Thread(target=work, args=(place,)) for place in range(len(ledgers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def _tried(ledger: Ledger, number: int, expected: int | None, reason: str) -> str:
    """Again where the ledger was busy, which says nothing of who serves."""
    while True:
        try:
            promote(ledger, number, expected, reason, price_of(number))
        except Stale:
            return "late"
        except LedgerUnavailable:
            continue
        return "won"


def wanted_by(place: int, expected: int | None) -> int:
    """Another model than the champion, also where two want the same."""
    return place + 1 if place + 1 != expected else next_of(expected)


def next_of(number: int | None) -> int:
    return (number or 0) % PROMOTERS + 1


def looked_at(url: str) -> tuple[int | None, list[Any]]:
    ledger = open_ledger(url)
    try:
        return champion(ledger), list(promotions(ledger))
    finally:
        ledger.close()


def price_of(bundle: int) -> DayPrice:
    now = datetime.now(UTC)
    return DayPrice(now.date(), now, "promotion", bundle, 1, 1.5, None, 100, 300.0, 400.0, 0.0, 1.0)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.promotions", description=__doc__)
    parser.add_argument("--database", help="a PostgreSQL database that is empty (default: SQLite in a folder)")
    parser.add_argument("--kills", type=int, default=200, help="kills at lines of the program (default: 200)")
    parser.add_argument("--kills-a-step", type=int, default=50, help="kills at each step (default: 50)")
    parser.add_argument("--rounds", type=int, default=200, help="rounds of eight at once (default: 200)")
    parser.add_argument("--out", type=Path, help="write the result there as JSON too")
    return parser.parse_args()


if __name__ == "__main__":
    main()
