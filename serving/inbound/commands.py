"""The verb `hooks`."""

from __future__ import annotations

import argparse
import base64
import binascii
import getpass
import json
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from leads.refusal import Refusal
from serving.rights.desk import in_force, opened

if TYPE_CHECKING:
    from collections.abc import Mapping

    from leads.ledger import Hook, HookFault, HookSource, Ledger

EPILOG = (
    "A hook is an address under which a form tool sends what was filled in there. typeform and generic get a secret "
    "from here, printed once, unless --own-secret says that the sender has one; hubspot and webflow always have their "
    "own. A secret of theirs is read from the standard input, so that it stands in no history of commands. "
    "docs/inbound.md says what to click in each tool."
)
NOT_KNOWN = "There is no hook with this id; `accord hooks list` shows them."
SOURCES = ("generic", "hubspot", "typeform", "webflow")
WITH_THEIR_SECRET = ("hubspot", "webflow")
LONGEST_OVERLAP = 720.0


def hooks_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    verbs = parser.add_subparsers(dest="hooks_verb", required=True, metavar="add|list|remove|roll")
    _add_arguments(verbs.add_parser("add", help="let a tool send its forms here; prints the secret", epilog=EPILOG))
    shown = verbs.add_parser("list", help="show all hooks, and what could not be read of what came")
    remove = verbs.add_parser("remove", help="take nothing more from a tool; the leads it sent stay")
    roll = verbs.add_parser("roll", help="give a hook another secret and print it", epilog=EPILOG)
    for verb in (remove, roll):
        verb.add_argument("id", metavar="HOOK", help="as `accord hooks list` shows it")
    shown.add_argument(
        "--json", action="store_true", help="print one JSON object, also with the payloads that could not be read"
    )
    roll.add_argument("--own-secret", action="store_true", help="read the new secret from the standard input")
    roll.add_argument(
        "--overlap", type=float, default=24.0, metavar="HOURS", help="how long the old secret counts too (default: 24)"
    )


def _add_arguments(add: argparse.ArgumentParser) -> None:
    add.add_argument("--source", required=True, choices=SOURCES, help="whose payload and signature it is")
    add.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="FIELD=PATH",
        help="take FIELD of the form from the answer called PATH (dots lead into objects); repeatable, and answers "
        "named for one field are joined (default: the answer with the field's key or label)",
    )
    add.add_argument(
        "--url",
        metavar="URL",
        help="where this service is reached, such as https://leads.example.com (hubspot signs it)",
    )
    add.add_argument("--label", metavar="TEXT", help="which form it is")
    add.add_argument("--own-secret", action="store_true", help="read the sender's secret from the standard input")
    add.add_argument("--json", action="store_true", help="print the hook, its path and its secret as one JSON object")


def hooks(options: argparse.Namespace) -> int:
    with opened() as ledger:
        _VERBS[options.hooks_verb](ledger, options)
    return 0


def _add(ledger: Ledger, options: argparse.Namespace) -> None:
    from leads.ledger import add_hook, hook_path

    mapped, url = _map(ledger, options.map), _url(options)
    given = options.own_secret or options.source in WITH_THEIR_SECRET
    secret = _secret(options.source, given)
    with ledger.transaction() as connection:
        hook = add_hook(connection, options.source, secret, datetime.now(UTC), mapped, url, options.label)
    if options.json:
        print(json.dumps({"hook": hook, "path": hook_path(hook), "secret": None if given else secret}))
        return
    if not given:
        print(secret)
    shown = " The secret is shown this once." if not given else ""
    where = f"{url or 'https://YOUR-SERVICE'}{hook_path(hook)}"
    print(f"{hook} takes what {options.source} sends to {where}.{shown}", file=sys.stderr)


def _map(ledger: Ledger, texts: list[str]) -> Mapping[str, list[str]]:
    """Fields are those of the agreement in force."""
    from leads.form import CAMPAIGN_FIELDS

    if not texts:
        return {}
    fields = {*in_force(ledger)[0].form.fields, *CAMPAIGN_FIELDS}
    found: dict[str, list[str]] = {}
    for text in texts:
        field, sign, path = (part.strip() for part in text.partition("="))
        if not (field and sign and path):
            raise Refusal('--map needs a field and the answer it takes, such as --map name="What\'s your name?"')
        if field not in fields:
            raise Refusal(f"“{field}” is not a field of the form; `accord check` shows the fields.")
        found.setdefault(field, []).append(path)
    return found


