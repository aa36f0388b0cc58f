"""Forgetting people: whatever hangs on their leads goes, and what is kept is only enough to forget them again."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Connection, Table, delete, func, or_, select, update

from leads.lead import Announcement
from leads.ledger import tables
from leads.ledger.book import Ledger
from leads.ledger.hook import forget_faults_naming
from leads.ledger.outbox import post_to
from leads.ledger.person import leads_of, unless_there
from leads.ledger.remains import note_remains

AT_ONCE = 500
"""Leads whose rows one statement deletes."""
EVENT = "lead.erased"
T = TypeVar("T")


class Forgotten(NamedTuple):
    """`name` is a person's digest, or the id of a lead, which says nothing of anybody once the lead is gone."""

    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Erasure:
    """How many leads are gone. `told` receivers had been sent something of them and are sent their erasure; `mailed`
    are the addresses that were, where only people can delete it."""

    leads: int = 0
    told: int = 0
    mailed: tuple[str, ...] = ()


def erase(
    connection: Connection,
    people: Sequence[str],
    leads: Sequence[str],
    at: datetime,
    keep: Callable[[Sequence[Forgotten]], None],
) -> Erasure:
    """Everything of these people (by digest) and of these leads, and their objections; that they are to stay forgotten
    is written in the same transaction, and before it ends `keep` has it too."""
    found = sorted({*leads_of(connection, people), *_existing(connection, leads)})
    here = tables.objections
    persons = [*people, *_persons(connection, found)]
    for some in _some(persons):
        connection.execute(delete(here).where(here.c.digest.in_(some)))
    forget_faults_naming(connection, dict.fromkeys(persons, at))
    done = erase_leads(connection, found, at)
    names = [Forgotten(name, at) for name in sorted({*people, *leads, *found})]
    remember(connection, names)
    keep(names)
    return done


def erase_leads(connection: Connection, leads: Sequence[str], at: datetime, tell: bool = True) -> Erasure:
    done = [_erase(connection, some, at, tell) for some in _some(_by_person(connection, leads))]
    if leads:
        note_remains(connection)
    mailed = {address for one in done for address in one.mailed}
    return Erasure(len(leads), sum(one.told for one in done), tuple(sorted(mailed)))


def erase_again(connection: Connection, forgotten: Sequence[Forgotten]) -> Erasure:
    """After a backup came back: people sent what is younger than their erasure on purpose, so that stays; and so does
    an older lead of somebody else, who gave a number only after it was erased."""
    here, known, sent = tables.leads, tables.identities, tables.submissions
    last = select(func.max(sent.c.received_at)).where(sent.c.lead == here.c.id).scalar_subquery()
    due: set[str] = set()
    for some in _some(forgotten):
        erased_at = {one.name: one.at for one in some}
        by_name = select(here.c.id, here.c.arrived_at, here.c.person, last, known.c.digest)
        by_name = by_name.join(known, known.c.lead == here.c.id).where(known.c.digest.in_(erased_at))
        due |= set(_existing(connection, list(erased_at)))
        for lead, arrived_at, person, last_at, name in connection.execute(by_name):
            came_back = arrived_at <= erased_at[name] and (name == person or last_at <= erased_at[name])
            due |= {lead} if came_back else set()
    forget_faults_naming(connection, {one.name: one.at for one in forgotten})
    remember(connection, forgotten)
    return erase_leads(connection, sorted(due), datetime.now(UTC))


def expired(connection: Connection, before: datetime, most: int = AT_ONCE) -> list[str]:
    """Leads that sent nothing since then, oldest first."""
    here, sent = tables.leads, tables.submissions
    younger = select(sent.c.id).where(
        sent.c.lead == here.c.id, func.coalesce(sent.c.submitted_at, sent.c.received_at) >= before
    )
    wanted = select(here.c.id).where(here.c.arrived_at < before, ~younger.exists()).order_by(here.c.arrived_at)
    return list(connection.scalars(wanted.limit(most)))


