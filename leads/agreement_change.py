"""What changes from one agreement to another, in the words of `accord check`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from leads.check import explain
from leads.sections import Agreement


@dataclass(frozen=True, slots=True)
class Change:
    """The sentences of one part that are said no longer, and those that are said instead."""

    part: str
    before: tuple[str, ...]
    after: tuple[str, ...]


def changes(before: Agreement, after: Agreement) -> list[Change]:
    old, new = _parts(before), _parts(after)
    told = ((part, *_differing(old.get(part, []), new.get(part, []))) for part in dict.fromkeys([*old, *new]))
    return [Change(part, gone, come) for part, gone, come in told if gone or come]


def changed_keys(before: Agreement, after: Agreement) -> list[str]:
    """Every key of the file whose value differs, also where no sentence tells of it: the levels of a field, a person's
    mail address."""
    old, new = dict(_leaves(before.model_dump(mode="json"))), dict(_leaves(after.model_dump(mode="json")))
    return [key for key in dict.fromkeys([*old, *new]) if key not in old or key not in new or old[key] != new[key]]


def change_lines(found: Sequence[Change], keys: Sequence[str]) -> Iterator[str]:
    """To be printed, as `accord check` prints."""
    for change in found:
        yield change.part
        yield from (f"  - {sentence}" for sentence in change.before)
        yield from (f"  + {sentence}" for sentence in change.after)
    yield f"Keys that differ: {', '.join(keys)}."


def _parts(agreement: Agreement) -> dict[str, list[str]]:
    """Spaces that only align columns do not count, nor how many fields a heading counts."""
    parts: dict[str, list[str]] = {}
    for line in explain(agreement):
        if not line.startswith(" "):
            part = parts.setdefault(line.partition(":")[0], [])
        else:
            part.append(" ".join(line.split()))
    return parts


def _differing(old: Sequence[str], new: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    gone: list[str] = []
    come: list[str] = []
    for same, first, last, begins, ends in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if same != "equal":
            gone += old[first:last]
            come += new[begins:ends]
    return tuple(gone), tuple(come)


def _leaves(value: object, place: str = "") -> Iterator[tuple[str, object]]:
    """People are told apart by their place in the list; a list of plain values is one value."""
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _leaves(inner, f"{place}.{key}" if place else key)
    elif isinstance(value, list) and value and isinstance(value[0], Mapping):
        for number, inner in enumerate(value, 1):
            yield from _leaves(inner, f"{place}.{number}")
    else:
        yield place, value