def _url(options: argparse.Namespace) -> str | None:
    from serving.edge.access import origin

    if options.url is None and options.source == "hubspot":
        raise Refusal("HubSpot signs the address too: say --url https://…, where it reaches this service.")
    return None if options.url is None else origin(options.url)


def _secret(source: HookSource, given: bool) -> str:
    from leads.ledger import new_hook_secret

    if not given:
        return new_hook_secret()
    asked = getpass.getpass("Secret: ") if sys.stdin.isatty() else sys.stdin.readline()
    secret = asked.strip()
    if source == "generic" and not _is_standard(secret):
        raise Refusal("A secret of Standard Webhooks is whsec_ and 24 to 64 bytes in base64.")
    if not (8 <= len(secret) <= 500 and secret.isascii() and secret.isprintable()):
        raise Refusal("Give the tool's secret on the standard input, one line of 8 to 500 ASCII characters.")
    return secret


def _is_standard(secret: str) -> bool:
    try:
        return secret.startswith("whsec_") and 24 <= len(base64.b64decode(secret[6:], validate=True)) <= 64
    except (ValueError, binascii.Error):
        return False


def _list(ledger: Ledger, options: argparse.Namespace) -> None:
    from leads.ledger import hook_faults
    from leads.ledger import hooks as all_hooks

    found = [(hook, hook_faults(ledger, hook.id)) for hook in all_hooks(ledger)]
    if options.json:
        print(json.dumps({"hooks": [_told(hook, faults) for hook, faults in found]}, ensure_ascii=False))
        return
    for hook, faults in found:
        print("  ".join(_line(hook, faults)))
        for fault in faults:
            print(f"  {_fault_line(fault)}")
    if not found:
        print("There are no hooks yet; `accord hooks add --source NAME` adds one.", file=sys.stderr)


def _line(hook: Hook, faults: list[HookFault]) -> list[str]:
    refused = sum(fault.lead is None for fault in faults)
    state = f"{refused} refused, {len(faults) - refused} read in part" if faults else "all was read"
    maps = [f"{field}={' + '.join(paths)}" for field, paths in hook.map.items()]
    return [hook.id, hook.source, state, *maps, *filter(None, [hook.url, hook.label])]


def _fault_line(fault: HookFault) -> str:
    """Where it is wrong, and nothing that a lead wrote."""
    wrong = ", ".join(f"{place.get('pointer', '#')} {place['code']}" for place in fault.places)
    return f"{fault.received_at:%Y-%m-%d %H:%M} UTC  {fault.lead or 'refused'}  {wrong}"


def _told(hook: Hook, faults: list[HookFault]) -> dict[str, Any]:
    from leads.ledger import hook_path

    return {
        "hook": hook.id,
        "source": hook.source,
        "path": hook_path(hook.id),
        "url": hook.url,
        "label": hook.label,
        "map": {field: list(paths) for field, paths in hook.map.items()},
        "created_at": hook.created_at.isoformat(timespec="seconds"),
        "not_read": [
            {
                "received_at": fault.received_at.isoformat(timespec="seconds"),
                "lead": fault.lead,
                "errors": [dict(place) for place in fault.places],
                "payload": fault.payload,
            }
            for fault in faults
        ],
    }


def _remove(ledger: Ledger, options: argparse.Namespace) -> None:
    from leads.ledger import remove_hook

    with ledger.transaction() as connection:
        if not remove_hook(connection, options.id, datetime.now(UTC)):
            raise Refusal(NOT_KNOWN)
    print(f"{options.id} is removed; the leads that it sent stay.")


def _roll(ledger: Ledger, options: argparse.Namespace) -> None:
    from leads.ledger import hook_by_id, roll_hook

    if not 0 <= options.overlap <= LONGEST_OVERLAP:
        raise Refusal(f"--overlap lies between 0 and {LONGEST_OVERLAP:g} hours.")
    hook = hook_by_id(ledger, options.id)
    if hook is None:
        raise Refusal(NOT_KNOWN)
    given = options.own_secret or hook.source in WITH_THEIR_SECRET
    secret = _secret(hook.source, given)
    with ledger.transaction() as connection:
        if not roll_hook(connection, hook.id, secret, timedelta(hours=options.overlap), datetime.now(UTC)):
            raise Refusal(NOT_KNOWN)
    if not given:
        print(secret)
    print(f"The old secret counts too for {options.overlap:g} hours.", file=sys.stderr)


_VERBS = {"add": _add, "list": _list, "remove": _remove, "roll": _roll}
