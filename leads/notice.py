"""What a table brought that the form does not ask, or the other way round, in sentences."""

from collections.abc import Iterator, Mapping, Sequence

MOST_NAMED = 8


def notices(ignored: Sequence[str], absent: Sequence[str], bad_cells: Mapping[str, int]) -> Iterator[str]:
    if ignored:
        yield f"Ignored columns that are not in the form: {_named(ignored)}."
    if absent:
        yield f"Fields of the form that the table lacks count as missing: {_named(absent)}."
    if bad_cells:
        cells = ", ".join(f"{key} {count}" for key, count in bad_cells.items())
        yield f"Cells that do not fit their field's kind count as missing: {cells}."


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more
