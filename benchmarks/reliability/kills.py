"""Forms sent by several clients while the service is killed again and again, and what the ledger then holds."""

import random
import signal
import statistics
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.reliability import postgres, progress
from benchmarks.reliability.history import Verdict, duplicates, examine
from benchmarks.reliability.receiving import Receiver, listening, registered
from benchmarks.reliability.report import Report, Run, Target
from benchmarks.reliability.sending import Answered, Clients, form_of
from benchmarks.reliability.workplace import Workplace, laid_out

CLIENTS = 8
CONTROL = (200, 30)
"""Forms and kills of the control; it ends with the first kill that made a duplicate."""


def run(run: Run) -> Report:
    submissions, kills = (10_000, 50) if run.long else (1_000, 10)
    return measure(submissions, kills, run.seed, run.database)


def measure(submissions: int, kills: int, seed: int, database: str = "sqlite") -> Report:
    with postgres.database(database) as url, _storm(url, submissions, kills, seed, tokens=True) as storm:
        replays = storm.ask_again()
        storm.workplace.stop()
        verdict = examine(storm.workplace.database, storm.answers, receivers=2)
    found = _control(database, seed)
    figures = {**storm.figures, **replays, "faults": verdict.faults, "control_duplicates": found}
    return Report(
        {"submissions": submissions, "kills": kills, "clients": CLIENTS, "database": database},
        figures,
        _targets(submissions, storm, replays, verdict, found),
    )


class Storm:
    def __init__(self, workplace: Workplace, clients: Clients, restarts: list[float], seconds: float) -> None:
        history = clients.finish()
        self.workplace, self.clients = workplace, clients
        self.answers = history.complete()
        self.figures: dict[str, Any] = {
            "answered": len(self.answers),
            "other_than_201": sum(answer.status != 201 for answer in self.answers),
            "answered_500": history.setbacks["500"],
            "setbacks": dict(sorted(history.setbacks.items())),
            "replayed_while_killing": sum(answer.replayed for answer in self.answers),
            "restart_seconds_median": round(statistics.median(restarts), 2),
            "restart_seconds_worst": round(max(restarts), 2),
            "storm_seconds": round(seconds, 1),
        }

    def ask_again(self) -> dict[str, int]:
        """Every form once more, under its own key, of the service as it stands now."""
        again = Clients(self.workplace.port, self.workplace.secret, self.clients.forms, self.clients.tokens)
        again.start(CLIENTS)
        pairs = list(zip(self.answers, again.finish().complete(), strict=True))
        return {
            "answered_differently_later": sum(not _same(first, later) for first, later in pairs),
            "not_marked_as_replayed": sum(not later.replayed for _, later in pairs),
        }


@contextmanager
def _storm(url: str | None, submissions: int, kills: int, seed: int, tokens: bool) -> Iterator[Storm]:
    """Without `tokens` it ends with the first kill that made a duplicate."""
    with tempfile.TemporaryDirectory() as folder, listening(Receiver()) as first, listening(Receiver()) as second:
        workplace = laid_out(Path(folder) / "home", url, more={"ACCORD_RECEIVER_NETWORKS": "127.0.0.0/8"})
        registered(workplace, first, second)
        random_ = random.Random(seed)
        forms = [form_of(number, random_) for number in range(submissions)]
        names = [str(uuid.UUID(int=random_.getrandbits(128), version=4)) for _ in forms]
        workplace.start()
        try:
            clients = Clients(workplace.port, workplace.secret, forms, names if tokens else None)
            begun = time.monotonic()
            clients.start(CLIENTS)
            restarts = _kill(workplace, clients, kills, random_, until_duplicate=not tokens)
            clients.finish()
            yield Storm(workplace, clients, restarts, time.monotonic() - begun)
        finally:
            workplace.stop(signal.SIGKILL)


def _kill(
    workplace: Workplace, clients: Clients, kills: int, random_: random.Random, until_duplicate: bool
) -> list[float]:
    """The seconds to come back, of each kill. The places are drawn over the forms, and a moment is drawn after each, so
    that the kill falls anywhere between a form's arrival and its answer."""
    restarts = []
    forms = len(clients.forms)
    for place in progress.over(sorted(random_.sample(range(forms * 19 // 20), kills)), "kills"):
        while clients.running() and clients.history.answered < place:
            time.sleep(0.002)
        time.sleep(random_.uniform(0, 0.05))
        workplace.stop(signal.SIGKILL)
        restarts.append(workplace.start())
        if until_duplicate and duplicates(workplace.database):
            break
    return restarts


def _control(database: str, seed: int) -> int:
    """The same without keys: a form whose answer was lost is sent, and stored, again."""
    with postgres.database(database) as url, _storm(url, *CONTROL, seed, tokens=False) as storm:
        return duplicates(storm.workplace.database)


def _same(first: Answered, later: Answered) -> bool:
    return (first.status, first.body) == (later.status, later.body)


def _targets(submissions: int, storm: Storm, replays: dict[str, int], verdict: Verdict, control: int) -> list[Target]:
    return [
        Target("forms answered with 201", "exactly", submissions, len(storm.answers) - storm.figures["other_than_201"]),
        Target("acknowledged submissions lost", "exactly", 0, verdict.lost),
        Target("decisions made twice", "exactly", 0, verdict.duplicated),
        Target("decisions kept otherwise than answered", "exactly", 0, verdict.changed),
        Target("answers that differ when asked again", "exactly", 0, replays["answered_differently_later"]),
        Target("answers asked again and not marked as replayed", "exactly", 0, replays["not_marked_as_replayed"]),
        Target("messages missing in the outbox", "exactly", 0, verdict.messages_missing),
        Target("messages twice in the outbox", "exactly", 0, verdict.messages_twice),
        Target("faults found by the database's own check", "exactly", 0, verdict.damaged),
        Target("answers with status 500", "exactly", 0, storm.figures["answered_500"]),
        Target("slowest restart", "at most", 5, storm.figures["restart_seconds_worst"], "s"),
        Target("duplicates without keys (control: must show some)", "at least", 1, control),
    ]
