"""What the clock does with a lead of sales: who has it next, and by when to answer it. Nothing is written here."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from leads.fields import Value
from leads.lead import Assignment, Step, StepKind
from leads.ledger import Placement
from leads.team import Member
from serving.team.assignment import Assigned, Standing, assign
from serving.team.placement import REMIND_AFTER, SALES, Placing, Team, answer_by

AT_HAND = 3
"""So many unanswered leads at hand, and a person gets none from the queue and none that another let pass."""


class Moves:
    def __init__(self, placing: Placing) -> None:
        self.hours = placing.hours
        self.sales = placing.agreement.sales
        self.rules = placing.agreement.routing.rules

    def returned(self, stands: Assignment, team: Team, why: str) -> Placement:
        """Back into the queue, where its time begins anew, unless it was escalated already. That it was with somebody
        who is away now is no reason against them once they are back."""
        respond_by = self.hours.after(team.now, self.sales.first_response_minutes)
        made = replace(stands, owner=None, since=team.now, respond_by=respond_by, answered_at=None)
        if stands.escalated and stands.owner is not None:
            had = tuple(dict.fromkeys((*stands.owned_before, stands.owner)))
            return _placed(replace(made, owned_before=had), "returned", stands, team, why)
        return _placed(replace(made, next_step="due", next_at=respond_by), "returned", stands, team, why)

    def reminded(self, stands: Assignment, team: Team) -> Placement:
        made = replace(stands, next_step="due", next_at=stands.respond_by)
        return _placed(made, "reminded", stands, team, "two thirds of the time to answer have passed")

    def overdue(self, stands: Assignment, team: Team, values: Mapping[str, Value]) -> Placement:
        """To another person who never let its time pass, and after so many to the lead of the team."""
        if stands.owner is None:
            return self._escalated(stands, team, "nobody could take it in time")
        late = f"{stands.owner} did not answer in time"
        had = (*stands.owned_before, stands.owner)
        if len(stands.owned_before) >= self.sales.reassignments:
            return self._escalated(stands, team, f"{late}, the last of {len(had)} people" if len(had) > 1 else late)
        found = assign(values, free_handed(team.standings), self.rules, stands.lead, never=frozenset(had))
        if found.owner is None:
            return self._escalated(stands, team, f"{late}; nobody else can take it now")
        return self._given(replace(stands, owned_before=had), "reassigned", stands, team, found, late)

    def taken_up(
        self, stands: Assignment, team: Team, values: Mapping[str, Value], known: str | None
    ) -> Placement | None:
        """From the queue; None where nobody can take it now. Its time begins anew with its owner, and so does all that
        the clock does."""
        never = self.never(stands, team)
        found = assign(values, free_handed(team.standings), self.rules, stands.lead, known, never)
        return self._given(stands, "assigned", stands, team, found) if found.owner is not None else None

    def never(self, stands: Assignment, team: Team) -> frozenset[str]:
        """Who let its time pass gets it from the queue again only where everybody did who is not away."""
        had = frozenset(stands.owned_before)
        others = (name for name, member in team.members.items() if not gone(member, team))
        return frozenset() if had.issuperset(others) else had

    def _given(
        self, made: Assignment, kind: StepKind, before: Assignment, team: Team, found: Assigned, late: str = ""
    ) -> Placement:
        member, minutes = team.members[str(found.owner)], self.sales.first_response_minutes
        made = replace(
            made,
            owner=member.name,
            since=team.now,
            respond_by=answer_by(member.working, self.hours, team.now, minutes),
            next_step="remind",
            next_at=answer_by(member.working, self.hours, team.now, minutes * REMIND_AFTER),
            escalated=False,
        )
        placed = _placed(made, kind, before, team, f"{late}; {found.why}" if late else found.why)
        return placed._replace(credits=found.credits)

    def _escalated(self, stands: Assignment, team: Team, why: str) -> Placement:
        """Once, and then the clock is quiet. It goes to the lead of the team, or stays while they are away; what is in
        the queue stays there until somebody can take it."""
        made = replace(stands, escalated=True, next_step=None, next_at=None)
        leader = team.members.get(self.sales.lead or "")
        if stands.owner is not None and leader is not None and leader.name != stands.owner and not gone(leader, team):
            had = (*stands.owned_before, stands.owner)
            made = replace(made, owner=leader.name, owned_before=had, since=team.now)
        return _placed(made, "escalated", stands, team, why)


def free_handed(standings: Iterable[Standing]) -> list[Standing]:
    return [person for person in standings if person.at_hand < AT_HAND]


def gone(member: Member, team: Team) -> str | None:
    """Why a person does not answer for a while; None for who is at work, or only at home for the night."""
    if member.paused:
        return f"{member.name} is paused"
    today = team.now.astimezone(member.working.zone).date()
    return f"{member.name} is on leave" if any(today in leave for leave in member.leaves) else None


def _placed(made: Assignment, kind: StepKind, before: Assignment, team: Team, why: str) -> Placement:
    member = team.members.get(made.owner or "")
    step = Step(made.lead, made.decision, team.now, kind, made.owner, before.owner, made.respond_by, why)
    return Placement(made.owner or SALES, made.respond_by, member.mail if member else None, made, (step,))
