"""Which column of an imported table holds what; a column that nobody knows is a mistake, and all of them are told."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import NamedTuple

from leads.agreement import Agreement
from leads.csv_rows import Flaw
from leads.form import ARRIVED, fold
from leads.refusal import Refusal
from leads.row_table import RowTable
from leads.spelling import spelled
from serving.edge.engagement_body import PROPERTIES
from serving.imports.columns import Became, LeadColumns, column
from serving.problems import named

USUAL_ARRIVED, USUAL_CONVERTED = "arrived_at", "converted_at"
"""Columns of times where the agreement names none in [table]."""
OF_OUTCOMES = ("lead", "person", "type", "occurred_at", "event", "reason", "value")
OF_ENGAGEMENTS = ("lead", "person", "kind", "occurred_at", "event", *PROPERTIES)


class WrongHeader(Refusal):
    def __init__(self, flaws: Sequence[Flaw]) -> None:
        super().__init__("; ".join(f"column “{named([flaw.column or ''])}” {flaw.detail}" for flaw in flaws))
        self.flaws = tuple(flaws)


class EventColumns(NamedTuple):
    of_key: Mapping[str, str]
    unread: tuple[str, ...]


def lead_columns(table: RowTable, agreement: Agreement, ignored: Sequence[str]) -> LeadColumns:
    """By the names of the agreement, as in training. `ignored` are columns that the caller wants to leave out."""
    from leads.reading import column_of_key, outcome_columns  # pandas, which only imports need

    names, said = header_names(table, ignored), agreement.table
    arrived, converted_at = said.arrived or USUAL_ARRIVED, said.converted_at or USUAL_CONVERTED
    target = said.target if said.target in names else None
    found = {key: name for key, name in column_of_key(names, agreement).items() if key != ARRIVED}
    of_key = {key: name for key, name in found.items() if name not in (arrived, converted_at, target)}
    fields = agreement.form.fields
    wanted = [field.column or key for key, field in fields.items() if field.required and key not in of_key]
    wanted += [arrived] if arrived not in names else []
    missing = [Flaw("csv-header", name, "is missing") for name in wanted]
    if target is not None and converted_at not in names:
        missing.append(_no_time(converted_at, target))
    passed_over = {*agreement.form.known_after_contact, *map(fold, outcome_columns(agreement))}
    read = {*of_key.values(), arrived, converted_at, *([target] if target else [])}
    rest = [name for name in names if name not in read]
    known = [*(field.column or key for key, field in fields.items()), arrived, converted_at]
    refuse_header([*missing, *_unknown((name for name in rest if fold(name) not in passed_over), known)])
    cells = {key: column(name) for key, name in of_key.items()}
    words = frozenset([spelled(said.positive)])
    became = (Became("converted", column(converted_at), column(target), words),) if target is not None else ()
    return LeadColumns(cells, column(arrived), became, tuple(rest))


def outcome_columns_of(table: RowTable, ignored: Sequence[str]) -> EventColumns:
    return _event_columns(table, ignored, OF_OUTCOMES, ("type", "occurred_at"), "whose outcome it is")


def engagement_columns_of(table: RowTable, ignored: Sequence[str]) -> EventColumns:
    return _event_columns(table, ignored, OF_ENGAGEMENTS, ("kind", "occurred_at"), "who did it")


def _event_columns(
    table: RowTable, ignored: Sequence[str], known: Sequence[str], needed: Sequence[str], whose: str
) -> EventColumns:
    names = header_names(table, ignored)
    of_key = {fold(name): name for name in names if fold(name) in known}
    missing = [Flaw("csv-header", key, "is missing") for key in needed if key not in of_key]
    if ("lead" in of_key) == ("person" in of_key):
        detail = f"must say {whose}; or “person”, with addresses or numbers, but not both"
        missing.insert(0, Flaw("csv-header", "lead", detail))
    refuse_header([*missing, *_unknown((name for name in names if name not in of_key.values()), known)])
    return EventColumns(of_key, tuple(ignored))


def header_names(table: RowTable, ignored: Sequence[str]) -> list[str]:
    """Without what is ignored; a name must stand once, and be one."""
    flaws = list(table.flaws)
    times = Counter(table.columns)
    flaws += [Flaw("csv-header", str(n), "has no name") for n, name in enumerate(table.columns, 1) if not name]
    flaws += [
        Flaw("csv-header", name, f"stands {count} times; give each column a name of its own")
        for name, count in times.items()
        if count > 1 and name
    ]
    absent = [Flaw("csv-header", name, "is to be ignored and is not there") for name in ignored if name not in times]
    refuse_header(flaws + absent)
    return [name for name in table.columns if name not in ignored]


def _no_time(converted_at: str, target: str) -> Flaw:
    detail = f"is missing: it must say when each conversion happened that “{named([target])}” tells; else ignore that"
    return Flaw("csv-header", converted_at, detail)


def _unknown(names: Iterator[str], known: Sequence[str]) -> Iterator[Flaw]:
    for name in names:
        near = get_close_matches(fold(name), list(map(fold, known)), 1)
        meant = f"; perhaps “{dict(zip(map(fold, known), known, strict=True))[near[0]]}” is meant" if near else ""
        yield Flaw("csv-header", name, f"is not known here{meant or '; remove it, or ignore it'}")


def refuse_header(flaws: Sequence[Flaw]) -> None:
    if flaws:
        raise WrongHeader(flaws)
