"""The first agreement, drafted from a table for sales and marketing to read, adapt and sign."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import tomlkit
from tomlkit.items import InlineTable, Item, Table
from tomlkit.toml_document import TOMLDocument

from leads.fields import Field
from training.survey.arrival import DAY, Order
from training.survey.fields import Survey
from training.survey.sighting import Floats

HORIZONS = (1, 2, 3, 7, 14, 30, 60, 90, 120, 180, 365)
USUAL_HORIZON = 90
MONTH = 30.44
MONTHS_WITHOUT_TIMES = 12.0


@dataclass(frozen=True)
class Facts:
    """What a draft is made from: the survey and what is known of target, order and times."""

    survey: Survey
    target: str
    positive: str
    converted: Floats
    order: Order
    converted_at: str | None
    within_days: int
    months: float

    @property
    def rate(self) -> float:
        return float(self.converted.mean())


def horizon(arrived: Floats | None, converted_at: Floats | None) -> tuple[int, float]:
    """Days within which a conversion counts, and the months the table spans.

    With both times nine conversions in ten fall within the horizon. With arrivals only, leads younger than it are left
    out of training, so that it is kept to a twentieth of the span."""
    if arrived is None or not np.isfinite(arrived).any():
        return USUAL_HORIZON, MONTHS_WITHOUT_TIMES
    days = float(np.nanmax(arrived) - np.nanmin(arrived)) / DAY
    if converted_at is None:
        return max((h for h in HORIZONS if h <= days / 20), default=1), max(1.0, days / MONTH)
    delays = (converted_at - arrived) / DAY
    known = delays[np.isfinite(delays) & (delays >= 0)]
    wanted = float(np.quantile(known, 0.9)) if len(known) else USUAL_HORIZON
    return next((h for h in HORIZONS if h >= wanted), HORIZONS[-1]), max(1.0, days / MONTH)


def bands(rate: float) -> dict[str, float]:
    """Twice, once and half the base rate in odds, in the fewest digits (two at least) that keep them apart."""
    odds = rate / (1 - rate)
    bounds = [factor * odds / (1 + factor * odds) for factor in (2.0, 1.0, 0.5)]
    for digits in range(2, 17):
        rounded = [float(f"{bound:.{digits}g}") for bound in bounds]
        if 1 > rounded[0] > rounded[1] > rounded[2] > 0:
            break
    return dict(zip("ABC", rounded, strict=True))


def draft(facts: Facts, source: str) -> str:
    document = tomlkit.document()
    for line in (
        "The agreement between sales and marketing: what both count, what each owes the other, what the form asks.",
        f"Drafted by `accord init` from {source}: {facts.survey.rows:,} leads, {facts.rate:.1%} of them converted.",
        "Read it together and change what is not so; `accord check` says what it means in plain words.",
    ):
        document.add(tomlkit.comment(_line(line)))
    document.add("goal", _goal(facts))
    document.add("table", _table(facts))
    document.add("sales", _sales(facts))
    document.add("marketing", _marketing(facts))
    document.add("routing", _routing(facts))
    document.add("scorecard", _scorecard(facts))
    _form(document, facts)
    return tomlkit.dumps(document)


def _goal(facts: Facts) -> Table:
    monthly = max(1, round(float(facts.converted.sum()) / facts.months))
    return _section(
        ("conversion", "converted", "the outcome both teams count"),
        (
            "within_days",
            facts.within_days,
            "a conversion counts within so many days of the lead's arrival; adapt it to your sales",
        ),
        ("value", 1000, 'what one conversion is worth: adapt it, or name a field: { field = "budget" }'),
        ("per_month", monthly, "conversions a month both teams aim for; adapt it"),
    )


def _table(facts: Facts) -> Table:
    order = facts.order
    section = _section(
        ("target", facts.target, "how history tables say what happened"),
        ("positive", facts.positive, "the value that means converted; every other means not"),
    )
    given: dict[str, str | bool | None] = {"order": order.order, "arrived": order.arrived, "in_order": order.in_order}
    for key, value in given.items():
        if value:
            section.add(key, value)
    if order == Order() or not any(given.values()):
        section.add(
            tomlkit.comment('No order of time is known. If there is one: order = "a column that grows with time",')
        )
        section.add(
            tomlkit.comment('or arrived = "a column with times", or in_order = true when the oldest lead stands first.')
        )
    if facts.converted_at:
        section.add("converted_at", facts.converted_at)
    elif order.arrived:
        section.add(tomlkit.comment('converted_at = "a column with the time of the conversion", if there is one'))
    if order.arrived:
        section.add(tomlkit.comment("as_of = 2026-11-01  when the table was drawn; without it, the newest arrival"))
    return section


def _sales(facts: Facts) -> Table:
    section = _section(
        ("timezone", "UTC", "where sales work, for example Europe/Berlin"),
        ("hours", "Mon-Fri 09:00-17:30", "when sales answer"),
        ("first_response_minutes", 15, "within so many working minutes sales make the first contact"),
        ("minutes_per_lead", 22, "what following up one lead takes"),
        ("minute_cost", 1.0, "below this expected value a minute a call is not worth making"),
    )
    for line in (
        'holidays = "DE"',
        "Who takes the leads (docs/team.md); without people they wait in one queue called sales:",
        "[[sales.people]]",
        'name = "north desk"',
        "weight = 1",
        "daily_cap = 12",
    ):
        section.add(tomlkit.comment(line))
    return section


def _marketing(facts: Facts) -> Table:
    return _section(
        (
            "qualified_leads_per_month",
            max(1, round(facts.survey.rows / facts.months)),
            "what marketing owes sales; adapt it",
        ),
        ("recycle_after_days", 14, "a lead that sales hand back rests so long"),
    )


def _routing(facts: Facts) -> Table:
    section = tomlkit.table()
    bounds: InlineTable = tomlkit.inline_table()
    bounds.update(bands(facts.rate))
    section.add(
        "bands",
        _told(bounds, "lowest probability of each band, here 2x, 1x and 1/2x the base rate in odds; below C is D"),
    )
    section.add("sales_from", _told(tomlkit.item("B"), "from this band on sales follow up at once"))
    section.add(
        "guard_slice", _told(tomlkit.item(0.02), "share of leads routed by lot, so that the truth stays measurable")
    )
    return section


def _scorecard(facts: Facts) -> Table:
    rate = min(max(float(f"{facts.rate:.3g}"), 1e-6), 1 - 1e-6)
    section = _section(
        ("base_rate", rate, "used before a model exists and whenever it cannot answer; 20 points double the odds")
    )
    for line in ("[[scorecard.rules]]", "points = 20", 'when = { some_field = ["a level", "another"] }'):
        section.add(tomlkit.comment(line))
    return section


def _form(document: TOMLDocument, facts: Facts) -> None:
    form, fields, survey = tomlkit.table(is_super_table=True), tomlkit.table(is_super_table=True), facts.survey
    for name, field in survey.fields.items():
        fields.add(survey.keys[name], _field(field, _filled(survey, name)))
    form.add("fields", fields)
    if survey.known_after_contact:
        known = tomlkit.table()
        known.add(
            tomlkit.comment(
                "Seen in the table, left out, and why: they are written after sales have spoken with the lead."
            )
        )
        for name, why in survey.known_after_contact.items():
            known.add(survey.keys[name], _line(why))
        form.add("known_after_contact", known)
    document.add(tomlkit.nl())
    document.add(tomlkit.comment("What the form asks, and the columns of the table where history has it."))
    for name, why in survey.dropped.items():
        document.add(tomlkit.comment(_line(f"Not asked: {name}: {why}")))
    for name in survey.campaign:
        document.add(tomlkit.comment(_line(f"Always accepted, so not listed: {name}")))
    document.add("form", form)


def _field(field: Field, told: str) -> Table:
    section = tomlkit.table()
    section.add("kind", _told(tomlkit.item(field.kind), told))
    for key in ("column", "label", "unit"):
        if value := getattr(field, key):
            section.add(key, value)
    if field.levels:
        section.add("levels", _array(field.levels))
    if field.unset:
        section.add("unset", _told(_array(field.unset), "these mean: not given"))
    return section


def _array(words: tuple[str, ...]) -> Item:
    array = tomlkit.array()
    array.extend(words)
    return array.multiline(len(repr(words)) > 110)


def _filled(survey: Survey, name: str) -> str:
    seen, field = survey.columns[name].seen, survey.fields[name]
    share = (
        "always filled in" if seen.filled == seen.rows else f"filled in on {seen.filled / seen.rows:.1%} of the rows"
    )
    rarer = seen.distinct - len(field.levels)
    if field.kind != "category" or not rarer:
        return share
    return f"{share}; {rarer:,} rarer level{'s' if rarer > 1 else ''}"


def _section(*entries: tuple[str, str | int | float, str]) -> Table:
    section = tomlkit.table()
    for key, value, told in entries:
        section.add(key, _told(tomlkit.item(value), told))
    return section


def _told(item: Item, comment: str) -> Item:
    return item.comment(_line(comment))


def _line(text: str) -> str:
    """Comments end with their line and TOML bears no control characters."""
    return "".join(_printable(" ".join(text.split())))


def _printable(text: str) -> Iterator[str]:
    return (letter for letter in text if letter.isprintable())
