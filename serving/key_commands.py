"""The verb `keys`."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from leads.refusal import Refusal

if TYPE_CHECKING:
    from leads.ledger import Key, Ledger


def keys_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="keys_verb", required=True, metavar="create|list|revoke")
    create = verbs.add_parser("create", help="make a key and print it; it is shown this once")
    create.add_argument("kind", choices=["pk", "sk"], help="pk for a public page, sk for your own systems")
    create.add_argument("--origin", action="append", default=[], metavar="URL", help="where a pk may be used")
    create.add_argument("--label", metavar="TEXT", help="what the key is for")
    shown = verbs.add_parser("list", help="show all keys by their first letters")
    shown.add_argument("--json", action="store_true", help="print one JSON object")
    revoke = verbs.add_parser("revoke", help="end a key at once")
    revoke.add_argument("key", help="its first letters as `list` shows them, or the key itself")


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
    from serving.access import origin

    if options.kind == "sk" and options.origin:
        raise Refusal("A secret key must never stand in a page, so it takes no --origin; make a pk key for pages.")
    print(create_key(ledger, options.kind, [origin(text) for text in options.origin], label=options.label))
    if options.kind == "pk" and not options.origin:
        print("Any page may use this key; --origin https://www.example.com would bind it to one.", file=sys.stderr)


def _list(ledger: Ledger, options: argparse.Namespace) -> None:
    from leads.ledger import list_keys

    found = list_keys(ledger)
    if options.json:
        print(json.dumps({"keys": [_key_facts(key) for key in found]}))
        return
    for key in found:
        state = f"revoked {key.revoked_at:%Y-%m-%d}" if key.revoked_at else "valid"
        origins = " ".join(key.origins) or ("any page" if key.kind == "pk" else "no page")
        print(f"{key.id}…  {state:<18}  made {key.created_at:%Y-%m-%d}  {origins}  {key.label or ''}".rstrip())
    if not found:
        print("There are no keys yet; `accord keys create pk` makes one.", file=sys.stderr)


def _revoke(ledger: Ledger, options: argparse.Namespace) -> None:
    from leads.ledger import revoke_key

    print(f"{revoke_key(ledger, options.key.rstrip('…')).id}… is revoked.")


_KEY_VERBS = {"create": _create, "list": _list, "revoke": _revoke}


def _key_facts(key: Key) -> dict[str, object]:
    return {
        "id": key.id,
        "kind": key.kind,
        "origins": list(key.origins),
        "label": key.label,
        "created_at": key.created_at.isoformat(),
        "revoked_at": key.revoked_at.isoformat() if key.revoked_at else None,
    }
