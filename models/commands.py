"""The verb of this room: score a table."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from leads.counted import counted
from leads.refusal import Failure, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from leads.agreement import Agreement
    from leads.table import Reading
    from models.scorer import Scorer

# Enough rows for LightGBM to be quick, few enough for their contributions to fit in memory.
CHUNK_ROWS = 20_000


def score_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a table of leads: CSV, Parquet or Excel")
    parser.add_argument("-o", "--output", required=True, metavar="OUT", help="where to write: .csv or .parquet")
    parser.add_argument("--model", type=int, metavar="N", help="another model than the one that serves")
    parser.add_argument("--prefix", default="", metavar="TEXT", help="put before the names of the added columns")
    parser.add_argument("--agreement", metavar="PATH", help="default: ./accord.toml")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def score(options: argparse.Namespace) -> int:
    from leads.agreement import agreement_path, read_agreement
    from leads.notice import notices
    from leads.settings import settings
    from leads.table import table_chunks, write_chunks

    agreement = read_agreement(agreement_path(options.agreement or settings().agreement))
    scorer = _scorer(options.model, agreement, settings().database_url)
    noticed = Noticed()
    with _progress(Path(options.file).name) as advance:
        chunks = table_chunks(Path(options.file), CHUNK_ROWS)
        rows = write_chunks(Path(options.output), _scored(chunks, scorer, agreement, options.prefix, noticed, advance))
    for line in notices(noticed.ignored, noticed.absent, noticed.bad_cells):
        print(line, file=sys.stderr)
    print(_told(options, rows, scorer, noticed))
    return 0


@dataclass
class Noticed:
    """What differed between the table and the form, over all its chunks."""

    ignored: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    bad_cells: dict[str, int] = field(default_factory=dict)

    def add(self, reading: Reading) -> None:
        self.ignored, self.absent = reading.ignored, reading.absent
        for key, count in reading.bad_cells.items():
            self.bad_cells[key] = self.bad_cells.get(key, 0) + count


def _scorer(number: int | None, agreement: Agreement, database_url: str) -> Scorer:
    from leads.ledger import open_ledger
    from models.bundle import BundleRefused
    from models.champion import saved_scorer, serving_scorer

    ledger = open_ledger(database_url)
    try:
        return serving_scorer(ledger, agreement) if number is None else saved_scorer(ledger, number)
    except BundleRefused as refused:
        raise Failure(
            f"The model may not score: {refused}. Let another one serve with `accord promote N`, or train again."
        ) from None
    finally:
        ledger.close()


def _scored(
    chunks: Iterator[pd.DataFrame],
    scorer: Scorer,
    agreement: Agreement,
    prefix: str,
    noticed: Noticed,
    advance: Callable[[int], None],
) -> Iterator[pd.DataFrame]:
    import pandas as pd

    from leads.table import read_values
    from models.batch import scored_columns

    for chunk in chunks:
        reading = read_values(chunk, agreement)
        noticed.add(reading)
        added = scored_columns(scorer, reading.values, agreement).add_prefix(prefix)
        if taken := [name for name in added.columns if name in chunk.columns]:
            raise Refusal(
                f"The table has a column {taken[0]!r} already; put something before the added names with "
                "--prefix, for example --prefix accord_"
            )
        advance(len(chunk))
        yield pd.concat([chunk, added], axis=1)


@contextmanager
def _progress(name: str) -> Iterator[Callable[[int], None]]:
    """Rows scored so far, on stderr and only where that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("scoring {task.description}"), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(name, total=None)
        yield lambda rows: progress.advance(task, rows)


def _told(options: argparse.Namespace, rows: int, scorer: Scorer, noticed: Noticed) -> str:
    told: Mapping[str, object] = {
        "rows": rows,
        "output": options.output,
        "scored_by": scorer.rung,
        "model": scorer.model,
        "ignored_columns": noticed.ignored,
        "absent_columns": noticed.absent,
        "bad_cells": noticed.bad_cells,
    }
    if options.json:
        return json.dumps(told, ensure_ascii=False)
    by = f"model {scorer.model} ({scorer.rung})" if scorer.model else "the scorecard, since no model serves yet,"
    return f"Scored {counted(rows, 'lead')} with {by} into {options.output}."
