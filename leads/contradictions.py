"""What an agreement must not say: each rule yields where it is said and what to do about it."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from difflib import get_close_matches
from zoneinfo import ZoneInfo, available_timezones

from leads.form import CAMPAIGN_FIELDS, fold_keys
from leads.hours import read_hours
from leads.kinds import FLAGS, NUMBERS, PERSONAL
from leads.sections import Agreement, Between, FieldValue, Rule
from leads.worktime import NeverOpen, holidays_of, working_time

Found = Iterator[tuple[tuple[str | int, ...], str]]


def contradictions(agreement: Agreement) -> Found:
    yield from goal(agreement)
    yield from table(agreement)
    yield from sales(agreement)
    yield from people(agreement)
    yield from routing(agreement)
    yield from scorecard(agreement)
    yield from privacy(agreement)
    yield from keys(agreement)
    yield from columns(agreement)


def hint(word: str, known: list[str]) -> str:
    close = get_close_matches(word, known, 1, 0.5)
    return f" Did you mean {close[0]}?" if close else ""


def goal(agreement: Agreement) -> Found:
    value, fields = agreement.goal.value, agreement.form.fields
    if isinstance(value, FieldValue):
        where, named = ("goal", "value"), [key for key, field in fields.items() if field.kind in NUMBERS]
        if value.field not in fields:
            yield where, f"goal.value names “{value.field}”, which the form does not ask.{hint(value.field, named)}"
        elif value.field not in named:
            kind = fields[value.field].kind
            yield where, f"goal.value names “{value.field}”, a field of kind {kind}; name one of kind number or money."


def table(agreement: Agreement) -> Found:
    said = agreement.table
    given = [name for name in ("order", "arrived", "in_order") if getattr(said, name)]
    if len(given) > 1:
        yield ("table", given[1]), f"table.{given[0]} and table.{given[1]} exclude each other; keep one of them."
    for name in ("order", "arrived", "converted_at"):
        if said.target is not None and getattr(said, name) == said.target:
            yield ("table", name), f"table.{name} names the target itself; name another column or remove it."
    knowing = {said.target: "table.target", said.converted_at: "table.converted_at"}
    for key, field in agreement.form.fields.items():
        role = knowing.get(field.column or key)
        if role is not None:
            said_of = f"form.fields.{key} reads the column of {role}, which knows the outcome; remove the field."
            yield ("form", "fields", key), said_of


def sales(agreement: Agreement) -> Found:
    wrong = False
    for name, check in (("timezone", said_zone), ("hours", said_hours), ("holidays", said_holidays)):
        if fault := check(agreement):
            wrong = True
            yield ("sales", name), fault
    if not wrong and never_due(agreement):
        shown = "do not pass within ten years of these hours; name more hours or fewer minutes."
        yield ("sales", "first_response_minutes"), f"sales.first_response_minutes {shown}"


def said_zone(agreement: Agreement) -> str | None:
    named = agreement.sales.timezone
    try:
        ZoneInfo(named)
    except (KeyError, ValueError, OSError):  # unknown, no name of a zone, a folder of zones
        return f"sales.timezone “{named}” is unknown.{zone_hint(named)}"
    return None


def said_hours(agreement: Agreement) -> str | None:
    try:
        read_hours(agreement.sales.hours)
    except ValueError as error:
        return f"sales.hours: {error}."
    return None


def said_holidays(agreement: Agreement) -> str | None:
    named = agreement.sales.holidays
    try:
        holidays_of(named) if named is not None else None
    except ValueError:
        return f"sales.holidays “{named}” is no calendar; write a country such as DE, or a part of it such as DE-BY."
    return None


def never_due(agreement: Agreement) -> bool:
    said = agreement.sales
    try:
        working_time(said.hours, said.timezone, said.holidays).after(datetime.now(UTC), said.first_response_minutes)
    except NeverOpen:
        return True
    return False


def zone_hint(name: str) -> str:
    return hint(name, sorted(available_timezones())) or " Write one such as Europe/Berlin."


def people(agreement: Agreement) -> Found:
    asked = list(agreement.form.fields)
    names = Counter(person.name for person in agreement.sales.people)
    for number, person in enumerate(agreement.sales.people):
        where = ("sales", "people", number)
        if names[person.name] > 1:
            shown = f"sales.people has “{person.name}” {names[person.name]} times; give each a name of their own."
            yield (*where, "name"), shown
        for key in person.takes:
            if key not in asked:
                said = f"“{person.name}” takes leads by “{key}”, which the form does not ask.{hint(key, asked)}"
                yield (*where, "takes", key), said


def routing(agreement: Agreement) -> Found:
    bands = agreement.routing.bands
    missing = [band for band in "ABC" if band not in bands]
    if missing:
        yield ("routing", "bands"), f"routing.bands lacks {', '.join(missing)}; give the lower bounds of A, B and C."
    elif not bands["A"] > bands["B"] > bands["C"]:
        yield ("routing", "bands"), "routing.bands must fall from A to C, for example { A = 0.3, B = 0.15, C = 0.05 }."


def scorecard(agreement: Agreement) -> Found:
    for number, rule in enumerate(agreement.scorecard.rules):
        where = ("scorecard", "rules", number, "when")
        if not rule.when:
            yield where, f"scorecard.rules[{number + 1}].when is empty; name at least one field."
        for key in rule.when:
            if said := condition(agreement, rule, key):
                yield (*where, key), f"scorecard.rules[{number + 1}].when.{key} {said}"


def condition(agreement: Agreement, rule: Rule, key: str) -> str | None:
    fields, wanted = agreement.form.fields, rule.when[key]
    if key in fields and fields[key].kind in PERSONAL:
        return f"speaks of a personal value (kind {fields[key].kind}), which no score may look at; remove it."
    if key not in fields and key not in CAMPAIGN_FIELDS:
        return f"names a field the form does not ask.{hint(key, list(fields))}"
    kind = fields[key].kind if key in fields else "category"
    if kind in NUMBERS:
        if not isinstance(wanted, Between):
            return "speaks of a number; write { at_least = …, below = … }."
        return None if in_order(wanted) else "must have at_least below its below, and one of them at least."
    if kind in FLAGS:
        return None if isinstance(wanted, bool) else "speaks of a flag; write true or false."
    if kind == "date":
        return "speaks of a date, which the scorecard cannot use; remove it."
    return None if isinstance(wanted, tuple) and wanted else 'speaks of levels; write a list such as ["yes", "maybe"].'


def in_order(between: Between) -> bool:
    if between.at_least is None or between.below is None:
        return between.at_least is not None or between.below is not None
    return between.at_least < between.below


def privacy(agreement: Agreement) -> Found:
    fields = agreement.form.fields
    consents = [key for key, field in fields.items() if field.kind == "consent"]
    for name in ("profiling_consent", "mail_consent"):
        key = getattr(agreement.privacy, name)
        if key is not None and key not in fields:
            yield ("privacy", name), f"privacy.{name} names “{key}”, which the form does not ask.{hint(key, consents)}"
        elif key is not None and key not in consents:
            said = f"privacy.{name} names “{key}”, a field of kind {fields[key].kind}; name one of kind consent."
            yield ("privacy", name), said


def keys(agreement: Agreement) -> Found:
    for key in agreement.form.fields:
        where = ("form", "fields", key)
        if not re.fullmatch("[a-z0-9]([a-z0-9_]*[a-z0-9])?", key):
            better = fold_keys([key])[0]
            yield where, f"form.fields.{key} should be written {better}: small letters, digits and single _ alone."
        if key in agreement.form.known_after_contact:
            yield where, f"{key} is a field of the form and in form.known_after_contact too; remove one of the two."


def columns(agreement: Agreement) -> Found:
    first: dict[str, str] = {}
    for key, field in agreement.form.fields.items():
        column = field.column or key
        if column in first:
            shown = f"form.fields.{key} and form.fields.{first[column]} both read the column “{column}”; remove one."
            yield ("form", "fields", key), shown
        first.setdefault(column, key)
