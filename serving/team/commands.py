"""The verb `people`: who is in the team, and what is said of them over the agreement's list."""

from __future__ import annotations

import argparse
import json
import shlex
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from leads.refusal import Refusal
from serving.rights.desk import in_force, opened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leads.agreement import Agreement
    from leads.ledger import Ledger
    from leads.team import Change, Leave

GIVEN = ("weight", "daily_cap", "hours", "timezone", "holidays", "mail")
"""Keys of a person in the agreement that `add` takes as they are."""


def people_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    verbs = parser.add_subparsers(dest="people_verb", metavar="list|add|remove|leave|hours|pause|resume")
    shown = verbs.add_parser("list", help="show who is in the team, who is there now, and what they have (the default)")
    add = verbs.add_parser("add", help="take somebody into the team")
    remove = verbs.add_parser("remove", help="take somebody out; their unanswered leads go to others")
    leave = verbs.add_parser("leave", help="say when somebody is away for whole days")
    hours = verbs.add_parser("hours", help="give somebody other working hours")
    pause = verbs.add_parser("pause", help="give somebody no leads until `resume`")
    resume = verbs.add_parser("resume", help="end a pause")
    for verb in (add, remove, leave, hours, pause, resume):
        verb.add_argument("name", metavar="NAME", help="as `accord people` shows it")
    for verb in (shown, add, remove, leave, hours, pause, resume):
        verb.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print one JSON object")
    _of_person(add)
    leave.add_argument("--from", dest="first", required=True, metavar="DATE", help="the first day, such as 2026-12-21")
    leave.add_argument("--to", dest="last", required=True, metavar="DATE", help="the last day")
    leave.add_argument("--cancel", action="store_true", help="they are there after all")
    hours.add_argument("hours", metavar="HOURS", help='such as "Mon-Thu 09:00-16:00, Fri 09:00-12:00"')
    hours.add_argument("--timezone", metavar="ZONE", help="whose clock that is, such as Europe/Berlin")


def _of_person(add: argparse.ArgumentParser) -> None:
    add.add_argument("--weight", type=float, metavar="N", help="their share of the turns (default: 1)")
    add.add_argument("--daily-cap", type=int, metavar="N", help="the most leads a day (default: no limit)")
    add.add_argument(
        "--takes",
        action="append",
        default=[],
        metavar="FIELD=LEVEL,…",
        help="take only leads of these levels; repeatable, one field each",
    )
    add.add_argument("--hours", metavar="HOURS", help="their own working hours (default: the team's)")
    add.add_argument("--timezone", metavar="ZONE", help="their own time zone")
    add.add_argument("--holidays", metavar="COUNTRY", help="their own public holidays, such as AT or DE-BY")
    add.add_argument("--mail", metavar="ADDRESS", help="where they hear of their leads")


def people(options: argparse.Namespace) -> int:
    with opened() as ledger:
        agreement, _ = in_force(ledger)
        if options.people_verb in (None, "list"):
            _show(ledger, agreement, options.json)
            return 0
        change, notes = _recorded(ledger, agreement, options)
        if options.json:
            _show(ledger, agreement, as_json=True)
            return 0
    print("\n".join([_words(change), *notes]))
    return 0


def _show(ledger: Ledger, agreement: Agreement, as_json: bool) -> None:
    from serving.team.people import people_body, people_lines, read_people

    zone = ZoneInfo(agreement.sales.timezone)
    with ledger.reading() as connection:
        found = read_people(connection, agreement, datetime.now(UTC))
    if as_json:
        print(json.dumps(people_body(found, zone), ensure_ascii=False))
    else:
        print("\n".join(people_lines(found, zone)))


def _recorded(ledger: Ledger, agreement: Agreement, options: argparse.Namespace) -> tuple[Change, Sequence[str]]:
    """Under the team's lock, so that two people at once cannot contradict each other."""
    from leads.ledger import lock_team, record_change, team_changes

    with ledger.transaction() as connection:
        lock_team(connection)
        changes = team_changes(connection)
        change = _change(agreement, changes, options)
        record_change(connection, change)
        return change, list(_notes(agreement, [*changes, change], change))


def _change(agreement: Agreement, changes: Sequence[Change], options: argparse.Namespace) -> Change:
    from leads import team_change

    verb, name, now = options.people_verb, options.name, datetime.now(UTC)
    if verb == "add":
        return team_change.added(agreement, changes, name, _said(options), now)
    if verb == "leave":
        said = team_change.leave_cancelled if options.cancel else team_change.on_leave
        return said(agreement, changes, name, _leave(options), now)
    if verb == "hours":
        return team_change.other_hours(agreement, changes, name, options.hours, options.timezone, now)
    simple = {"remove": team_change.removed, "pause": team_change.paused, "resume": team_change.resumed}
    return simple[verb](agreement, changes, name, now)


def _said(options: argparse.Namespace) -> dict[str, Any]:
    """Only what was given: for the rest the agreement's word on them counts, or the team's."""
    given = {key: getattr(options, key) for key in GIVEN if getattr(options, key) is not None}
    takes = [_levels(text) for text in options.takes]
    if len(dict(takes)) < len(takes):
        raise Refusal("--takes names a field twice; give all of its levels at once: --takes country=DE,AT.")
    return given | ({"takes": dict(takes)} if takes else {})


def _levels(text: str) -> tuple[str, list[str]]:
    field, sign, levels = text.partition("=")
    if not sign:
        raise Refusal("--takes needs a field and its levels, such as country=DE,AT.")
    return field.strip(), [level.strip() for level in levels.split(",") if level.strip()]


def _leave(options: argparse.Namespace) -> Leave:
    from leads.team import Leave

    return Leave(_day(options.first, "--from"), _day(options.last, "--to"))


def _day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refusal(f"{option} takes a day such as 2026-12-21.") from None


def _notes(agreement: Agreement, changes: Sequence[Change], change: Change) -> Sequence[str]:
    """What the change brings with it that nobody may have thought of."""
    from leads.team import team_of
    from leads.team_change import reachable, without_takers

    before, now = ([member.name for member in team_of(agreement, said)] for said in (changes[:-1], changes))
    notes = []
    if change.kind in ("removed", "paused", "leave"):
        notes.append("Leads that they have not answered go back to the queue once they are away.")
    if change.kind == "removed":
        stuck = set(without_takers(agreement, before))
        alone = [number for number in without_takers(agreement, now) if number not in stuck]
        notes += [f"Rule {number} names nobody else: its leads stand in the queue." for number in alone]
        if agreement.sales.lead == change.person:
            notes.append("The agreement names them as the lead of the team; nothing is escalated to them any more.")
    if change.kind == "added" and not reachable(agreement, change.person):
        notes.append("Every rule of the agreement names people, and none names them: no lead can go there yet.")
    return notes


def _words(change: Change) -> str:
    said = change.said
    what = {
        "added": "is in the team now",
        "removed": "is in the team no longer",
        "leave": f"is on leave from {said.get('from')} to {said.get('to')}, both days included",
        "leave-cancelled": f"is there from {said.get('from')} to {said.get('to')} after all",
        "hours": f"works {said.get('hours')} from now on",
        "paused": f"gets no leads until `accord people resume {shlex.quote(change.person)}`",
        "resumed": "gets leads again",
    }
    return f"“{change.person}” {what[change.kind]}."
