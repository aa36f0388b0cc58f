"""The verb `quarantine`."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from leads.refusal import Refusal
from serving.rights.desk import in_force, intake_of, opened

if TYPE_CHECKING:
    from leads.ledger import Quarantined


def quarantine_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="quarantine_verb", required=True, metavar="list|restore")
    shown = verbs.add_parser("list", help="show the leads that wait because a bot seems to have sent them")
    shown.add_argument("--limit", type=int, default=50, metavar="N", help="how many, newest first (default: 50)")
    shown.add_argument("--json", action="store_true", help="print one JSON object")
    restore = verbs.add_parser("restore", help="decide a lead as if nothing had been suspicious")
    restore.add_argument("lead", metavar="LEAD", help="its id, ld_…")
    restore.add_argument("--note", metavar="TEXT", help="why; it is kept with the decision")
    restore.add_argument("--json", action="store_true", help="print the new decision as one JSON object")


def quarantine(options: argparse.Namespace) -> int:
    return {"list": _list, "restore": _restore}[options.quarantine_verb](options)


def _list(options: argparse.Namespace) -> int:
    from leads.ledger import quarantined
    from serving.rights.answers import quarantined_body

    if options.limit < 1:
        raise Refusal("--limit must be at least 1.")
    with opened() as ledger:
        agreement, _ = in_force(ledger)
        zone = ZoneInfo(agreement.sales.timezone)
        with ledger.reading() as connection:
            found = quarantined(connection, options.limit)
    if options.json:
        print(json.dumps({"leads": [quarantined_body(one, zone) for one in found]}, ensure_ascii=False))
    else:
        print("\n".join(_line(one, zone) for one in found) or "Nothing is in quarantine.")
    return 0


def _line(one: Quarantined, zone: ZoneInfo) -> str:
    at = one.submission.received_at.astimezone(zone)
    return f"{one.decision.lead}  {at:%Y-%m-%d %H:%M}  {one.decision.score.probability:>5.1%}  " + ", ".join(
        one.submission.marks
    )


def _restore(options: argparse.Namespace) -> int:
    from serving.rights.overruling import restore
    from serving.rights.told import told

    with opened() as ledger, intake_of(ledger) as intake:
        print(told(restore(intake, options.lead, options.note), intake.zone, options.json))
    return 0
