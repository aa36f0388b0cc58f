"""The verb `keys`."""

from __future__ import annotations

import argparse
import json
import math
import sys
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from leads.refusal import Refusal

if TYPE_CHECKING:
    from leads.ledger import Key, Ledger, Scope

OVERLAP_HOURS = 24.0
LONGEST_DAYS = 3650


def keys_arguments(parser: argparse.ArgumentParser) -> None:
    from leads.ledger import SCOPES

    verbs = parser.add_subparsers(dest="keys_verb", required=True, metavar="create|list|revoke|roll")
    create = verbs.add_parser("create", help="make a key and print it; it is shown this once")
    create.add_argument("kind", choices=["pk", "sk"], help="pk for a public page, sk for your own systems")
    create.add_argument(
        "--origin", action="append", default=[], metavar="URL", help="where a pk may be used; repeatable"
    )
    create.add_argument(
        "--scope",
        action="append",
        default=[],
        metavar="SCOPE",
        help=f"what an sk may do: {', '.join(SCOPES)} (default: all); repeatable",
    )
    create.add_argument("--expires", metavar="DATE|DAYS", help="its end, such as 2027-01-31 or 90 (default: none)")
    create.add_argument("--rate", metavar="N/minute", help="how many calls a minute (default: pk 3000, sk 30000)")
    create.add_argument("--label", metavar="TEXT", help="what the key is for")
    shown = verbs.add_parser("list", help="show all keys by their first letters")
    shown.add_argument("--json", action="store_true", help="print one JSON object")
    revoke = verbs.add_parser("revoke", help="end a key at once")
    roll = verbs.add_parser("roll", help="print a new key with the rights of another, which ends in 24 h (--overlap)")
    for verb in (revoke, roll):
        verb.add_argument("key", help="its first letters as `list` shows them, or the key itself")
    roll.add_argument(
        "--overlap", type=float, default=OVERLAP_HOURS, metavar="HOURS", help="how long both work (default: 24)"
    )


def keys(options: argparse.Namespace) -> int:
    from leads.ledger import open_ledger
    from leads.settings import settings

    ledger = open_ledger(settings().database_url)
    try:
        _KEY_VERBS[options.keys_verb](ledger, options)
    finally:
        ledger.close()
    return 0


def _create(ledger: Ledger, options: argparse.Namespace) -> None:
    from leads.ledger import create_key
    from serving.edge.access import origin

    _refuse_mixtures(options)
    print(
        create_key(
            ledger,
            options.kind,
            [origin(text) for text in options.origin],
            _scopes(options.scope),
            options.label,
            _end(options.expires, datetime.now(UTC)),
            _rate(options.rate),
        )
    )
    if options.kind == "pk" and not options.origin:
        print("Any page may use this key; --origin https://www.example.com would bind it to one.", file=sys.stderr)


def _refuse_mixtures(options: argparse.Namespace) -> None:
    if options.kind == "sk" and options.origin:
        raise Refusal("A secret key must never stand in a page, so it takes no --origin; make a pk key for pages.")
    if options.kind == "pk" and options.scope:
        raise Refusal("A publishable key only sends forms, so it takes no --scope; make an sk key for the rest.")


def _scopes(named: list[str]) -> list[Scope]:
    from leads.ledger import SCOPES

    found = [scope for scope in SCOPES if scope in named]
    if set(named) - set(found):
        raise Refusal(f"A scope is one of {', '.join(SCOPES)}.")
    return found


def _end(text: str | None, now: datetime) -> datetime | None:
    """The end of a day in UTC, or so many days from now."""
    if text is None:
        return None
    if text.isdigit() and 0 < int(text[:9]) <= LONGEST_DAYS:
        return now + timedelta(days=int(text))
    try:
        end = datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC) + timedelta(days=1)
    except (ValueError, OverflowError):
        raise Refusal(f"--expires takes a day such as 2027-01-31, or 1 to {LONGEST_DAYS} days.") from None
    if end <= now:
        raise Refusal("--expires must not be in the past; `accord keys revoke` ends a key at once.")
    return end


def _rate(text: str | None) -> str | None:
    from serving.edge.rates import per_minute

    return f"{per_minute(text).amount}/minute" if text is not None else None


def _list(ledger: Ledger, options: argparse.Namespace) -> None:
    from leads.ledger import list_keys

    found = list_keys(ledger)
    if options.json:
        print(json.dumps({"keys": [_key_facts(key) for key in found]}))
        return
    if not found:
        print("There are no keys yet; `accord keys create pk` makes one.", file=sys.stderr)
        return
    print(_row("KEY", "STATE (UTC)", "MADE", "RATE", "MAY BE USED", "LABEL"))
    for key in found:
        print(_line(key))


def _line(key: Key) -> str:
    rights = f"on {' '.join(key.origins) or 'any page'}" if key.kind == "pk" else f"for {', '.join(key.scopes)}"
    made = f"{key.created_at:%Y-%m-%d}"
    return _row(f"{key.id}…", f"{_state(key)}{_ending(key)}", made, _rate_of(key), rights, key.label or "")


def _row(*cells: str) -> str:
    widths = (12, 28, 10, 12, 24, 0)
    return "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()


def _state(key: Key) -> str:
    if key.revoked_at:
        return "revoked"
    return "expired" if key.ended(datetime.now(UTC)) else "valid"


def _ending(key: Key) -> str:
    """In UTC. What ends at midnight is told as the last day that it works on."""
    end = key.revoked_at or key.expires_at
    if end is None:
        return ""
    until = " until" if _state(key) == "valid" else ""
    if key.revoked_at or end.time() != time():
        return f"{until} {end:%Y-%m-%d %H:%M}"
    return f"{until or ' after'} {end - timedelta(days=1):%Y-%m-%d}"


def _rate_of(key: Key) -> str:
    from serving.edge.rates import USUAL

    return key.rate or USUAL[key.kind]


def _revoke(ledger: Ledger, options: argparse.Namespace) -> None:
    from leads.ledger import revoke_key

    print(f"{revoke_key(ledger, options.key.rstrip('…')).id}… is revoked.")


def _roll(ledger: Ledger, options: argparse.Namespace) -> None:
    from leads.ledger import roll_key

    if not (math.isfinite(options.overlap) and 0 <= options.overlap <= 24 * LONGEST_DAYS):
        raise Refusal("--overlap is a number of hours, 0 or more; 0 ends the old key at once.")
    print(roll_key(ledger, options.key.rstrip("…"), timedelta(hours=options.overlap)))
    print(_overlap_words(options.overlap), file=sys.stderr)


def _overlap_words(hours: float) -> str:
    if not hours:
        return "The old key has ended; put the new one in its place."
    span = "1 hour" if hours == 1 else f"{hours:g} hours"
    return f"The old key ends in {span}; put the new one in its place until then."


_KEY_VERBS = {"create": _create, "list": _list, "revoke": _revoke, "roll": _roll}


def _key_facts(key: Key) -> dict[str, object]:
    return {
        "id": key.id,
        "kind": key.kind,
        "state": _state(key),
        "origins": list(key.origins),
        "scopes": list(key.scopes),
        "rate": _rate_of(key),
        "label": key.label,
        "created_at": key.created_at.isoformat(),
        "expires_at": key.expires_at.isoformat() if key.expires_at else None,
        "revoked_at": key.revoked_at.isoformat() if key.revoked_at else None,
    }
