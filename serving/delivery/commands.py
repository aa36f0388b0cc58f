"""The verb `endpoints`."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from leads.refusal import Refusal

if TYPE_CHECKING:
    from leads.ledger import Delivery, Ledger, Receiver

EPILOG = (
    "ACCORD_RECEIVER_NETWORKS=10.1.0.0/16,… lets receivers stand in your own networks, there also with http and on any "
    "port; everywhere else they need https and a public address. Mail leaves by ACCORD_SMTP_URL="
    "smtp://USER:PASSWORD@HOST:587, from ACCORD_MAIL_FROM."
)
NOT_KNOWN = "There is no receiver with this id; `accord endpoints list` shows them."


def endpoints_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    verbs = parser.add_subparsers(dest="endpoints_verb", required=True, metavar="VERB")
    _add_arguments(verbs.add_parser("add", help="tell a receiver of leads; prints the secret that it checks us by"))
    for verb, does in _LISTS.items():
        verbs.add_parser(verb, help=does).add_argument("--json", action="store_true", help="print one JSON object")
    for verb, does in _SINGLES.items():
        verbs.add_parser(verb, help=does).add_argument("id", help="as `accord endpoints list` shows it")
    verbs.choices["roll"].add_argument(
        "--overlap", type=float, default=24.0, metavar="HOURS", help="how long the old secret signs too (default: 24)"
    )
    _replay_arguments(verbs.add_parser("replay", help="send messages again, under their old ids"))


_LISTS = {"list": "show all receivers and how they are", "dead": "show the messages that were given up"}
_SINGLES = {
    "remove": "forget a receiver; what waits for it is never sent",
    "disable": "send a receiver nothing for a while",
    "enable": "send to it again, first what waited",
    "roll": "give a receiver a new secret and print it",
    "test": "send a receiver a test message",
}


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("url", metavar="URL", help="such as https://crm.example.com/accord")
    parser.add_argument(
        "--event",
        action="append",
        metavar="TYPE",
        help="may be repeated (default: all that say who has a lead, and lead.erased)",
    )
    parser.add_argument("--label", metavar="TEXT", help="whose it is")


def _replay_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("message", nargs="?", metavar="MESSAGE", help="as `accord endpoints dead` shows it")
    parser.add_argument("--all", action="store_true", help="all dead messages")
    parser.add_argument("--endpoint", metavar="ID", help="with --all: those of one receiver")


def endpoints(options: argparse.Namespace) -> int:
    from leads.ledger import open_ledger
    from leads.settings import settings

    ledger = open_ledger(settings().database_url)
    try:
        _VERBS[options.endpoints_verb](ledger, options)
    finally:
        ledger.close()
    return 0


def _add(ledger: Ledger, options: argparse.Namespace) -> None:
    from leads.ledger import EVENTS, USUAL_EVENTS, add_receiver
    from serving.delivery.addresses import receiver_url
    from serving.delivery.configuration import configuration

    unknown = [event for event in options.event or () if event not in EVENTS]
    if unknown:
        raise Refusal(f"“{unknown[0]}” is not an event; there are {', '.join(EVENTS)}.")
    url = receiver_url(options.url, configuration().networks)
    events = list(dict.fromkeys(options.event or USUAL_EVENTS))
    with ledger.transaction() as connection:
        name, secret = add_receiver(connection, url, datetime.now(UTC), events, options.label)
    print(secret)
    print(f"{name} is told of {', '.join(events)}. The secret is shown this once.", file=sys.stderr)
    print(f"`accord endpoints test {name}` sends it a test message.", file=sys.stderr)


def _list(ledger: Ledger, options: argparse.Namespace) -> None:
    from leads.ledger import receivers
    from serving.delivery.told import receiver_told

    found = receivers(ledger)
    if options.json:
        print(json.dumps({"endpoints": [receiver_told(receiver) for receiver in found]}))
        return
    for receiver in found:
        print("  ".join(filter(None, _line(receiver))))
    if not found:
        print("There are no receivers yet; `accord endpoints add URL` adds one.", file=sys.stderr)


def _line(receiver: Receiver) -> tuple[str, ...]:
    state = f"disabled {receiver.disabled_at:%Y-%m-%d}" if receiver.disabled_at else "enabled"
    success = f"{receiver.last_success:%Y-%m-%d %H:%M} UTC" if receiver.last_success else "never"
    counts = f"{receiver.due} waiting, {receiver.dead} dead"
    why = f"({receiver.disabled_why})" if receiver.disabled_why else ""
    return receiver.id, state, f"last success {success}", counts, receiver.url, receiver.label or "", why


def _remove(ledger: Ledger, options: argparse.Namespace) -> None:
    from leads.ledger import remove_receiver

    with ledger.transaction() as connection:
        _known(remove_receiver(connection, options.id, datetime.now(UTC)))
    print(f"{options.id} is removed.")


def _disable(ledger: Ledger, options: argparse.Namespace) -> None:
    from leads.ledger import disable_receiver
    from serving.delivery.told import BY_HAND

    with ledger.transaction() as connection:
        _known(disable_receiver(connection, options.id, BY_HAND, datetime.now(UTC)))
    print(f"{options.id} is disabled; what waits for it goes out once it is enabled.")


def _enable(ledger: Ledger, options: argparse.Namespace) -> None:
    from leads.ledger import enable_receiver

    with ledger.transaction() as connection:
        _known(enable_receiver(connection, options.id, datetime.now(UTC)))
    print(f"{options.id} is enabled.")


def _roll(ledger: Ledger, options: argparse.Namespace) -> None:
    from leads.ledger import roll_secret

    if not 0 <= options.overlap <= 720:
        raise Refusal("--overlap lies between 0 and 720 hours.")
    now = datetime.now(UTC)
    with ledger.transaction() as connection:
        secret = roll_secret(connection, options.id, timedelta(hours=options.overlap), now)
    _known(secret is not None)
    print(secret)
    print(f"The old secret signs too for {options.overlap:g} hours. The new one is shown this once.", file=sys.stderr)


def _test(ledger: Ledger, options: argparse.Namespace) -> None:
    from leads.ledger import post_test, receiver_by_id

    with ledger.transaction() as connection:
        receiver = receiver_by_id(connection, options.id)
        if receiver is None:
            raise Refusal(NOT_KNOWN)
        if receiver.disabled_at:
            raise Refusal(f"The receiver is disabled; `accord endpoints enable {options.id}` comes first.")
        message = post_test(connection, options.id, datetime.now(UTC))
    print(message)
    print("A running `accord serve` sends it; `accord endpoints list` says whether it arrived.", file=sys.stderr)


def _dead(ledger: Ledger, options: argparse.Namespace) -> None:
    from serving.delivery.told import delivery_told

    found = list(_all_dead(ledger))
    if options.json:
        print(json.dumps({"deliveries": [delivery_told(delivery) for delivery in found]}))
        return
    for delivery in found:
        came_to = delivery.last_status or delivery.last_error or "no attempt"
        to = delivery.receiver or delivery.mail_to
        print(f"{delivery.message}  {delivery.event}  {delivery.created_at:%Y-%m-%d %H:%M} UTC  {to}  {came_to}")
    if not found:
        print("No message was given up.", file=sys.stderr)


def _all_dead(ledger: Ledger) -> list[Delivery]:
    from leads.ledger import deliveries

    found = page = deliveries(ledger, "dead", 500)
    while page:
        page = deliveries(ledger, "dead", 500, page[-1].message)
        found = [*found, *page]
    return found


def _replay(ledger: Ledger, options: argparse.Namespace) -> None:
    from leads.ledger import replay, replay_dead

    if options.all == bool(options.message) or (options.endpoint and not options.all):
        raise Refusal("Name one message, or say --all, with --endpoint ID for those of one receiver.")
    now = datetime.now(UTC)
    with ledger.transaction() as connection:
        done = replay(connection, options.message, now) if options.message else True
        count = replay_dead(connection, options.endpoint, now) if options.all else 1
    if done is None:
        raise Refusal("There is no message with this id; `accord endpoints dead` shows those that were given up.")
    if not done:
        raise Refusal("It was cancelled, or its receiver was removed, so it cannot be sent again.")
    print(f"{count} {'message is' if count == 1 else 'messages are'} on the way again.")


def _known(done: bool) -> None:
    if not done:
        raise Refusal(NOT_KNOWN)


_VERBS = {
    "add": _add,
    "list": _list,
    "remove": _remove,
    "disable": _disable,
    "enable": _enable,
    "roll": _roll,
    "test": _test,
    "dead": _dead,
    "replay": _replay,
}
