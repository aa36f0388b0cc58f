"""The verb `import`: leads of the past, what became of leads, what they did and what they cost, from a table."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from leads.import_mapping import DateOrder
from leads.refusal import Failure, Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leads.ledger import Ledger
    from serving.deciding.intake import Intake
    from serving.imports.receipt import Checked, Receipt, WrongRow
    from serving.imports.table_import import Asked, Progress

SHOWN = 20
"""Wrong rows that are told on a terminal; `--json` has more."""


def import_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Nothing is imported while a row is wrong, unless --partial or --rejects says so. The same file again changes "
        "nothing, and an import that was cut off goes on where it was. The columns are those that docs/operating.md "
        "describes under Imports."
    )
    kinds = parser.add_subparsers(dest="kind", metavar="leads|outcomes|engagements|costs", required=True)
    leads = kinds.add_parser("leads", help="leads of the past, by the columns of the agreement and a time of arrival")
    outcomes = kinds.add_parser("outcomes", help="what became of leads: lead or person, type, occurred_at and more")
    engagements = kinds.add_parser(
        "engagements", help="what leads did after their form: lead or person, kind, occurred_at and more"
    )
    costs = kinds.add_parser("costs", help="what marketing spent: month, source, campaign and cost, for the report")
    costs.add_argument("file", metavar="FILE", type=Path, help="a table: CSV, Parquet or Excel; all of it or nothing")
    costs.add_argument("--json", action="store_true", help="print one JSON object")
    for kind in (leads, outcomes, engagements):
        kind.set_defaults(tool=None, dates=None)
        kind.add_argument("file", metavar="FILE", type=Path, help="a table: CSV, Parquet or Excel")
        kind.add_argument(
            "--partial", action="store_true", help="take the right rows, and say what is wrong with others"
        )
        kind.add_argument(
            "--rejects", metavar="FILE", type=Path, help="the same, and write the others here, as they were"
        )
        kind.add_argument(
            "--ignore", action="append", default=[], metavar="COLUMN", help="leave this column out; repeatable"
        )
        kind.add_argument("--json", action="store_true", help="print the receipt as one JSON object")
    _of_other_tools(leads)


def _of_other_tools(leads: argparse.ArgumentParser) -> None:
    leads.add_argument(
        "--from",
        dest="tool",
        metavar="TOOL",
        help="the table was exported by hubspot, salesforce or pipedrive, or by a tool that the agreement has under "
        "[import.TOOL]; what it says became of the leads is taken in too",
    )
    leads.add_argument(
        "--dates", choices=get_args(DateOrder), help="which comes first in days such as 01/02/2026, refused otherwise"
    )


def import_(options: argparse.Namespace) -> int:
    return _import_costs(options) if options.kind == "costs" else _import_rows(options)


def _import_costs(options: argparse.Namespace) -> int:
    from serving.imports.costs import CostsRefused, import_costs
    from serving.imports.header import WrongHeader
    from serving.rights.desk import opened

    try:
        with opened() as ledger:
            taken = import_costs(ledger, options.file, datetime.now(UTC))
    except WrongHeader as wrong:
        raise Refusal(f"{options.file}: {wrong}. Nothing was imported.") from None
    except CostsRefused as refused:
        raise Refusal("\n".join([f"{options.file}: {refused}", *_wrong_lines(refused.wrong)])) from None
    if options.json:
        print(json.dumps(taken._asdict()))
    else:
        print(f"{taken.new:,} of {taken.rows:,} rows of {options.file} say something new; the others were known.")
    return 0


def _import_rows(options: argparse.Namespace) -> int:
    from serving.imports.receipt import receipt_body
    from serving.imports.table_import import Asked
    from serving.rights.desk import intake_of, opened

    asked = Asked(
        options.file,
        options.file.name,
        options.kind,
        partial=options.partial or options.rejects is not None,
        ignored=options.ignore,
        rejects=options.rejects,
        tool=options.tool,
        dates=options.dates,
    )
    with opened() as ledger:
        _adopt_first(ledger)
        with intake_of(ledger, scoring=False) as intake, _progress() as progress:
            receipt = _imported(intake, asked, progress)
            if options.json:
                print(json.dumps(receipt_body(receipt, intake.zone), ensure_ascii=False))
                return 0
    print("\n".join(_lines(receipt, asked)))
    return 0


def _adopt_first(ledger: Ledger) -> None:
    """The first agreement of a ledger is adopted as it is."""
    from leads.agreement import agreement_path, read_agreement
    from leads.ledger import agreement_in_force, settle_agreement

    if agreement_in_force(ledger) is None:
        path = agreement_path(None)
        agreement = read_agreement(path)  # a file that is not there is refused in words
        settle_agreement(ledger, path.read_text("utf-8-sig"), agreement.digest)


def _imported(intake: Intake, asked: Asked, progress: Progress) -> Receipt:
    from leads.ledger import ImportRunning, LedgerUnavailable
    from serving.imports.header import WrongHeader
    from serving.imports.table_import import RowsRefused, import_table

    try:
        return import_table(intake, asked, progress)
    except WrongHeader as wrong:
        raise Refusal(f"{asked.file}: {wrong}. Nothing was imported.") from None
    except RowsRefused as refused:
        raise Refusal("\n".join(_refusal(refused.checked, asked))) from None
    except ImportRunning:
        raise Failure(f"{asked.file} is being imported by somebody else; that goes on.") from None
    except LedgerUnavailable as outage:
        raise Failure(f"The ledger failed: {outage}. The same command again goes on where this one ended.") from None


def _refusal(checked: Checked, asked: Asked) -> Iterator[str]:
    yield f"{asked.file}: {checked.refused:,} of {checked.rows:,} rows are wrong, so nothing was imported."
    yield from _wrong_lines(checked.wrong)
    if not asked.partial:
        yield "Put them right, or take the others with --rejects FILE."


def _lines(receipt: Receipt, asked: Asked) -> Iterator[str]:
    done = receipt.done
    if receipt.already:
        yield f"The content of {asked.file} was imported before, as {done.file or 'a call'}; nothing changed."
        return
    yield f"{receipt.new:,} of {done.rows:,} rows of {asked.file} are new in the ledger."
    for count, said in (
        (done.known, "were told before"),
        (done.forgotten, "are of people who asked to be forgotten, and were left out"),
        (done.refused, "are wrong, and were left out" + (f"; they stand in {asked.rejects}" if asked.rejects else "")),
    ):
        if count:
            yield f"{count:,} {said}."
    yield from (f"Noticed: {note}." for note in receipt.notes)
    if receipt.unread:
        yield f"Not kept: {', '.join(receipt.unread)}."
    yield from _wrong_lines(receipt.wrong)


def _wrong_lines(wrong: Sequence[WrongRow]) -> Iterator[str]:
    yield from (f"  {one.place().detail}" for one in wrong[:SHOWN])
    if len(wrong) > SHOWN:
        yield "  … and more; --json tells them."


@contextmanager
def _progress() -> Iterator[Progress]:
    """One line that moves, on terminals alone."""
    shown = sys.stderr.isatty()

    def tell(what: str, rows: int, of: int | None) -> None:
        if shown:
            print(f"\r{rows:,}{f' of {of:,}' if of else ''} rows {what}", end="\x1b[K", file=sys.stderr, flush=True)

    try:
        yield tell
    finally:
        if shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
