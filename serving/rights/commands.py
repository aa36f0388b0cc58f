"""The verbs `object`, `override`, `export` and `erase`: what people may ask for."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from leads.counted import counted
from leads.refusal import Refusal
from serving.rights.desk import in_force, intake_of, opened

if TYPE_CHECKING:
    from collections.abc import Callable

    from leads.agreement import Agreement
    from leads.ledger import Connection, Erasure, Ledger

LEAD = re.compile("ld_[0-9a-f-]{36}")


def object_arguments(parser: argparse.ArgumentParser) -> None:
    _who(parser)
    parser.add_argument("--withdraw", action="store_true", help="the person agrees again")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def object(options: argparse.Namespace) -> int:
    from serving import answers
    from serving.rights.overruling import object_to_profiling
    from serving.rights.person import person_named

    with opened() as ledger, intake_of(ledger) as intake:
        people = person_named(ledger, options.person) if options.person else ()
        made = object_to_profiling(intake, people, options.lead, objects=not options.withdraw)
        if options.json:
            bodies = [answers.decision_body(decision, intake.zone) for decision in made]
            print(json.dumps({"objects": not options.withdraw, "decisions": bodies}, ensure_ascii=False))
            return 0
    print(_objection_words(len(made), options.withdraw))
    return 0


def _objection_words(leads: int, withdrawn: bool) -> str:
    if not leads:
        kept = "no objection stands for later forms" if withdrawn else "the objection is kept for later forms"
        return f"Nobody with this address or number is known here; {kept}."
    by = "a model may score" if withdrawn else "only the scorecard scores"
    return f"From now on {by} this person; {_leads(leads)} decided anew."


def override_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("lead", metavar="LEAD", help="its id, ld_…, or the last six letters of it or more")
    parser.add_argument("--route", required=True, choices=["sales", "nurture", "review"], help="who takes it")
    parser.add_argument("--reason", required=True, metavar="TEXT", help="why; it is kept with the decision")
    parser.add_argument("--owner", metavar="NAME", help="who answers for it (default: as assigned)")
    parser.add_argument("--json", action="store_true", help="print the new decision as one JSON object")


def override(options: argparse.Namespace) -> int:
    from serving.rights import overruling
    from serving.rights.told import told
    from serving.views.commands import whole_id

    if not options.reason.strip():
        raise Refusal("--reason must say why; it is kept with the decision.")
    with opened() as ledger, intake_of(ledger, scoring=False) as intake:
        lead = whole_id(ledger, options.lead)
        made = overruling.override(intake, lead, options.route, options.reason.strip(), options.owner)
        print(told(made, intake.zone, options.json))
        if made.owner == options.owner and (stranger := _stranger(ledger, intake.agreement, made.owner)):
            print(stranger, file=sys.stderr)
    return 0


def _stranger(ledger: Ledger, agreement: Agreement, owner: str) -> str | None:
    """Leads may be given to people outside of the team, and more often a name is misspelt."""
    from leads.contradictions.place import hint
    from leads.ledger import team_changes
    from leads.team import team_of
    from serving.team.assignment import QUEUES

    with ledger.reading() as connection:
        names = [member.name for member in team_of(agreement, team_changes(connection))]
    if not names or owner in (*names, *QUEUES.values()):
        return None
    return f"Nobody in the team is called “{owner}”, so no mail goes to them.{hint(owner, names)}"


def export_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--person", required=True, metavar="TEXT", help="an e-mail address or a telephone number")
    parser.add_argument("-o", "--output", metavar="FILE", help="where to write (default: stdout)")


def export(options: argparse.Namespace) -> int:
    from serving.rights.export import person_export
    from serving.rights.person import person_named

    with opened() as ledger:
        agreement, _ = in_force(ledger)
        known = person_export(ledger, person_named(ledger, options.person), ZoneInfo(agreement.sales.timezone))
    text = json.dumps({"person": options.person, **known}, ensure_ascii=False, indent=2)
    if len(known["leads"]) > 1 and "@" not in options.person:
        shared = f"{len(known['leads'])} leads gave this number; look whether they are one person."
        print(shared, file=sys.stderr)
    if options.output is None:
        print(text)
        return 0
    _write(Path(options.output), text)
    print(f"{_leads(len(known['leads']), 'was', 'were')} written to {options.output}.")
    return 0


def erase_arguments(parser: argparse.ArgumentParser) -> None:
    which = _who(parser, required=False)
    which.add_argument("--again", action="store_true", help="whom an older backup brought back, after restoring it")
    which.add_argument("--expired", action="store_true", help="leads older than the agreement keeps them")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--vacuum-full", action="store_true", help="PostgreSQL: rewrite the tables; they are locked")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def erase(options: argparse.Namespace) -> int:
    from leads.ledger import overwrite_if_alone, vacuum

    with opened() as ledger:
        done = _erased(ledger, options)
        if done is None:
            return 1
        if not ledger.on_sqlite:
            vacuum(ledger, options.vacuum_full)
    # The ledger is closed by now: nothing of this process stands in the way of writing its file anew.
    overwritten = overwrite_if_alone(ledger)
    print(_erasure_json(done, overwritten) if options.json else _erasure_words(done, overwritten))
    return 0


def _erased(ledger: Ledger, options: argparse.Namespace) -> Erasure | None:
    """None where the user did not confirm."""
    from leads.ledger import Erasure, leads_of
    from leads.settings import settings
    from serving.rights.erasure import erase_expired, erase_people, erase_what_came_back, people_of_lead
    from serving.rights.person import person_named

    home = settings().home
    if options.again:
        return Erasure(erase_what_came_back(ledger, home))
    agreement, _ = in_force(ledger)
    if options.expired:
        if agreement.privacy.keep_days is None:
            raise Refusal("The agreement names no time: set keep_days in [privacy].")
        return Erasure(erase_expired(ledger, agreement.privacy.keep_days, datetime.now(UTC)))
    if not (options.person or options.lead):
        raise Refusal("Name whom to erase: --person TEXT, --lead ID, --again or --expired.")
    if options.lead and not LEAD.fullmatch(options.lead):
        raise Refusal("--lead takes the id of a lead, ld_ and 36 characters.")
    people = person_named(ledger, options.person) if options.person else people_of_lead(ledger, options.lead, agreement)
    with ledger.reading() as connection:
        found = {*leads_of(connection, people), *([options.lead] if options.lead else [])}
    if not (options.yes or _confirmed(len(found))):
        return None

    def in_transaction(work: Callable[[Connection], Erasure]) -> Erasure:
        with ledger.transaction() as connection:
            return work(connection)

    return erase_people(in_transaction, home, people, [options.lead] if options.lead else [])


def _confirmed(leads: int) -> bool:
    if not sys.stdin.isatty():
        raise Refusal(f"This erases {_leads(leads, 'and cannot', 'and cannot')} be undone; confirm it with --yes.")
    of = "it" if leads == 1 else "them"
    answer = input(f"Erase {_leads(leads, 'and all that is', 'and all that is')} known of {of}? [y/N] ")
    return answer.strip().lower() in ("y", "yes")


def _erasure_json(done: Erasure, overwritten: bool) -> str:
    told = {"leads": done.leads, "receivers_told": done.told, "mailed": list(done.mailed), "overwritten": overwritten}
    return json.dumps(told)


def _erasure_words(done: Erasure, overwritten: bool) -> str:
    stay = "stays" if done.leads == 1 else "stay"
    lines = [f"{_leads(done.leads)} erased, and {stay} so after a backup comes back (`accord erase --again`)."]
    if not done.leads:
        lines = ["No lead was erased."]
    if done.told:
        messages = "1 message tells" if done.told == 1 else f"{done.told} messages tell"
        lines.append(f"{messages} receivers of it, since they had been sent something.")
    if done.mailed:
        lines.append(f"Mails about it went to {', '.join(done.mailed)}; they must be deleted there.")
    if done.leads and not overwritten:
        lines.append("The ledger is open elsewhere; `accord serve` overwrites what was erased within a minute.")
    return "\n".join(lines)


def _leads(count: int, one: str = "was", many: str = "were") -> str:
    return f"{counted(count, 'lead')} {one if count == 1 else many}"


def _who(parser: argparse.ArgumentParser, required: bool = True) -> argparse._MutuallyExclusiveGroup:
    which = parser.add_mutually_exclusive_group(required=required)
    which.add_argument("--person", metavar="TEXT", help="by an e-mail address or a telephone number")
    which.add_argument("--lead", metavar="ID", help="by the id of a lead, ld_…")
    return which


def _write(file: Path, text: str) -> None:
    """For its owner alone."""
    try:
        with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as opened:
            opened.write(text + "\n")
    except FileExistsError:
        raise Refusal(f"{file} is there already; name another file.") from None
    except OSError as error:
        raise Refusal(f"{file} cannot be written: {error.strerror}.") from None
