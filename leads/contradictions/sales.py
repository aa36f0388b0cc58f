"""What sales promises, and the people who keep it."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, available_timezones

from leads.contradictions.condition import kind_of, unknown
from leads.contradictions.goal import number_field
from leads.contradictions.place import Found, hint
from leads.hours import read_hours
from leads.kinds import FLAGS, NUMBERS, PERSONAL
from leads.sections import Agreement, FieldValue, Person, Sales
from leads.worktime import NeverOpen, holidays_of, working_time

QUEUES = ("sales", "marketing")
"""What a lead's owner is called while no person has it."""


def sales(agreement: Agreement) -> Found:
    yield from promises(agreement.sales)
    said, minutes = agreement.sales, ("sales", "minutes_per_lead")
    yield from number_field(agreement, minutes, said.minutes_per_lead)
    if isinstance(said.minutes_per_lead, FieldValue) and said.minutes_per_lead.otherwise is None:
        field = said.minutes_per_lead.field
        shown = "sales.minutes_per_lead must say how long a lead takes that leaves this field empty; write"
        yield minutes, f'{shown} {{ field = "{field}", otherwise = 22 }}.'
    if said.decay.floor + said.decay.quick > 1 + 1e-9:
        yield ("sales", "decay"), "sales.decay.floor and sales.decay.quick are shares of one whole; lower one of them."
    names = [person.name for person in said.people]
    if said.lead is not None and said.lead not in names:
        shown = f"sales.lead names “{said.lead}”, who is not one of sales.people.{hint(said.lead, names)}"
        yield ("sales", "lead"), shown


def promises(said: Sales) -> Found:
    faults = dict(unreadable(said.hours, said.timezone, said.holidays))
    for name, fault in faults.items():
        yield ("sales", name), f"sales.{name}{fault}"
    if not faults and never_due(said, said.hours, said.timezone, said.holidays):
        shown = "do not pass within ten years of these hours; name more hours or fewer minutes."
        yield ("sales", "first_response_minutes"), f"sales.first_response_minutes {shown}"


def unreadable(hours: str | None, timezone: str | None, holidays: str | None) -> Iterator[tuple[str, str]]:
    """What is wrong with a zone, hours or a calendar, to be read behind the name of its key."""
    for name, said, check in (("timezone", timezone, zone), ("hours", hours, week), ("holidays", holidays, calendar)):
        if said is not None and (fault := check(said)):
            yield name, fault


def zone(named: str) -> str | None:
    try:
        ZoneInfo(named)
    except (KeyError, ValueError, OSError):  # unknown, no name of a zone, a folder of zones
        return f" “{named}” is unknown.{zone_hint(named)}"
    return None


def zone_hint(name: str) -> str:
    return hint(name, sorted(available_timezones())) or " Write one such as Europe/Berlin."


def week(named: str) -> str | None:
    try:
        read_hours(named)
    except ValueError as error:
        return f": {error}."
    return None


def calendar(named: str) -> str | None:
    try:
        holidays_of(named)
    except ValueError:
        return f" “{named}” is no calendar; write a country such as DE, or a part of it such as DE-BY."
    return None


def never_due(said: Sales, hours: str, timezone: str, holidays: str | None) -> bool:
    try:
        working_time(hours, timezone, holidays).after(datetime.now(UTC), said.first_response_minutes)
    except NeverOpen:
        return True
    return False


def people(agreement: Agreement) -> Found:
    names = Counter(person.name.strip().casefold() for person in agreement.sales.people)
    for number, person in enumerate(agreement.sales.people):
        where, times = ("sales", "people", number), names[person.name.strip().casefold()]
        if times > 1:
            shown = f"sales.people has “{person.name}” {times} times; give each a name of their own."
            yield (*where, "name"), shown
        for key, fault in person_faults(agreement, person):
            yield (*where, *key), f"sales.people[{number + 1}].{'.'.join(key)}{fault}"


def person_faults(agreement: Agreement, person: Person) -> Iterator[tuple[tuple[str, ...], str]]:
    """Keys of a person that cannot be as they are; what is wrong is to be read behind the key."""
    if person.name.strip().casefold() in ("", *QUEUES):
        yield ("name",), f" “{person.name}” is nobody's; leads without a person stand under sales or marketing."
    said = agreement.sales
    faults = dict(unreadable(person.hours, person.timezone, person.holidays))
    yield from (((name,), fault) for name, fault in faults.items())
    own = (person.hours or said.hours, person.timezone or said.timezone, person.holidays or said.holidays)
    if person.hours is not None and not faults and not dict(unreadable(*own)) and never_due(said, *own):
        yield ("hours",), " leave no time for a first answer within ten years; name more of them."
    for key, levels in person.takes.items():
        if fault := untakeable(agreement, key, levels):
            yield ("takes", key), fault


def untakeable(agreement: Agreement, key: str, levels: tuple[str, ...]) -> str | None:
    kind = kind_of(agreement, key)
    if unknown(agreement, key):
        return f" names a field the form does not ask.{hint(key, agreement.form.fields)}"
    if kind in PERSONAL:
        return f" speaks of a personal value (kind {kind}), which no rule may look at; remove it."
    if kind in NUMBERS | FLAGS | {"date"}:
        return f" speaks of a field of kind {kind}, which has no levels; ask for it in a rule of routing.rules."
    return None if levels else ' is empty, so no lead is taken; write a list such as ["DE", "AT"], or remove it.'
