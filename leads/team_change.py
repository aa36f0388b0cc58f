"""What may be said of the team over the agreement's list: each function gives the change, or refuses it in words."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from pydantic import ValidationError

from leads.agreement_text import sentence, tuples
from leads.contradictions.place import hint
from leads.contradictions.sales import person_faults
from leads.refusal import Refusal
from leads.sections import Agreement, Person, RoutingRule
from leads.team import Change, Leave, Member, team_of


def added(agreement: Agreement, changes: Sequence[Change], name: str, said: Mapping[str, Any], now: datetime) -> Change:
    """`said` are keys of a person as in the agreement; where they say nothing, the agreement's own word on a person of
    that name counts."""
    for member in team_of(agreement, changes):
        if member.name.strip().casefold() == name.strip().casefold():
            raise Refusal(f"“{member.name}” is in the team already; `accord people remove` comes first.")
    check_person(agreement, name.strip(), said)
    return Change(name.strip(), now, "added", dict(said))


def removed(agreement: Agreement, changes: Sequence[Change], name: str, now: datetime) -> Change:
    return Change(member_named(agreement, changes, name).name, now, "removed")


def on_leave(agreement: Agreement, changes: Sequence[Change], name: str, leave: Leave, now: datetime) -> Change:
    member = member_named(agreement, changes, name)
    if leave.last < leave.first:
        raise Refusal(f"The leave ends on {leave.last}, before it begins on {leave.first}; put --from and --to right.")
    if leave.last < today(member, now):
        raise Refusal(f"The leave ended already, on {leave.last}; look at the year.")
    for other in member.leaves:
        if leave.first <= other.last and other.first <= leave.last:
            raise Refusal(f"“{member.name}” is on leave from {span(other)} already; cancel that first (--cancel).")
    return Change(member.name, now, "leave", _dates(leave))


def leave_cancelled(agreement: Agreement, changes: Sequence[Change], name: str, leave: Leave, now: datetime) -> Change:
    member = member_named(agreement, changes, name)
    if leave not in member.leaves:
        known = "; ".join(f"from {span(other)}" for other in member.leaves) or "none"
        raise Refusal(f"“{member.name}” has no leave from {span(leave)}. Known: {known}.")
    return Change(member.name, now, "leave-cancelled", _dates(leave))


def other_hours(
    agreement: Agreement, changes: Sequence[Change], name: str, hours: str, timezone: str | None, now: datetime
) -> Change:
    member = member_named(agreement, changes, name)
    said = {"hours": hours} | ({"timezone": timezone} if timezone is not None else {})
    check_person(agreement, member.name, said | {"timezone": timezone or member.working.zone.key})
    return Change(member.name, now, "hours", said)


def paused(agreement: Agreement, changes: Sequence[Change], name: str, now: datetime) -> Change:
    member = member_named(agreement, changes, name)
    if member.paused:
        raise Refusal(f"“{member.name}” is paused already; `accord people resume` ends that.")
    return Change(member.name, now, "paused", {"by": "hand"})


def resumed(agreement: Agreement, changes: Sequence[Change], name: str, now: datetime) -> Change:
    member = member_named(agreement, changes, name)
    if not member.paused:
        raise Refusal(f"“{member.name}” is not paused.")
    return Change(member.name, now, "resumed")


def member_named(agreement: Agreement, changes: Sequence[Change], name: str) -> Member:
    team = {member.name: member for member in team_of(agreement, changes)}
    if name in team:
        return team[name]
    if any(change.kind == "removed" and change.person == name for change in changes):
        raise Refusal(f"“{name}” is in the team no longer; `accord people add` takes them in again.")
    raise Refusal(f"Nobody in the team is called “{name}”.{hint(name, team)} `accord people` shows all.")


def check_person(agreement: Agreement, name: str, said: Mapping[str, Any]) -> None:
    agreed = next((person.model_dump() for person in agreement.sales.people if person.name == name), {})
    try:
        person = Person.model_validate(agreed | {"name": name} | tuples(dict(said)))
    except ValidationError as error:
        found = error.errors(include_url=False)[0]
        raise Refusal(sentence(found["loc"], found)) from None
    for key, fault in person_faults(agreement, person):
        raise Refusal(f"{'.'.join(key)}{fault}")


def today(member: Member, now: datetime) -> date:
    """By their own clock."""
    return now.astimezone(member.working.zone).date()


def span(leave: Leave) -> str:
    return f"{leave.first} to {leave.last}"


def without_takers(agreement: Agreement, names: Sequence[str]) -> list[str]:
    """Rules that name people none of whom is in the team now: their leads wait in the queue."""
    return [number for number, to in _named(agreement.routing.rules, "", ()) if to and not set(to) & set(names)]


def reachable(agreement: Agreement, name: str) -> bool:
    """Whether a rule lets this person have a lead."""
    found = list(_named(agreement.routing.rules, "", ()))
    return not found or any(not to or name in to for _, to in found)


def _named(rules: Sequence[RoutingRule], within: str, around: tuple[str, ...]) -> Sequence[tuple[str, tuple[str, ...]]]:
    """Each rule's number and whom it names."""
    found: list[tuple[str, tuple[str, ...]]] = []
    for number, rule in enumerate(rules, 1):
        place, to = f"{within}{number}", rule.to or around
        found += [(place, to), *_named(rule.rules, f"{place}.", to)]
    return found


def _dates(leave: Leave) -> dict[str, str]:
    return {"from": leave.first.isoformat(), "to": leave.last.isoformat()}
