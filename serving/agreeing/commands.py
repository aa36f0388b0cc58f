"""The verbs `propose`, `approve` and `agreements`: how one agreement takes the place of another."""

from __future__ import annotations

import argparse
import json
import os
import sys
from getpass import getpass
from typing import TYPE_CHECKING, Any

from leads.refusal import Refusal

if TYPE_CHECKING:
    from leads.ledger import Approved, Ledger

USUAL_DAYS, MOST_DAYS = 28, 366


def propose_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Propose a changed accord.toml to both teams, and show what it would have done with the leads of the last "
        "weeks. Leads are decided as before until sales and marketing have approved it (`accord approve`)."
    )
    parser.add_argument("--agreement", metavar="PATH", help="default: ACCORD_AGREEMENT, then ./accord.toml")
    parser.add_argument(
        "--days", type=int, default=USUAL_DAYS, metavar="N", help=f"how far to look back (default: {USUAL_DAYS})"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object, with every lead that changes")


def propose(options: argparse.Namespace) -> int:
    from leads.agreement import agreement_path, read_agreement
    from leads.ledger import open_ledger
    from leads.settings import settings

    if not 1 <= options.days <= MOST_DAYS:
        raise Refusal(f"--days is a number from 1 to {MOST_DAYS}.")
    path = agreement_path(options.agreement)
    agreement, text = read_agreement(path), path.read_text("utf-8-sig")
    ledger = open_ledger(settings().database_url)
    try:
        print(_proposed(ledger, agreement, text, options.days, options.json))
    finally:
        ledger.close()
    return 0


def _proposed(ledger: Ledger, agreement: Any, text: str, days: int, as_json: bool) -> str:
    from datetime import UTC, datetime

    from leads.agreement import parse_agreement
    from leads.agreement_change import change_lines, changed_keys, changes
    from leads.ledger import agreement_in_force
    from leads.ledger import propose as propose_to
    from models.proposal import compared
    from serving.agreeing.proposal_body import notes_of, proposal_body
    from serving.agreeing.proposal_text import proposal_lines

    now, in_force = datetime.now(UTC), agreement_in_force(ledger)
    if in_force is None:
        raise Refusal("No agreement is in force yet; `accord serve` adopts the first one as it is.")
    before = parse_agreement(in_force.text, f"agreement {in_force.number}")
    if before.digest == agreement.digest:
        raise Refusal(f"Nothing to propose: this is agreement {in_force.number}, which is in force.")
    found = compared(ledger, (before, in_force.number), (agreement, 0), now, days)
    proposed, notes = propose_to(ledger, text, agreement.digest, now), list(notes_of(before, agreement, found))
    if as_json:
        return json.dumps(proposal_body(proposed, before, agreement, found, notes))
    changed = list(change_lines(changes(before, agreement), changed_keys(before, agreement)))
    return "\n".join(proposal_lines(proposed, changed, found, notes))


def approve_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Approve the proposed agreement in the name of the team whose key you hold. The key is read from ACCORD_KEY, "
        "or asked for; `accord keys create sk --scope approve-sales` (or approve-marketing) makes one. When both teams "
        "have approved, the agreement is in force."
    )
    parser.add_argument("number", type=int, metavar="N", help="the agreement's number, as `accord agreements` shows it")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def approve(options: argparse.Namespace) -> int:
    from datetime import UTC, datetime

    from leads.ledger import approve as approve_in
    from leads.ledger import find_key, open_ledger
    from leads.settings import settings
    from serving.agreeing.agreements import approved_body

    given = _key()
    ledger = open_ledger(settings().database_url)
    try:
        key = find_key(ledger, given)
        if key is None:
            raise Refusal(
                "The key is not known here, was revoked or has expired; `accord keys create` makes a new one."
            )
        done = approve_in(ledger, options.number, key, datetime.now(UTC))
    finally:
        ledger.close()
    print(json.dumps(approved_body(done)) if options.json else _approved_words(done))
    return 0


def _key() -> str:
    """Never a word of the command line: others can read those."""
    given = os.environ.get("ACCORD_KEY")
    if given is None:
        given = getpass("Your team's key: ") if sys.stdin.isatty() else sys.stdin.readline()
    if not given.strip():
        raise Refusal("An approval needs your team's key: set ACCORD_KEY, or type it when asked.")
    return given.strip()


def _approved_words(done: Approved) -> str:
    again = "" if done.anew else " already"
    said = f"{done.team.capitalize()} has{again} approved agreement {done.number}"
    if done.waits_for:
        return f"{said}; it waits for {' and '.join(done.waits_for)}."
    return f"{said}, and it is in force. A running `accord serve` decides under it once it is restarted."


def agreements_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def agreements(options: argparse.Namespace) -> int:
    from leads.ledger import open_ledger
    from leads.settings import settings
    from serving.agreeing.agreements import story

    ledger = open_ledger(settings().database_url)
    try:
        told = story(ledger)
    finally:
        ledger.close()
    print(json.dumps(told) if options.json else _story_words(told))
    return 0


def _story_words(told: dict[str, Any]) -> str:
    from leads.agreement_change import Change, change_lines
    from serving.agreeing.agreements import story_lines

    if not told["agreements"]:
        return "No agreement is in force yet; `accord serve` adopts the first one as it is."
    changed = [
        list(change_lines([Change(**one) for one in chapter["changes"]], chapter["keys"])) if chapter["keys"] else []
        for chapter in told["agreements"]
    ]
    return "\n".join(story_lines(told, changed))
