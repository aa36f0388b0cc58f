"""The verb `db`: the ledger's schema and its backup."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from leads.refusal import Failure


def db_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="db_verb", required=True, metavar="upgrade|status|backup")
    verbs.add_parser("upgrade", help="bring the ledger to the schema of this Accord, keeping its data")
    status = verbs.add_parser("status", help="say where the ledger is, which schema it has and what it holds")
    status.add_argument("--json", action="store_true", help="print one JSON object")
    backup = verbs.add_parser("backup", help="copy an SQLite ledger while it is in use")
    backup.add_argument("file", type=Path, metavar="FILE", help="the copy, which must not exist yet")


def db(options: argparse.Namespace) -> int:
    from leads.ledger import LedgerUnavailable

    try:
        _DB_VERBS[options.db_verb](options)
    except LedgerUnavailable as outage:
        raise Failure(f"The ledger cannot be used: {outage}. Nothing was changed.") from None
    return 0


def _upgrade(_: argparse.Namespace) -> None:
    from leads.ledger import upgrade_ledger
    from leads.settings import settings

    done = upgrade_ledger(settings().database_url)
    if done.before == done.after:
        print(f"The ledger has schema {done.after} already; nothing was changed.")
    else:
        print(f"The ledger's schema: {done.before or 'none'} → {done.after}.")


def _status(options: argparse.Namespace) -> None:
    from leads.ledger import existing_ledger, ledger_state
    from leads.settings import settings

    ledger = existing_ledger(settings().database_url)
    try:
        state = ledger_state(ledger)
    finally:
        ledger.close()
    if options.json:
        print(json.dumps(state._asdict()))
        return
    print(f"{state.place} ({state.database})")
    if state.schema is None:
        print("There are no tables yet; `accord serve` or `accord db upgrade` makes them.")
        return
    remedy = "" if state.schema == state.wanted else f", and this Accord works with {state.wanted}: {_REMEDY}"
    print(f"Schema {state.schema}{remedy}. It holds {state.leads} leads and {state.decisions} decisions.")


_REMEDY = "make a backup and run `accord db upgrade`, or install the Accord that wrote it"


def _backup(options: argparse.Namespace) -> None:
    from leads.ledger import back_up, existing_ledger
    from leads.settings import settings

    ledger = existing_ledger(settings().database_url)
    try:
        made = back_up(ledger, options.file)
    finally:
        ledger.close()
    print(f"{options.file} holds {made.leads} leads and {made.decisions} decisions, and its integrity was checked.")


_DB_VERBS = {"upgrade": _upgrade, "status": _status, "backup": _backup}
