"""What a rehearsal shows, counted from the facts in its ledger."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from leads.agreement import Agreement
from leads.lead import Step
from leads.ledger import Connection, minutes_of_leads, sent_since, steps_since, team_changes, unanswered
from leads.ledger.clock import LET_PASS
from leads.ledger.team import TAKING
from leads.team import Member, capacity_a_day, team_of
from serving.rehearsal.play import Play


@dataclass(frozen=True)
class Day:
    """`forms` is what came, and the four routes are where it went. `waiting` are unanswered at midnight. `minutes` are
    those of the leads that were answered, `capacity` those that the team could give, whoever is silent."""

    day: date
    forms: int
    sales: int
    review: int
    nurture: int
    quarantine: int
    answered: int
    in_time: int
    reminded: int
    reassigned: int
    escalated: int
    waiting: int
    minutes: float
    capacity: float


@dataclass(frozen=True)
class Worker:
    """`leads` is how often they were given one, in turn or because somebody else let it pass; `share` is of all, where
    their weight alone would say `weight_share`. `let_pass` counts the leads whose time passed with them."""

    name: str
    leads: int
    share: float
    weight_share: float
    answered: int
    in_time: int
    let_pass: int
    at_hand: int
    paused_at: datetime | None


@dataclass(frozen=True)
class Never:
    """What must not happen, and how often it did: leads with neither an owner nor a place in the queue, at any of
    `looks` looks; leads that went back to somebody who had let their time pass; days on which somebody got more than
    their cap."""

    looks: int
    of_nobody: int
    given_back: int
    beyond_cap: int


@dataclass(frozen=True)
class Figures:
    days: Sequence[Day]
    people: Sequence[Worker]
    queued: int
    never: Never
    furthest: str | None


class Facts:
    """All that was written since the rehearsal began."""

    def __init__(self, connection: Connection, agreement: Agreement, began: datetime) -> None:
        self.agreement = agreement
        self.zone = ZoneInfo(agreement.sales.timezone)
        self.sent = sent_since(connection, began)
        self.steps = steps_since(connection, began)
        self.minutes = minutes_of_leads(connection, began)
        self.changes = team_changes(connection)
        self.waiting = Counter(one.owner for one in unanswered(connection))
        self.began = began

    def day_of(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()


def figures(facts: Facts, play: Play) -> Figures:
    days = [_day(facts, day, waiting) for day, waiting in play.waiting.items()]
    never = Never(play.looks, len(play.of_nobody), _given_back(facts.steps), _beyond_cap(facts))
    return Figures(days, _people(facts), facts.waiting[None], never, _furthest(facts.steps))


def _day(facts: Facts, day: date, waiting: int) -> Day:
    routes = Counter(one.route for one in facts.sent if facts.day_of(one.at) == day)
    steps = [step for step in facts.steps if facts.day_of(step.at) == day]
    kinds, answered = Counter(step.kind for step in steps), _answered(steps)
    noon = datetime.combine(day, time(12), facts.zone)
    team = team_of(facts.agreement, [change for change in facts.changes if change.at <= noon])
    return Day(
        day=day,
        forms=routes.total(),
        sales=routes["sales"],
        review=routes["review"],
        nurture=routes["nurture"],
        quarantine=routes["quarantine"],
        answered=len(answered),
        in_time=sum(map(_in_time, answered)),
        reminded=kinds["reminded"],
        reassigned=kinds["reassigned"],
        escalated=kinds["escalated"],
        waiting=waiting,
        minutes=sum(facts.minutes[step.lead] for step in answered),
        capacity=capacity_a_day(team, facts.agreement, noon, 1),
    )


def _people(facts: Facts) -> list[Worker]:
    team = team_of(facts.agreement, facts.changes)
    got = Counter(step.owner for step in facts.steps if _given(step))
    weights = sum(member.weight for member in team)
    return [
        _worker(facts, member, got[member.name], got.total(), member.weight / weights, _paused_at(facts, member))
        for member in team
    ]


def _worker(
    facts: Facts, member: Member, leads: int, all_leads: int, weight_share: float, paused_at: datetime | None
) -> Worker:
    answered = [step for step in _answered(facts.steps) if step.owner == member.name]
    return Worker(
        name=member.name,
        leads=leads,
        share=leads / all_leads if all_leads else 0.0,
        weight_share=weight_share,
        answered=len(answered),
        in_time=sum(map(_in_time, answered)),
        let_pass=sum(step.owner_before == member.name for step in facts.steps if step.kind in LET_PASS),
        at_hand=facts.waiting[member.name],
        paused_at=paused_at,
    )


def _paused_at(facts: Facts, member: Member) -> datetime | None:
    """When they were last paused, also before the rehearsal."""
    paused = [change.at for change in facts.changes if change.person == member.name and change.kind == "paused"]
    return paused[-1] if member.paused else None


def _given(step: Step) -> bool:
    return step.kind in TAKING or (step.kind == "escalated" and step.owner != step.owner_before)


def _answered(steps: Iterable[Step]) -> list[Step]:
    return [step for step in steps if step.kind == "answered"]


def _in_time(answer: Step) -> bool:
    return answer.respond_by is not None and answer.at <= answer.respond_by


def _given_back(steps: Sequence[Step]) -> int:
    """Where a lead's time passed with somebody, and it went on to them once more."""
    passed = set[tuple[str, str | None]]()
    back = 0
    for step in steps:
        back += step.kind == "reassigned" and (step.lead, step.owner) in passed
        if step.kind in LET_PASS:
            passed.add((step.lead, step.owner_before))
    return back


def _beyond_cap(facts: Facts) -> int:
    team = {member.name: member for member in team_of(facts.agreement, facts.changes)}
    given = Counter(
        (step.owner, step.at.astimezone(team[step.owner].working.zone).date())
        for step in facts.steps
        if step.kind in TAKING and step.owner in team
    )
    caps = {name: member.daily_cap for name, member in team.items()}
    return sum(leads > (caps[name] or leads) for (name, _), leads in given.items())


def _furthest(steps: Sequence[Step]) -> str | None:
    """The lead to which most different things happened, then most things, then the first."""
    of_lead: dict[str, list[Step]] = {}
    for step in steps:
        of_lead.setdefault(step.lead, []).append(step)
    far = {lead: (len({step.kind for step in taken}), len(taken)) for lead, taken in of_lead.items()}
    return max(far, key=lambda lead: far[lead], default=None)
