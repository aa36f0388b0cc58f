"""How one agreement takes the place of another: it is proposed, and both teams approve it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, Row, insert, select

from leads.ledger import tables
from leads.ledger.agreement import take_up, write_agreement
from leads.ledger.book import Ledger
from leads.ledger.key import TEAMS, Key, Team
from leads.refusal import Refusal

ChapterState = Literal["in force", "was in force", "proposed", "not adopted"]


class NoTeam(Refusal):
    """The key speaks for neither team."""


class NoSuchAgreement(Refusal):
    """No agreement of the ledger has this number."""


class NotProposed(Refusal):
    """The agreement is not what is proposed now."""


class Proposed(NamedTuple):
    """`anew` is False where just this was proposed already."""

    number: int
    instead_of: int
    anew: bool


class Approved(NamedTuple):
    """`waits_for` are the teams that have not approved yet: with none of them the agreement is in force. `anew` is
    False where the team had approved it before."""

    number: int
    team: Team
    waits_for: tuple[Team, ...]
    anew: bool


class Approval(NamedTuple):
    """`key` is the key's first letters, `label` what it is for."""

    team: Team
    key: str
    label: str | None
    at: datetime


class Chapter(NamedTuple):
    """An agreement that was in force once, or was only proposed. `instead_of` is the one before it; `proposed_at` is
    None for one that was taken up as it was."""

    number: int
    instead_of: int | None
    state: ChapterState
    proposed_at: datetime | None
    approvals: tuple[Approval, ...]
    in_force_from: datetime | None
    in_force_to: datetime | None


def propose(ledger: Ledger, text: str, digest: str, now: datetime) -> Proposed:
    """Takes the place of what was proposed before; the same again keeps its approvals."""
    with ledger.transaction() as connection:
        adoption, waiting = _newest_adoption(connection), _waiting(connection)
        if adoption is None:
            raise Refusal("No agreement is in force yet; `accord serve` adopts the first one as it is.")
        number = write_agreement(connection, text, digest, now)
        if number == adoption.agreement:
            raise Refusal(f"Nothing to propose: this is agreement {number}, which is in force.")
        proposed = Proposed(number, adoption.agreement, waiting is None or waiting.agreement != number)
        if proposed.anew:
            row = {"agreement": number, "instead_of": adoption.id, "proposed_at": now}
            connection.execute(insert(tables.proposals), row)
        return proposed


def approve(ledger: Ledger, number: int, key: Key, now: datetime) -> Approved:
    """With the second team's approval the agreement is in force."""
    with ledger.transaction() as connection:
        _look_up(connection, number)
        if key.team is None:
            raise NoTeam("An approval needs the key of one team: `accord keys create sk --scope approve-sales`.")
        _one_after_another(connection)
        proposal = _approvable(connection, number, key.team)
        given = _teams(connection, proposal.id)
        if anew := key.team not in given:
            row = {"proposal": proposal.id, "team": key.team, "key": key.id, "approved_at": now}
            connection.execute(insert(tables.approvals), row)
        waits_for = tuple(team for team in TEAMS if team not in {*given, key.team})
        if anew and not waits_for:
            take_up(connection, number, now)
        return Approved(number, key.team, waits_for, anew)


def chapters(ledger: Ledger) -> list[Chapter]:
    """Every agreement that was in force and every proposal, the oldest first."""
    with ledger.reading() as connection:
        adoptions = connection.execute(select(tables.adoptions).order_by(tables.adoptions.c.id)).all()
        proposals = connection.execute(select(tables.proposals).order_by(tables.proposals.c.id)).all()
        approvals = {row.id: _approvals(connection, row.id) for row in proposals}
        waiting = _waiting(connection)
    by_place = {row.instead_of: row for row in proposals if len(approvals[row.id]) == len(TEAMS)}
    told = [_adopted(adoptions, place, by_place, approvals) for place in range(len(adoptions))]
    numbers = {row.id: row.agreement for row in adoptions}
    for row in proposals:
        if row not in by_place.values():
            state: ChapterState = "proposed" if waiting is not None and row.id == waiting.id else "not adopted"
            replaced = numbers[row.instead_of]
            told.append(Chapter(row.agreement, replaced, state, row.proposed_at, approvals[row.id], None, None))
    return sorted(told, key=lambda chapter: chapter.proposed_at or chapter.in_force_from or datetime.max)


def _adopted(
    adoptions: Sequence[Row[Any]], place: int, by_place: dict[int, Row[Any]], approvals: dict[int, tuple[Approval, ...]]
) -> Chapter:
    row, before = adoptions[place], adoptions[place - 1] if place else None
    after = adoptions[place + 1] if place + 1 < len(adoptions) else None
    proposal = by_place.get(before.id) if before is not None else None
    return Chapter(
        row.agreement,
        before.agreement if before is not None else None,
        "in force" if after is None else "was in force",
        proposal.proposed_at if proposal is not None else None,
        approvals[proposal.id] if proposal is not None else (),
        row.adopted_at,
        after.adopted_at if after is not None else None,
    )


def _newest_adoption(connection: Connection) -> Row[Any] | None:
    return connection.execute(select(tables.adoptions).order_by(tables.adoptions.c.id.desc()).limit(1)).first()


def _newest_proposal(connection: Connection) -> Row[Any] | None:
    here = tables.proposals
    return connection.execute(select(here).order_by(here.c.id.desc()).limit(1)).first()


def _waiting(connection: Connection) -> Row[Any] | None:
    """What is proposed in place of the agreement that is in force now."""
    proposal, adoption = _newest_proposal(connection), _newest_adoption(connection)
    stands = proposal is not None and adoption is not None and proposal.instead_of == adoption.id
    return proposal if stands else None


def _look_up(connection: Connection, number: int) -> None:
    here = tables.agreements
    if connection.scalar(select(here.c.number).where(here.c.number == number)) is None:
        raise NoSuchAgreement("There is no agreement with this number; `accord agreements` tells them all.")


def _approvable(connection: Connection, number: int, team: Team) -> Row[Any]:
    """Also what came into force by this team's approval, so that an approval may be sent again."""
    newest, waiting, adoption = _newest_proposal(connection), _waiting(connection), _newest_adoption(connection)
    if waiting is not None and waiting.agreement == number:
        return waiting
    if adoption is not None and adoption.agreement == number:
        if newest is not None and newest.agreement == number and team in _teams(connection, newest.id):
            return newest
        raise NotProposed(f"Agreement {number} is in force already.")
    if waiting is not None:
        raise NotProposed(f"What is proposed now is agreement {waiting.agreement}, and not {number}.")
    raise NotProposed(f"Agreement {number} is not proposed; `accord propose` proposes an agreement.")


def _one_after_another(connection: Connection) -> None:
    """On PostgreSQL: of two approvals at once the second must see the first, or neither would adopt."""
    here = tables.proposals
    connection.execute(select(here.c.id).order_by(here.c.id.desc()).limit(1).with_for_update())


def _teams(connection: Connection, proposal: int) -> list[Team]:
    return [approval.team for approval in _approvals(connection, proposal)]


def _approvals(connection: Connection, proposal: int) -> tuple[Approval, ...]:
    here, keys = tables.approvals, tables.keys
    told = select(here.c.team, here.c.key, keys.c.label, here.c.approved_at).join(keys, keys.c.id == here.c.key)
    return tuple(
        Approval(*row) for row in connection.execute(told.where(here.c.proposal == proposal).order_by(here.c.id))
    )
