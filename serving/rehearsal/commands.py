"""The verb `rehearse`."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from leads.refusal import Refusal

if TYPE_CHECKING:
    from serving.rehearsal.rehearsal import Wish

DAYS, MOST_DAYS = 7, 92


def rehearse_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="a table of leads: CSV, Parquet or Excel")
    parser.add_argument("--from", dest="first", metavar="DATE", help="the first day played (default: next Monday)")
    parser.add_argument("--days", type=int, default=DAYS, metavar="N", help=f"how many (default: {DAYS})")
    parser.add_argument(
        "--silent", nargs="+", action="extend", default=[], metavar="NAME", help="people who answer no lead"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="what chance follows; the same plays the same")
    parser.add_argument("--story", action="store_true", help="also tell the story of the lead that went furthest")
    parser.add_argument("--agreement", metavar="PATH", help="the agreement (default: ./accord.toml)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def rehearse(options: argparse.Namespace) -> int:
    from leads.notice import notices as table_notices
    from leads.settings import settings
    from serving.rehearsal import rehearsal
    from serving.rehearsal.forms import forms_of
    from serving.rehearsal.report import as_json, notices, report

    wish = _wish(options)
    forms = forms_of(options.file, wish.agreement, wish.first, wish.days, wish.seed)
    with _apart(), _progress(len(forms.timed)) as advance:
        played = rehearsal.rehearse(wish, forms, settings().database_url, advance)
    if options.json:
        print(json.dumps(as_json(wish, forms, played), ensure_ascii=False))
        return 0
    reading = forms.reading
    print("\n".join(report(wish, forms, played)))
    if options.story and played.story:
        print("\n".join(("", "The lead that went furthest", "", *played.story)))
    sys.stdout.flush()
    for line in (*table_notices(reading.ignored, reading.absent, reading.bad_cells), *notices(wish, forms, played)):
        print(line, file=sys.stderr)
    return 0


def _wish(options: argparse.Namespace) -> Wish:
    from leads.agreement import agreement_path, read_agreement
    from leads.settings import settings
    from serving.rehearsal.rehearsal import Wish

    if not 1 <= options.days <= MOST_DAYS:
        raise Refusal(f"--days lies between 1 and {MOST_DAYS}.")
    if options.seed < 0:
        raise Refusal("--seed is a whole number, 0 or more.")
    path = agreement_path(options.agreement or settings().agreement)
    agreement = read_agreement(path)
    first = _first_day(options.first, ZoneInfo(agreement.sales.timezone))
    silent = frozenset(options.silent)
    return Wish(agreement, path.read_text("utf-8-sig"), first, options.days, silent, options.seed)


def _first_day(given: str | None, zone: ZoneInfo) -> date:
    if given is None:
        today = datetime.now(UTC).astimezone(zone).date()
        return today + timedelta(days=7 - today.weekday())
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise Refusal("--from is a day, such as 2026-11-23.") from None


@contextmanager
def _apart() -> Iterator[None]:
    """What the service logs is told at the end, in sentences; and SIGTERM ends it like Ctrl-C, so that the copied
    ledger is removed."""
    from serving.watch.logs import silence

    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with silence():
            yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _progress(forms: int) -> Iterator[Callable[[], None]]:
    """Forms played so far, on stderr and only where that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("playing", total=forms)
        yield lambda: progress.advance(task)
