"""A table that another tool exported, by what the agreement says of that tool and by the headings the tool is known to
write."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches

from leads.agreement import Agreement
from leads.csv_rows import Flaw
from leads.fields import Field
from leads.form import CAMPAIGN_FIELDS, fold
from leads.import_mapping import DateOrder, ImportMapping, ImportOutcome
from leads.refusal import Refusal
from leads.row_table import RowTable
from leads.spelling import spelled
from serving.imports.columns import Became, Cells, LeadColumns
from serving.imports.header import USUAL_ARRIVED, header_names, refuse_header
from serving.imports.tools import TOOLS, Headings, Tool, ToolOutcome
from serving.problems import named

NO_TOOL = Tool("", {}, (), ())


class UnknownTool(Refusal):
    """Neither we nor the agreement know how its tables are read."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        near = get_close_matches(name.casefold(), known, 1)
        meant = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}."
        super().__init__(f"It is not known how tables of “{named([name])}” are read; {meant}")


def mapped_columns(
    table: RowTable, agreement: Agreement, tool: str, ignored: Sequence[str], dates: DateOrder | None
) -> LeadColumns:
    """What the agreement says of the tool comes first. Columns that nothing is said of are left out, since such tables
    have many."""
    if tool not in TOOLS and tool not in agreement.imports:
        raise UnknownTool(tool, [*TOOLS, *(name for name in agreement.imports if name not in TOOLS)])
    said = agreement.imports.get(tool, ImportMapping())
    reading = Reading(header_names(table, ignored), TOOLS.get(tool, NO_TOOL), said, agreement)
    arrived = reading.arrived()
    became = tuple(reading.became())
    taken = {*arrived.columns, *(name for one in became for name in one.columns)}
    of_key = reading.of_key(taken)
    reading.require(of_key)
    refuse_header(reading.flaws)
    read = taken | {name for cells in of_key.values() for name in cells.columns}
    unread = tuple(name for name in reading.names if name not in read)
    return LeadColumns(of_key, arrived, became, unread, reading.notes(became), dates or said.dates, said.timezone)


class Reading:
    """`flaws` grows by what is missing."""

    def __init__(self, names: Sequence[str], tool: Tool, said: ImportMapping, agreement: Agreement) -> None:
        self.names = names
        self.tool = tool
        self.said = said
        self.agreement = agreement
        self.flaws = list[Flaw]()
        self._folded = dict(reversed([(fold(name), name) for name in names]))
        self._folded |= dict(reversed([(fold(name.removeprefix(tool.prefix)), name) for name in names]))

    def arrived(self) -> Cells:
        if self.said.arrived is not None or not self.tool.arrived:
            return self._written(self.said.arrived or self.agreement.table.arrived or USUAL_ARRIVED)
        found = self._found(self.tool.arrived)
        return found if found.choices else self._written(self._heading(self.tool.arrived), "says when leads came")

    def became(self) -> Iterator[Became]:
        if self.said.outcomes:
            return (self._agreed(outcome) for outcome in self.said.outcomes)
        told = ((outcome, self._found(outcome.said)) for outcome in self.tool.outcomes)
        return (self._usual(outcome, said) for outcome, said in told if said.choices)

    def of_key(self, taken: Iterable[str]) -> dict[str, Cells]:
        """By the agreement's mapping, by the field's own names, by the tool's heading for the first of its kind."""
        fields, used = self.agreement.form.fields, set(taken)
        found: dict[str, Cells] = {}
        for key, columns in self.said.columns.items():
            wanted = (columns,) if isinstance(columns, str) else columns
            found[key] = Cells((tuple(column for name in wanted for column in self._written(name).columns),))
        for key, field in fields.items():
            own = self._own(key, field)
            if key not in found and own is not None and own not in used:
                found[key] = Cells(((own,),))
        used |= {name for cells in found.values() for name in cells.columns}
        found |= self._by_kind(found, used)
        for key in CAMPAIGN_FIELDS:
            if key not in found and key not in fields and (name := self._folded.get(key)) and name not in used:
                found[key] = Cells(((name,),))
        return found

    def require(self, found: Mapping[str, Cells]) -> None:
        for key, field in self.agreement.form.fields.items():
            if field.required and key not in found:
                usual = self.tool.of_kind.get(field.kind, ())
                self._missing(self._heading(usual) if usual else field.column or key)

    def notes(self, became: Sequence[Became]) -> tuple[str, ...]:
        if became or not self.tool.outcomes:
            return ()
        return (f"no column “{self._heading(self.tool.outcomes[0].said)}” says what became of the leads",)

    def _by_kind(self, found: Mapping[str, Cells], used: set[str]) -> Iterator[tuple[str, Cells]]:
        kinds = set[str]()
        for key, field in self.agreement.form.fields.items():
            usual = self._found(self.tool.of_kind.get(field.kind, ()), used)
            if key not in found and field.kind not in kinds and usual.choices:
                kinds.add(field.kind)
                yield key, usual

    def _own(self, key: str, field: Field) -> str | None:
        named = [name for name in (field.column, key, field.label) if name]
        return next((self._folded[fold(name)] for name in named if fold(name) in self._folded), None)

    def _agreed(self, said: ImportOutcome) -> Became:
        told = self._written(said.column) if said.column is not None else None
        words = frozenset(spelled(word).casefold() for word in said.says)
        value, reason = (self._written(name) if name is not None else None for name in (said.value, said.reason))
        return Became(said.type, self._written(said.at), told, words, True, value, reason, said.reasons)

    def _usual(self, outcome: ToolOutcome, said: Cells) -> Became:
        at, value, reason = self._found(outcome.at), self._found(outcome.value), self._found(outcome.reason)
        if not at.choices:
            at = self._written(self._heading(outcome.at), f"says when what “{named([said.name])}” tells happened")
        words = frozenset(outcome.says)
        more = (value if value.choices else None, reason if reason.choices else None)
        return Became(outcome.type, at, said, words, True, *more)

    def _found(self, headings: Headings, used: Iterable[str] = ()) -> Cells:
        """Those that the table has, as it spells them; of a name in two parts one is enough."""
        choices = []
        for heading in headings:
            parts = (heading,) if isinstance(heading, str) else heading
            there = tuple(self._folded[fold(part)] for part in parts if fold(part) in self._folded)
            if there and not {*there} & {*used}:
                choices.append(there)
        return Cells(tuple(choices))

    def _written(self, name: str, why: str = "") -> Cells:
        column = name if name in self.names else self._folded.get(fold(name))
        if column is None:
            self._missing(name, why)
        return Cells(((column or name,),))

    def _heading(self, headings: Headings) -> str:
        first = headings[0] if isinstance(headings[0], str) else headings[0][0]
        return first if first.partition(" - ")[2] else self.tool.prefix + first

    def _missing(self, name: str, why: str = "") -> None:
        near = get_close_matches(fold(name), list(self._folded), 1, 0.5)
        meant = f"; perhaps “{named([self._folded[near[0]]])}” is meant" if near else ""
        self.flaws.append(Flaw("csv-header", name, f"is missing{': it ' + why if why else ''}{meant}"))
