"""Leads of the past on their way into the ledger, many at once: nobody is given them and nobody is told of them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from sqlalchemy import Connection, bindparam, insert, select, update

from leads.lead import Cause, Decision, Submission, lead_id
from leads.ledger import tables
from leads.ledger.book import LedgerBusy
from leads.ledger.decision import submission_of, write_decisions, write_submissions
from leads.ledger.person import unless_there

Came = Literal["taken", "known", "forgotten", "refused"]
"""What came of a row: it is new; it was told before; its person asked to be forgotten; it was wrong."""
Decide = Callable[[Submission, Sequence[Submission]], Decision]
"""From the newest form of a lead and its earlier ones, the newest of them first, what stands in place of a decision
that was never made."""


class Past(NamedTuple):
    """A form of the past; `people` and `company` are digests. `submission` is made for the lead."""

    people: Sequence[str]
    company: str | None
    arrived_at: datetime
    submission: Callable[[str], Submission]


class Found(NamedTuple):
    """The leads that some people are. `before` holds those that were there already and why they were decided last, None
    where they never were."""

    of_person: Mapping[str, str]
    before: Mapping[str, Cause | None]


def take_past(connection: Connection, pasts: Sequence[Past], decide: Decide) -> list[tuple[str, Came]]:
    """The lead of each form, "" where its person was forgotten, and what came of it. A lead is decided once, by all its
    forms, in whatever order they come; what was decided on what the person sent by themselves stands. LedgerBusy, and
    nothing is to be kept, where an erasure ended while this waited for its leads."""
    forgotten = _forgotten(connection, pasts)
    kept = [past for past, gone in zip(pasts, forgotten, strict=True) if not gone]
    found = _leads(connection, kept)
    if _forgotten(connection, pasts) != forgotten:
        raise LedgerBusy("somebody was forgotten meanwhile")
    forms = _forms(connection, found.before)
    taken, new = list[tuple[str, Came]](), list[Submission]()
    for past, gone in zip(pasts, forgotten, strict=True):
        if gone:
            taken.append(("", "forgotten"))
            continue
        lead = found.of_person[past.people[0]] if past.people else _unnamed(connection, past)
        submission = past.submission(lead)
        known = any(_same(submission, form) for form in forms[lead])
        taken.append((lead, "known" if known else "taken"))
        if not known:
            forms[lead].append(submission)
            new.append(submission)
    write_submissions(connection, new)
    changed = dict.fromkeys(submission.lead for submission in new)
    open_ = [lead for lead in changed if found.before.get(lead) in (None, "imported")]
    write_decisions(connection, [_decided(forms[lead], decide) for lead in open_])
    return taken


def _decided(forms: Sequence[Submission], decide: Decide) -> Decision:
    newest, *earlier = sorted(forms, key=lambda form: (form.interest_at, form.id), reverse=True)
    return decide(newest, earlier)


def _same(told: Submission, before: Submission) -> bool:
    return told.interest_at == before.interest_at and told.form == before.form


def _forgotten(connection: Connection, pasts: Sequence[Past]) -> list[bool]:
    """Whoever was forgotten after that form stays so; what they sent later they sent on purpose."""
    here = tables.erasures
    named = {digest for past in pasts for digest in past.people}
    erased = dict[str, datetime]()
    for digest, erased_at in connection.execute(
        select(here.c.digest, here.c.erased_at).where(here.c.digest.in_(named))
    ):
        erased[digest] = erased_at
    return [any(each in erased and erased[each] >= past.arrived_at for each in past.people) for past in pasts]


def _leads(connection: Connection, pasts: Iterable[Past]) -> Found:
    """Those of the people who are named first, made where they are nobody yet. Always in the same order, so that two
    imports of the same people wait for each other and never both."""
    first = dict[str, Past]()
    for past in pasts:
        for person in past.people[:1]:
            first[person] = min(first.get(person, past), past, key=lambda one: one.arrived_at)
    of_person, made = dict[str, str](), set[str]()
    while missing := sorted(first.keys() - of_person.keys()):  # again for those who are erased just now
        rows = [
            {"id": lead_id(), "arrived_at": first[one].arrived_at, "person": one, "company": first[one].company}
            for one in missing
        ]
        connection.execute(unless_there(connection, tables.leads, ["person"]), rows)
        made |= {str(row["id"]) for row in rows}
        of_person |= _those_there(connection, missing, first)
    _name(connection, pasts, of_person)
    return Found(of_person, _causes(connection, [lead for lead in of_person.values() if lead not in made]))


def _those_there(connection: Connection, people: Sequence[str], first: Mapping[str, Past]) -> dict[str, str]:
    """Held until the transaction ends; a lead arrived with its first form."""
    here = tables.leads
    wanted = select(here.c.person, here.c.id, here.c.arrived_at).where(here.c.person.in_(people))
    found = connection.execute(wanted.order_by(here.c.person).with_for_update()).all()
    earlier = [
        {"lead": row.id, "arrived": first[row.person].arrived_at}
        for row in found
        if first[row.person].arrived_at < row.arrived_at
    ]
    if earlier:
        moved = update(here).where(here.c.id == bindparam("lead")).values(arrived_at=bindparam("arrived"))
        connection.execute(moved, earlier)
    return {row.person: row.id for row in found}


def _name(connection: Connection, pasts: Iterable[Past], of_person: Mapping[str, str]) -> None:
    named = {(digest, of_person[past.people[0]]) for past in pasts for digest in past.people}
    rows = [{"digest": digest, "lead": lead} for digest, lead in sorted(named)]
    if rows:
        connection.execute(unless_there(connection, tables.identities, ["digest", "lead"]), rows)


def _unnamed(connection: Connection, past: Past) -> str:
    row = {"id": lead_id(), "arrived_at": past.arrived_at, "person": None, "company": past.company}
    connection.execute(insert(tables.leads), row)
    return str(row["id"])


def _causes(connection: Connection, leads: Sequence[str]) -> dict[str, Cause | None]:
    here = tables.decisions
    told = select(here.c.lead, here.c.cause).where(here.c.lead.in_(leads)).order_by(here.c.decided_at, here.c.id)
    causes: dict[str, Cause | None] = dict.fromkeys(leads)
    if leads:
        causes |= {row.lead: row.cause for row in connection.execute(told)}
    return causes


def _forms(connection: Connection, leads: Iterable[str]) -> defaultdict[str, list[Submission]]:
    here, forms = tables.submissions, defaultdict[str, list[Submission]](list)
    wanted = list(leads)
    if wanted:
        for row in connection.execute(select(here).where(here.c.lead.in_(wanted))):
            forms[row.lead].append(submission_of(row))
    return forms
