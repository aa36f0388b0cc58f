"""Who takes the reins of a lead. Pure: over who is there, what each has got so far, and the agreement's rules."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from leads.agreement import Agreement
from leads.conditions import condition_words, meet_all
from leads.fields import Value
from leads.lead import Route
from leads.sections import RoutingRule
from leads.worktime import WorkingTime, working_time

QUEUES: dict[Route, str] = {
    "sales": "sales",
    "review": "sales",
    "nurture": "marketing",
    "quarantine": "marketing",
}
TIE = 1e-9
"""Credits that differ by less are the same: they are sums of fractions."""


def hours_of_sales(agreement: Agreement) -> WorkingTime:
    return working_time(agreement.sales.hours, agreement.sales.timezone, agreement.sales.holidays)


@dataclass(frozen=True, slots=True)
class Standing:
    """One sales person at one moment. `credit` is what the rotation owes them, in leads; `free_today` is None without a
    daily cap; `at_hand` counts the leads that wait for their answer."""

    name: str
    weight: float
    takes: Mapping[str, tuple[str, ...]]
    there: bool
    free_today: int | None
    credit: float
    at_hand: int = 0


class Assigned(NamedTuple):
    """`owner` is None when nobody can take the lead now: it waits in the queue. `why` is for people; `credits` are the
    new ones of all who shared the turn, `tied` those whose turn it was alike."""

    owner: str | None
    why: str
    credits: Mapping[str, float]
    tied: tuple[str, ...] = ()


class Turn(NamedTuple):
    name: str
    tied: tuple[str, ...]
    credits: Mapping[str, float]


class Matched(NamedTuple):
    """The rule that a lead comes under: its number, 2.1 for the first within the second, and who may take the lead
    (anybody, where that is empty). `when` is all that it and the rules around it ask."""

    number: str
    when: Sequence[str]
    to: Sequence[str]


def assign(
    values: Mapping[str, Value],
    team: Sequence[Standing],
    rules: Sequence[RoutingRule],
    lead: str,
    known_owner: str | None = None,
    never: frozenset[str] = frozenset(),
) -> Assigned:
    """The owner that the person or their company already has, if they can take it; else the first rule that matches
    says who may, and the rotation says who does."""
    able = [person for person in team if can_take(person, values) and person.name not in never]
    if known_owner in {person.name for person in able}:
        return Assigned(known_owner, f"{known_owner} knows this person or company", {})
    matched = first_match(rules, values)
    named = [person for person in able if not matched.to or person.name in matched.to]
    if not named:
        return Assigned(None, f"{told(matched)}; {nobody(matched, team)}", {})
    turn = next_turn(named, lead)
    alone = f"only {turn.name} can take it now" if len(named) == 1 else f"it is {turn.name}'s turn"
    return Assigned(turn.name, f"{told(matched)}; {alone}", turn.credits, turn.tied)


def can_take(person: Standing, values: Mapping[str, Value]) -> bool:
    """They are there, have not reached their cap, and the lead is of the kind that they take."""
    free = person.free_today is None or person.free_today > 0
    return person.there and free and meet_all(values, person.takes)


def first_match(rules: Sequence[RoutingRule], values: Mapping[str, Value]) -> Matched:
    """The first rule that matches; where that has rules of its own, the first of these, if any. A rule that names no
    people leaves it at those whom the rule around it names. The last rule of an agreement has no condition, so one
    always matches; without any rules everybody may take every lead."""
    matched = Matched("", (), ())
    while found := next(((n, rule) for n, rule in enumerate(rules, 1) if meet_all(values, rule.when)), None):
        number, rule = found
        asked = [f"{key} is {condition_words(condition)}" for key, condition in rule.when.items()]
        within = f"{matched.number}.{number}" if matched.number else str(number)
        matched, rules = Matched(within, (*matched.when, *asked), rule.to or matched.to), rule.rules
    return matched


def next_turn(named: Sequence[Standing], lead: str) -> Turn:
    """Weighted rotation: each lead gives everyone who could take it their weight's share of a turn, and who takes it
    pays one. Who is away is owed nothing for it, so no flood waits for them. Ties are broken by the lead, so that no
    name and no age in the team is favoured."""
    total = sum(person.weight for person in named)
    owed = {person.name: person.credit + person.weight / total for person in named}
    urgency = _urgency(owed, {person.name: person.weight / total for person in named})
    most = max(urgency.values())
    tied = tuple(name for name, urgent in urgency.items() if urgent > most - TIE)
    chosen = min(tied, key=lambda name: hashlib.sha256(f"{lead} {name}".encode()).digest())
    return Turn(chosen, tied, owed | {chosen: owed[chosen] - 1})


def _urgency(owed: Mapping[str, float], shares: Mapping[str, float]) -> Mapping[str, float]:
    """First who is owed a whole lead, the most owed before others; else, of those who are owed anything, who would be
    owed a whole one soonest (Tijdeman, The chairman assignment problem, 1980). While nobody comes or goes, what each
    has got then stays within one lead of their share; serving the most owed alone does not hold that."""
    waiting = [name for name, credit in owed.items() if credit > TIE]
    if not waiting or max(owed.values()) >= 1 - TIE:
        return owed
    return {name: (owed[name] - 1) / shares[name] for name in waiting}


def told(matched: Matched) -> str:
    if not matched.number:
        return "everybody may take it"
    return f"rule {matched.number} ({' and '.join(matched.when) or 'everything else'})"


def nobody(matched: Matched, team: Sequence[Standing]) -> str:
    if not team:
        return "nobody is in the team"
    return f"{' and '.join(matched.to)} cannot take it now" if matched.to else "nobody can take it now"


def after(team: Sequence[Standing], assigned: Assigned) -> list[Standing]:
    """The team once the lead is theirs."""
    return [_after(person, assigned) for person in team]


def _after(person: Standing, assigned: Assigned) -> Standing:
    credited = replace(person, credit=assigned.credits.get(person.name, person.credit))
    if person.name != assigned.owner:
        return credited
    free = None if person.free_today is None else person.free_today - 1
    return replace(credited, free_today=free, at_hand=person.at_hand + 1)
