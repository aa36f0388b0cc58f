"""What an import takes: a generated table of past leads goes through `accord import` in a process of its own.

The table names one person in ten a second time and is not in the order of time. The same file is then imported again,
which must change nothing; with --reordered also one with the same rows in another order and one more."""

import argparse
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.provenance import ROOT, provenance
from benchmarks.reliability.workplace import AGREEMENT, environment, laid_out

PACKAGES = ("accord", "sqlalchemy", "pydantic", "pandas")
HISTORY = """[table]
arrived = "Created"
target = "Won"
positive = "yes"
converted_at = "Won at"
"""
COLUMNS = ("email", "name", "country", "budget", "message", "utm_source", "Created", "Won", "Won at")
MOST_MIB = 1024
SEED = 7


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        result = measure(Path(folder), options.rows, options.reordered)
    text = json.dumps(result | {"provenance": provenance(cores=1, seed=SEED, packages=PACKAGES)}, indent=1)
    print(text)
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(text + "\n")
    return 0 if result["met"] else 1


def measure(folder: Path, rows: int, reordered: bool = False) -> dict[str, Any]:
    home, file = folder / "home", folder / "past.csv"
    laid_out(home, agreement=HISTORY + AGREEMENT)
    write(file, rows, SEED)
    runs = {"first": imported(home, file), "same_file_again": imported(home, file)}
    if reordered:
        write(file, rows, SEED + 1, [row_of(rows)])
        runs["other_order_and_one_more"] = imported(home, file)
    size = (home / "accord.db").stat().st_size
    return {"rows": rows, "ledger_mib": round(size / 2**20), "runs": runs, "met": _met(runs, rows)}


def _met(runs: dict[str, dict[str, Any]], rows: int) -> bool:
    new = {"first": rows, "same_file_again": 0, "other_order_and_one_more": 1}
    return all(run["new"] == new[name] and run["peak_mib"] < MOST_MIB for name, run in runs.items())


def row_of(number: int) -> list[str]:
    """Every tenth row is of a person who stood there before, one row in ten converted."""
    person = number - 9 if number % 10 == 9 else number
    arrived = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=40 * number)
    won = number % 10 == 3
    return [
        f"person{person}@company{person % 50_000}.example",
        f"Person {person}",
        ("DE", "AT", "FR", "US")[person % 4],
        str(100 * (number % 97)),
        f"We are {person % 300} people and would like to see it. Could you call?",
        ("google", "linkedin", "newsletter")[person % 3],
        arrived.strftime("%Y-%m-%d %H:%M:%S"),
        "yes" if won else "no",
        (arrived + timedelta(days=20)).strftime("%Y-%m-%d %H:%M:%S") if won else "",
    ]


def write(file: Path, rows: int, seed: int, more: Sequence[list[str]] = ()) -> None:
    order = list(range(rows))
    random.Random(seed).shuffle(order)
    with file.open("w", newline="", encoding="utf-8") as made:
        csv.writer(made).writerows([COLUMNS, *more])
        csv.writer(made).writerows(map(row_of, order))


def imported(home: Path, file: Path) -> dict[str, Any]:
    """One run: its seconds from start to end, and the most memory that the process held."""
    command = [sys.executable, str(ROOT / "accord.py"), "import", "leads", str(file), "--json"]
    begun = time.monotonic()
    with subprocess.Popen(command, env=environment(home), stdout=subprocess.PIPE, text=True) as child:
        printed = child.stdout.read() if child.stdout else ""
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - begun
    if child.returncode:
        raise RuntimeError(f"the import ended with exit code {child.returncode}")
    receipt = json.loads(printed)
    return {
        "status": receipt["status"],
        "new": receipt["new"],
        "known": receipt["known"],
        "seconds": round(seconds, 1),
        "rows_per_second": round(receipt["rows"] / seconds),
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 1),
        "peak_mib": round(used.ru_maxrss / 1024),
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.imports", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="of the generated table (default: 1,000,000)")
    parser.add_argument("--reordered", action="store_true", help="import the rows in another order too, and one more")
    parser.add_argument("--out", type=Path, help="write the result there as JSON too")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
