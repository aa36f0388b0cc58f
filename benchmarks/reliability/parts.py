"""The parts of the reliability benchmark: what each tries, told to somebody who has never seen the code."""

import time
from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple

from benchmarks.reliability.report import CannotRun, Report, Run


class Part(NamedTuple):
    """`place` is module:function, loaded only when the part is run; `databases` are those that it is run on."""

    name: str
    place: str
    tries: str
    databases: tuple[str, ...] = ("sqlite",)


EVERYWHERE = ("sqlite", "postgresql")
PARTS = (
    Part(
        "kills",
        "benchmarks.reliability.kills:run",
        "Several clients send forms, each again and again under its Idempotency-Key until it is answered, while the "
        "service is killed with SIGKILL at random moments and started again. Then every form is asked for once more, "
        "and the database is searched for what was lost, made twice or changed. Control: without keys there must be "
        "duplicates. Long: 10,000 forms, 50 kills; short: 1,000 and 10.",
        EVERYWHERE,
    ),
    Part(
        "power",
        "benchmarks.reliability.power:run",
        "All that a process writes, syncs and deletes while it stores leads is recorded with strace. The recording is "
        "played back up to a random moment, and what was not synced by then is gone, or only some of its sectors are "
        "there. Every lead acknowledged before that moment must be in the database, and the database be sound. "
        "Control: with SQLite's synchronous=NORMAL leads must be lost. Long: 200 cuts; short: 40. Needs strace.",
    ),
    Part(
        "deliveries",
        "benchmarks.reliability.deliveries:run",
        "Messages go to two receivers that fail three times in ten (500, 429, broken connections, slow answers), by a "
        "worker that is killed with SIGKILL at random moments. All must arrive under one id with the same bytes; "
        "what arrives twice is counted. Long: 10,000 decisions, 50 kills; short: 1,000 and 5.",
        EVERYWHERE,
    ),
    Part(
        "down",
        "benchmarks.reliability.down:run",
        "The champion cannot be opened, or raises and hangs; the registry and all receivers are away. Every form must "
        "be answered 201, and soon. Then the database is locked: every form must be answered 503 within two seconds. "
        "Long: 2,000 forms a case and way of asking; short: 200.",
    ),
    Part(
        "replays",
        "benchmarks.reliability.replays:run",
        "Decisions by several champions, by the scorecard, and by the scorecard in place of a champion that cannot be "
        "opened are made again with `accord replay`; none may come out differently. Long: 10,000; short: 500.",
    ),
    Part(
        "bundles",
        "benchmarks.reliability.attacks:bundles",
        "Damaged and hostile model bundles are offered to the check that every bundle must pass: none may pass, run "
        "code or end the process. Long: 1,200; short: 60.",
    ),
    Part(
        "inputs",
        "benchmarks.reliability.attacks:inputs",
        "Requests that nobody should send, drawn by Hypothesis and from the service's own OpenAPI description: none "
        "may be answered 5xx or other than the description says. Long: 100,000 and 20,000; short: 500 and 200.",
    ),
    Part(
        "canaries",
        "benchmarks.reliability.attacks:canaries",
        "Invented people send forms; then logs, metrics, errors and everything else that is written is searched for "
        "what they wrote. Long: 1,000 people; short: 50.",
    ),
    Part(
        "ssrf",
        "benchmarks.reliability.ssrf:run",
        "Receivers' URLs that lead inside, written in every way we know, and a name whose address changes after it "
        "was checked: none may be connected to.",
    ),
    Part(
        "bots",
        "benchmarks.reliability.bots:run",
        "Bots' forms of several kinds among real people's: how many of each wait in quarantine. Long: 10,000 bots and "
        "1,000 people; short: 2,000 and 200.",
    ),
)
NAMES = tuple(part.name for part in PARTS)


def part_named(name: str) -> Part:
    return next(part for part in PARTS if part.name == name)


def outcome(part: Part, run: Run) -> dict[str, Any]:
    """The part's entry in the results. A part that cannot be run says so there, and takes no other with it."""
    begun = time.monotonic()
    known = {"part": part.name, "form": "long" if run.long else "short", "database": run.database, "seed": run.seed}
    try:
        report = _function(part)(run)
    except CannotRun as why:
        return known | {"not_run": str(why), "seconds": 0.0, "sizes": {}, "figures": {}, "targets": []}
    return known | {
        "seconds": round(time.monotonic() - begun, 1),
        "sizes": dict(report.sizes),
        "figures": dict(report.figures),
        "targets": [target.facts() for target in report.targets],
    }


def _function(part: Part) -> Callable[[Run], Report]:
    module, _, function = part.place.partition(":")
    found: Callable[[Run], Report] = getattr(import_module(module), function)
    return found
