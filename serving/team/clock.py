"""What time brings: whose lead is due, who fell silent, who is away, and who can take what waits."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import NamedTuple

from leads.fields import Value
from leads.lead import Assignment, Decision, Submission
from leads.ledger import (
    Connection,
    LedgerUnavailable,
    Placement,
    answers_are_told,
    assignment_of,
    company_of_lead,
    decisions_by_id,
    due_assignments,
    given_by_policy,
    hold,
    holders,
    last_owner,
    owned,
    owner_in_company,
    post,
    queued,
    record_change,
    silent,
    submission_by_id,
    unanswered,
    write_placement,
)
from leads.ledger.clock import LET_PASS
from leads.team import Change
from serving.announcing.step_announcement import pause_announcement, step_announcement
from serving.deciding.intake import Intake
from serving.deciding.said import all_that_it_said
from serving.team.assignment import Assigned, Standing, after, assign, can_take
from serving.team.moves import Moves, free_handed, gone
from serving.team.placement import Team
from serving.views.queue import ranked

MOST = 500
"""Leads that one run looks at for each reason; what is left over waits for the next run."""
SILENT_AFTER = 3
"""So many leads in a row that pass their time unanswered, and a person is paused."""


class Due(NamedTuple):
    """What a look into the ledger found to do. By the time it is done it may have been done already."""

    away: Sequence[str]
    owned: Sequence[str]
    queued: Sequence[str]
    queue: bool


class Tried(NamedTuple):
    """Under these a lead could go to nobody; while they are the same, it is not looked at again."""

    decision: str
    hands: frozenset[str]
    changes: int


class Held(NamedTuple):
    """A lead that nobody else moves until the transaction ends, under the team's lock."""

    connection: Connection
    stands: Assignment
    team: Team
    decision: Decision
    submission: Submission
    values: Mapping[str, Value]


Move = Callable[[Held], Placement | None]


