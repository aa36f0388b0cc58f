"""The verb `report`: what both teams promised, what happened, and who should act."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from leads.refusal import Refusal

if TYPE_CHECKING:
    from serving.report.figures import Report


def report_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "The leads that came in these days, by the sales team's clock, and what became of them until now. Without days "
        "it is the month of the newest lead. `accord import costs FILE` adds what marketing spent."
    )
    parser.add_argument("--month", metavar="2026-10", help="a month")
    parser.add_argument("--from", dest="first", metavar="DAY", help="from this day on, such as 2026-10-01; with --to")
    parser.add_argument("--to", dest="last", metavar="DAY", help="up to this day, which belongs to it; with --from")
    parser.add_argument("--json", action="store_true", help="print one JSON object, as GET /v1/report answers it")
    parser.add_argument(
        "--html", metavar="FILE", type=Path, help="write one page, with charts, that needs nothing else"
    )


def report(options: argparse.Namespace) -> int:
    from serving.report.body import report_body
    from serving.report.page import report_page
    from serving.report.text import report_lines

    made = _made(options)
    if options.html is not None:
        _write(options.html, report_page(made))
    if options.json:
        print(json.dumps(report_body(made), ensure_ascii=False, allow_nan=False))
    elif options.html is not None:
        print(f"{options.html} shows {made.period.title}.")
    else:
        print("\n".join(report_lines(made)))
    return 0


def _made(options: argparse.Namespace) -> Report:
    from serving.report.period import WrongPeriod
    from serving.report.read import Days, read_report
    from serving.rights.desk import in_force, opened

    with opened() as ledger:
        agreement, number = in_force(ledger)
        try:
            days = Days(options.month, options.first, options.last)
            return read_report(ledger, agreement, number, days, datetime.now(UTC))
        except WrongPeriod as wrong:
            raise Refusal(f"--{wrong}") from None


def _write(path: Path, page: str) -> None:
    try:
        path.write_text(page, "utf-8")
    except OSError as error:
        raise Refusal(f"{path} cannot be written: {error.strerror}.") from None
