"""How much Accord withstands: what is acknowledged is kept, decided once and delivered, whatever happens around it.

Each part starts real processes of its own, on loopback and in a temporary folder, does something bad to them, and
counts what came of it. It ends with exit code 1 when a target was missed."""

import argparse
import json
import sqlite3
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.provenance import ROOT, provenance
from benchmarks.reliability.page import lines, page
from benchmarks.reliability.parts import NAMES, PARTS, outcome, part_named
from benchmarks.reliability.report import Run

PACKAGES = ("accord", "sqlalchemy", "psycopg", "fastapi", "uvicorn", "pydantic", "httpx2", "lightgbm")


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    made = []
    for name in [] if options.page_only else options.parts or NAMES:
        part = part_named(name)
        for database in _databases(part.databases, options.database):
            entry = outcome(part, Run(options.long, options.seed, database))
            entry |= {"several_databases": len(part.databases) > 1, "made": _provenance(options.seed)}
            print("\n".join(lines(entry)), flush=True)
            made.append(entry)
            if options.out:
                _keep(entry, options.out)
    if options.out and options.page:
        _write(options.page, page(json.loads(options.out.read_text())["parts"]))
    return 0 if all("not_run" not in entry and all(one["met"] for one in entry["targets"]) for entry in made) else 1


def _databases(known: Sequence[str], wanted: str | None) -> list[str]:
    return [database for database in known if wanted in (None, database)] or list(known)


def _provenance(seed: int) -> dict[str, object]:
    facts = provenance(cores=0, seed=seed, packages=PACKAGES)
    del facts["cores_used"]
    versions = facts["versions"]
    return facts | {"versions": {"SQLite": sqlite3.sqlite_version} | (versions if isinstance(versions, dict) else {})}


def _keep(entry: dict[str, Any], out: Path) -> None:
    """Puts one part into the results, in place of the same part of an earlier run."""
    key = (entry["part"], entry["database"])
    earlier = json.loads(out.read_text())["parts"] if out.exists() else []
    parts = [other for other in earlier if (other["part"], other["database"]) != key] + [entry]
    parts.sort(key=lambda other: (NAMES.index(other["part"]), other["database"] != "sqlite"))
    _write(out, json.dumps({"parts": parts}, indent=1) + "\n")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".unfinished")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    told = [textwrap.fill(f"{part.name}: {part.tries}", 100, subsequent_indent="    ") for part in PARTS]
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.reliability",
        description=__doc__,
        epilog="The parts:\n\n" + "\n\n".join(told),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(NAMES)} (default: all)")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--long", action="store_true", help="as before a release; the results and the page are kept")
    form.add_argument("--short", action="store_true", help="as among the tests, nothing is kept (the default)")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], help="one instead of all that a part knows")
    parser.add_argument("--seed", type=int, default=0, help="one seed is one course of events (default: 0)")
    parser.add_argument("--out", type=Path, help="where the results are kept, as JSON")
    parser.add_argument("--page", type=Path, help="the page to write of all kept results")
    parser.add_argument("--page-only", action="store_true", help="write the page again, measure nothing")
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.parts if name not in NAMES]:
        parser.error(f"there is no part {unknown[0]}; there are {', '.join(NAMES)}")
    if options.long or options.page_only:
        options.out = options.out or ROOT / "benchmarks" / "results" / "reliability.json"
        options.page = options.page or ROOT / "docs" / "reliability.md"
    return options


if __name__ == "__main__":
    sys.exit(main())