def forgotten(ledger: Ledger) -> frozenset[str]:
    """The names of all that is to stay forgotten."""
    with ledger.reading() as connection:
        return frozenset(connection.scalars(select(tables.erasures.c.digest)))


def remember(connection: Connection, names: Iterable[Forgotten]) -> None:
    """Whoever is forgotten twice is forgotten up to the later time."""
    here = tables.erasures
    for one in names:
        connection.execute(unless_there(connection, here, ["digest"]), {"digest": one.name, "erased_at": one.at})
        later = update(here).where(here.c.digest == one.name, here.c.erased_at < one.at)
        connection.execute(later.values(erased_at=one.at))


def _erase(connection: Connection, leads: Sequence[str], at: datetime, tell: bool) -> Erasure:
    # A form of the same person that is on its way waits here, and then finds no lead and makes a new one.
    here = tables.leads
    connection.execute(select(here.c.id).where(here.c.id.in_(leads)).order_by(here.c.person).with_for_update())
    told = sum(_tell(connection, lead, at) for lead in leads) if tell else 0
    mailed = _mailed(connection, leads)
    for table in reversed(tables.metadata.sorted_tables):
        for rows in _hanging_on(table, leads):
            connection.execute(delete(table).where(rows))
    return Erasure(len(leads), told, mailed)


def _by_person(connection: Connection, leads: Sequence[str]) -> list[str]:
    """In the order in which imports hold them, so that neither waits for the other in a circle."""
    here, person = tables.leads, dict[str, str]()
    for some in _some(leads):
        named = select(here.c.id, here.c.person).where(here.c.id.in_(some), here.c.person.is_not(None))
        person |= {row.id: row.person for row in connection.execute(named)}
    return sorted(leads, key=lambda lead: (person.get(lead, ""), lead))


def _hanging_on(table: Table, leads: Sequence[str]) -> Iterator[ColumnElement[bool]]:
    """The rows of a table that hang on these leads, near or far, by its foreign keys: so a table that is added later is
    not forgotten here."""
    if table is tables.leads:
        yield table.c.id.in_(leads)
    for key in table.foreign_keys:
        if key.column.table is tables.leads:
            yield key.parent.in_(leads)
        else:
            yield from (key.parent.in_(select(key.column).where(rows)) for rows in _hanging_on(key.column.table, leads))


def _existing(connection: Connection, leads: Sequence[str]) -> Iterator[str]:
    for some in _some(leads):
        yield from connection.scalars(select(tables.leads.c.id).where(tables.leads.c.id.in_(some)))


def _persons(connection: Connection, leads: Sequence[str]) -> Iterator[str]:
    here = tables.leads
    for some in _some(leads):
        wanted = select(here.c.person).where(here.c.id.in_(some), here.c.person.is_not(None))
        yield from filter(None, connection.scalars(wanted))


def _tell(connection: Connection, lead: str, at: datetime) -> int:
    """Every receiver that was sent something of the lead, or is being sent it now, hears the lead's id and no more."""
    sent, there = tables.messages, tables.receivers
    who = select(sent.c.receiver).join(there, there.c.id == sent.c.receiver).distinct()
    told = list(connection.scalars(who.where(sent.c.lead == lead, _went_out(), there.c.removed_at.is_(None))))
    for receiver in told:
        post_to(connection, receiver, Announcement(EVENT, at, {"lead": lead}))
    return len(told)


def _went_out() -> ColumnElement[bool]:
    """It was tried, or a worker is at it."""
    sent = tables.messages
    tried = select(tables.attempts.c.id).where(tables.attempts.c.message == sent.c.id)
    return or_(sent.c.leased_until.is_not(None), tried.exists())


def _mailed(connection: Connection, leads: Sequence[str]) -> tuple[str, ...]:
    sent = tables.messages
    wanted = select(sent.c.mail_to).where(sent.c.lead.in_(leads), sent.c.mail_to.is_not(None), _went_out())
    return tuple(filter(None, connection.scalars(wanted.distinct())))


def _some(many: Sequence[T]) -> Iterator[Sequence[T]]:
    return (many[start : start + AT_ONCE] for start in range(0, len(many), AT_ONCE))