class Clock:
    """Each step is a transaction of its own, with its fact and its messages, and looks again at what it does: any
    number of clocks may run beside each other and beside the forms, and each step is done once."""

    def __init__(self, intake: Intake) -> None:
        self.intake = intake
        self.agreement = intake.agreement
        self.moves = Moves(intake.decider.placing)
        self._failures: list[Exception] = []
        self._in_vain: dict[str, Tried] = {}

    def run(self) -> None:
        """All that is due now. A lead that cannot be moved stops no other; the first such error is raised at last."""
        self._failures = []
        due = self._due()
        self._each(due.away, self._returned)
        self._each(due.owned, self._on_time)
        if due.queue:
            self._take_up()
        self._each(due.queued, self._on_time)
        if self._failures:
            raise self._failures[0]

    def _now(self) -> datetime:
        return self.intake.decider.now()

    def _due(self) -> Due:
        now = self._now()
        with self.intake.ledger.reading() as connection:
            having = holders(connection)
            team = Team(connection, self.agreement, now, locked=False)
            away = [lead for owner in sorted(having - {None}, key=str) for lead in _left(connection, str(owner), team)]
            late = due_assignments(connection, now, MOST)
        return Due(
            away[:MOST],
            [one.lead for one in late if one.owner is not None],
            [one.lead for one in late if one.owner is None],
            None in having,
        )

    def _returned(self, held: Held) -> Placement | None:
        owner = held.stands.owner
        if owner is None or not _is_left(held, owner):
            return None
        member = held.team.members.get(owner)
        why = gone(member, held.team) if member else f"{owner} is no longer in the team"
        return self.moves.returned(held.stands, held.team, why or "its owner is away")

    def _on_time(self, held: Held) -> Placement | None:
        """After a standstill both steps of a lead may be due; then only the later one is done."""
        stands, now = held.stands, held.team.now
        if stands.next_at is None or stands.next_at > now:
            return None
        if stands.next_step == "remind" and stands.respond_by > now:
            return self.moves.reminded(stands, held.team)
        return self.moves.overdue(stands, held.team, held.values)

    def _take_up(self) -> None:
        """By the index of this moment, until nobody's hands are free."""
        with self.intake.ledger.reading() as connection:
            team = Team(connection, self.agreement, self._now(), locked=False)
            hands = _free(team.standings)
            waiting = [one for one in queued(connection) if one.answered_at is None] if hands else []
        in_vain, self._in_vain = self._in_vain, {}
        for one in ranked(waiting, self.agreement.sales.decay, team.now):
            stands = one.assignment
            tried = Tried(stands.decision, frozenset(person.name for person in hands), len(team.changes))
            if in_vain.get(stands.lead) == tried or not self._can_go(stands, team, hands):
                self._in_vain[stands.lead] = tried
            elif placed := self._step(stands.lead, self._taken_up):
                hands = _free(after(hands, Assigned(placed.owner, "", placed.credits)))
            if not hands:
                return

    def _can_go(self, stands: Assignment, team: Team, hands: Sequence[Standing]) -> bool:
        """Looked up without a lock first: many leads may wait for somebody who is not there."""
        with self.intake.ledger.reading() as connection:
            told, known = self._told(connection, stands), _known(connection, stands.lead)
        rules, never = self.agreement.routing.rules, self.moves.never(stands, team)
        return told is not None and assign(told[2], hands, rules, stands.lead, known, never).owner is not None

    def _taken_up(self, held: Held) -> Placement | None:
        stands = held.stands
        if stands.owner is not None or stands.answered_at is not None:
            return None
        return self.moves.taken_up(stands, held.team, held.values, _known(held.connection, stands.lead))

    def _each(self, leads: Iterable[str], move: Move) -> None:
        for lead in leads:
            self._step(lead, move)

    def _step(self, lead: str, move: Move) -> Placement | None:
        try:
            placed = self.intake.writer.submit(partial(self._move, lead=lead, move=move)).result()
        except LedgerUnavailable:
            raise
        except Exception as error:  # raised at the end of the run: the other leads must not wait for this one
            self._failures.append(error)
            return None
        for step in placed.steps if placed else ():
            self.intake.metrics.stepped(step)
        return placed

    def _move(self, connection: Connection, lead: str, move: Move) -> Placement | None:
        held = self._held(connection, lead)
        placed = move(held) if held is not None else None
        if held is None or placed is None:
            return None
        write_placement(connection, placed)
        for step in placed.steps:
            told = step_announcement(step, held.decision, held.submission, self.agreement, held.team, self.intake.links)
            post(connection, told, step.lead, step.decision)
            if step.kind in LET_PASS and step.owner_before is not None:
                self._pause_if_silent(held, step.owner_before)
        return placed

    def _held(self, connection: Connection, lead: str) -> Held | None:
        """None for a lead that is gone, or no longer a matter for sales."""
        if not hold(connection, lead):
            return None
        team = Team(connection, self.agreement, self._now())
        stands = assignment_of(connection, lead)
        told = self._told(connection, stands)
        if stands is None or told is None or stands.ended_at is not None:
            return None
        return Held(connection, stands, team, *told)

    def _told(
        self, connection: Connection, stands: Assignment | None
    ) -> tuple[Decision, Submission, Mapping[str, Value]] | None:
        if stands is None or (decision := decisions_by_id(connection, [stands.decision]).get(stands.decision)) is None:
            return None
        submission = submission_by_id(connection, decision.submission)
        return decision, submission, all_that_it_said(connection, submission, self.agreement.form.fields)

    def _pause_if_silent(self, held: Held, person: str) -> None:
        """In the transaction of the step that says so, so that no restart forgets it. What else waits for them goes
        back with the next run."""
        member, now = held.team.members.get(person), held.team.now
        if member is None or member.paused or not answers_are_told(held.connection):
            return
        if silent(held.connection, person, SILENT_AFTER, _began(held.team.changes, person)):
            record_change(held.connection, Change(person, now, "paused", {"by": "silence"}))
            post(held.connection, pause_announcement(member, SILENT_AFTER, self.agreement, held.team), None, None)


def _left(connection: Connection, owner: str, team: Team) -> Iterator[str]:
    """The leads of somebody who is away: those that wait for an answer, of who is no longer in the team all of them.
    Whom a person named by hand need not be in the team."""
    if member := team.members.get(owner):
        leads = [one.lead for one in unanswered(connection, owner)] if gone(member, team) else []
    elif any(change.person == owner and change.kind == "removed" for change in team.changes):
        leads = [one.lead for one in owned(connection, [owner])]
    else:
        leads = given_by_policy(connection, owner)
    yield from leads


def _is_left(held: Held, owner: str) -> bool:
    """As in `_left`, for one lead."""
    if member := held.team.members.get(owner):
        return held.stands.answered_at is None and gone(member, held.team) is not None
    by_hand = held.decision.ruled_by == "hand" and held.decision.owner == owner
    return not by_hand or any(change.person == owner and change.kind == "removed" for change in held.team.changes)


def _began(changes: Sequence[Change], person: str) -> datetime | None:
    """When they were last added or came back; what they left unanswered before counts no more."""
    began = [change.at for change in changes if change.person == person and change.kind in ("added", "resumed")]
    return began[-1] if began else None


def _known(connection: Connection, lead: str) -> str | None:
    """Who had this person last, or somebody of their company."""
    if (owner := last_owner(connection, lead)) is not None:
        return owner
    company = company_of_lead(connection, lead)
    return owner_in_company(connection, company, lead) if company else None


def _free(standings: Iterable[Standing]) -> list[Standing]:
    """Who could take a lead of their kind now."""
    return [person for person in free_handed(standings) if can_take(replace(person, takes={}), {})]
