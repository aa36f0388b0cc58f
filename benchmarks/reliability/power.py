"""Power cuts: what is left of the acknowledged leads when everything that was not synced is gone."""

import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.reliability import progress, trace
from benchmarks.reliability.disk import Disk
from benchmarks.reliability.report import Report, Run, Target
from benchmarks.reliability.trace import Event
from benchmarks.reliability.workplace import AGREEMENT, ROOT, laid_out
from leads.agreement import parse_agreement
from leads.ledger import adopt_agreement, open_ledger
from leads.refusal import Refusal

WHOLE = """
SELECT decisions.id FROM decisions JOIN submissions ON submissions.id = decisions.submission
JOIN leads ON leads.id = submissions.lead JOIN answers ON answers.submission = submissions.id
"""


class Recording(NamedTuple):
    """`before` are the database's bytes at rest, `folder` where it stood, `said` the file of acknowledgements."""

    before: bytes
    database: str
    said: str
    events: list[Event]


class Cut(NamedTuple):
    acknowledged: int
    lost: int
    damaged: bool


def run(run: Run) -> Report:
    return measure(600, 200, run.seed) if run.long else measure(200, 40, run.seed)


def measure(submissions: int, cuts: int, seed: int) -> Report:
    recording = record(submissions, seed)
    found = list(power_cuts(recording, cuts, seed))
    control = list(power_cuts(record(submissions, seed, "NORMAL"), max(10, cuts // 5), seed))
    figures = {
        "acknowledged_at_the_last_cut": max(cut.acknowledged for cut in found),
        "events_recorded": len(recording.events),
        "syncs_of_the_log": _syncs(recording, recording.database + "-wal"),
        "syncs_of_the_database": _syncs(recording, recording.database),
        "worst_loss_of_the_control": max(cut.lost for cut in control),
        "control_cuts": len(control),
    }
    targets = [
        Target("power cuts that lost an acknowledged submission", "exactly", 0, sum(cut.lost > 0 for cut in found)),
        Target("power cuts that damaged the database", "exactly", 0, sum(cut.damaged for cut in found)),
        Target("check-points among what was cut", "at least", 1, figures["syncs_of_the_database"]),
        Target(
            "cuts that lost something with synchronous=NORMAL (control: must lose)",
            "at least",
            1,
            sum(cut.lost > 0 for cut in control),
        ),
    ]
    return Report({"submissions": submissions, "cuts": cuts}, figures, targets)


def record(submissions: int, seed: int, synchronous: str | None = None) -> Recording:
    with tempfile.TemporaryDirectory() as place:
        home = Path(place).resolve() / "home"
        workplace = laid_out(home)
        ledger = open_ledger(workplace.database)
        adopt_agreement(ledger, AGREEMENT, parse_agreement(AGREEMENT).digest)
        ledger.close()
        database, said = home / "accord.db", home / "said"
        before = database.read_bytes()
        said.touch()
        module = [sys.executable, "-m", "benchmarks.reliability.writing", workplace.database, str(said)]
        command = [*module, str(submissions), str(seed), *([synchronous] if synchronous else [])]
        watched = [database, home / "accord.db-wal", home / "accord.db-journal", said]
        return Recording(before, str(database), str(said), trace.traced(command, watched, home, ROOT))


def power_cuts(recording: Recording, cuts: int, seed: int) -> Iterator[Cut]:
    """At random events after the first acknowledgement. Every second cut lets a random choice of the unsynced sectors
    reach the disk; the others none."""
    random_ = random.Random(seed)
    first = next(place for place, event in enumerate(recording.events) if event.path == recording.said)
    places = sorted(random_.randrange(first + 1, len(recording.events) + 1) for _ in range(cuts))
    disk, said, reached = Disk({recording.database: recording.before}), "", 0
    for number, place in enumerate(progress.over(places, "power cuts")):
        for event in recording.events[reached:place]:
            if event.path == recording.said:
                said += event.data.decode()
            else:
                disk.apply(event)
        reached = place
        files = disk.after_power_cut(random_ if number % 2 else None)
        yield _found(recording, files, said.split())


def _found(recording: Recording, files: dict[str, bytes], acknowledged: Sequence[str]) -> Cut:
    with tempfile.TemporaryDirectory() as folder:
        for path, content in files.items():
            (Path(folder) / Path(path).name).write_bytes(content)
        try:
            ledger = open_ledger(f"sqlite:///{folder}/{Path(recording.database).name}")
        except Refusal:
            return Cut(len(acknowledged), len(acknowledged), damaged=True)
        try:
            with ledger.reading() as connection:
                kept = set(connection.exec_driver_sql(WHOLE).scalars())
                told = [str(line) for line in connection.exec_driver_sql("PRAGMA integrity_check").scalars()]
        finally:
            ledger.close()
    return Cut(len(acknowledged), len(set(acknowledged) - kept), told != ["ok"])


def _syncs(recording: Recording, path: str) -> int:
    return sum(event.kind == "sync" and event.path == path for event in recording.events)
