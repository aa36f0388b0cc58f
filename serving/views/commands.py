"""The verbs `queue` and `lead`: whom to call now, and all that happened to one lead."""

from __future__ import annotations

import argparse
import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from leads.refusal import Refusal
from serving.rights.desk import in_force, opened

if TYPE_CHECKING:
    from leads.ledger import Ledger

USUAL, MOST = 20, 1000
WHOLE_ID = re.compile("ld_[0-9a-f-]{36}")
ENDING = re.compile("[0-9a-f-]{6,36}")
SHOWN = 5


def queue_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--owner", metavar="NAME", help="a person, or sales for what nobody has (default: everybody)")
    parser.add_argument("--limit", type=int, default=USUAL, metavar="N", help=f"how many (default: {USUAL})")
    parser.add_argument("--json", action="store_true", help="print one JSON object, as GET /v1/queue answers it")


def queue(options: argparse.Namespace) -> int:
    from leads.ledger import champion, newest_price
    from serving.views.queue import queue_body, read_queue
    from serving.views.queue_table import queue_lines

    if not 1 <= options.limit <= MOST:
        raise Refusal(f"--limit lies between 1 and {MOST}.")
    with opened() as ledger:
        agreement, number = in_force(ledger)
        serves, now = champion(ledger), datetime.now(UTC)
        with ledger.reading() as connection:
            price = newest_price(connection, serves, number)
            found = read_queue(connection, agreement, now, price, options.owner, options.limit)
    if options.json:
        print(json.dumps(queue_body(found, ZoneInfo(agreement.sales.timezone)), ensure_ascii=False))
    else:
        print("\n".join(queue_lines(found, options.owner)))
    return 0


def lead_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("lead", metavar="ID", help="its id, ld_…, or the last six letters of it or more")
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object, as GET /v1/leads/ID answers it, with the messages"
    )


def lead(options: argparse.Namespace) -> int:
    from leads.ledger import lead_story, sent_on
    from serving.rights.answers import message_body
    from serving.views.lead_story import story_body
    from serving.views.timeline import timeline

    with opened() as ledger:
        agreement, _ = in_force(ledger)
        story = lead_story(ledger, whole_id(ledger, options.lead))
        if story is None:
            raise no_lead()
        with ledger.reading() as connection:
            messages = sent_on(connection, story.lead)
    if options.json:
        zone = ZoneInfo(agreement.sales.timezone)
        sent = {"messages": [message_body(one, zone) for one in messages]}
        print(json.dumps(story_body(story, zone) | sent, ensure_ascii=False))
    else:
        print("\n".join(timeline(story, messages, agreement, datetime.now(UTC))))
    return 0


def whole_id(ledger: Ledger, given: str) -> str:
    """Mails name a lead by the last six letters of its id."""
    from leads.ledger import leads_ending_in

    name = given.strip().lower()
    if WHOLE_ID.fullmatch(name):
        return name
    if not ENDING.fullmatch(name):
        raise Refusal("A lead's id is ld_ and 36 characters; its last six letters, or more of them, do as well.")
    with ledger.reading() as connection:
        found = leads_ending_in(connection, name, SHOWN + 1)
    if len(found) > 1:
        more = ", and more" if len(found) > SHOWN else ""
        raise Refusal(f"Several leads end like this: {', '.join(found[:SHOWN])}{more}. Give more letters.")
    if not found:
        raise no_lead()
    return found[0]


def no_lead() -> Refusal:
    return Refusal("There is no lead with this id; `accord queue` shows those that wait for sales.")
