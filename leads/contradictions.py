"""What an agreement must not say: each rule yields where it is said and what to do about it."""

import re
from collections import Counter
from collections.abc import Iterator
from difflib import get_close_matches
from zoneinfo import ZoneInfo, available_timezones

from leads.form import CAMPAIGN_FIELDS, fold_keys
from leads.hours import read_hours
from leads.kinds import FLAGS, NUMBERS, PERSONAL
from leads.sections import Agreement, Between, FieldValue, Rule

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
    said = agreement.sales
    try:
        ZoneInfo(said.timezone)
    except (KeyError, ValueError, OSError):  # unknown, no name of a zone, a folder of zones
        yield ("sales", "timezone"), f"sales.timezone “{said.timezone}” is unknown.{zone_hint(said.timezone)}"
    try:
        read_hours(said.hours)
    except ValueError as error:
        yield ("sales", "hours"), f"sales.hours: {error}."
    if said.holidays is not None and not re.fullmatch(r"[A-Z]{2}(-[A-Z0-9]{1,3})?", said.holidays):
        shown = f"sales.holidays “{said.holidays}” is no calendar; write a country such as DE, or DE-BY."
        yield ("sales", "holidays"), shown


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
