"""From a tool's answers to the form: which answer belongs to which field, and what of them can be read.

A field takes the answer that bears its key, its label or its column, whatever case, spaces and signs are between the
letters; a hook's own map goes before that. Answers are read as those of a plain HTML form are."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from pydantic import BaseModel

from leads.fields import Field
from leads.form import CAMPAIGN_FIELDS, fold
from leads.kinds import text_of
from serving.edge.html_form import read
from serving.edge.json_body import flaws_in
from serving.inbound.sources import Given, Path
from serving.problems import Place, Problem, named, pointer_to

MILLISECONDS = re.compile("[0-9]{12,13}")
"""Days from 1973 to 2286 as HubSpot writes them."""


class Read(NamedTuple):
    """`left_out` are the answers that no field could take as they were; none of them is required by the form."""

    form: BaseModel
    values: Mapping[str, object]
    left_out: Sequence[Place]


class Found(NamedTuple):
    """What one field is to take, and where it stands."""

    text: str
    path: Path


def form_of(
    answers: Sequence[Given],
    mapped: Mapping[str, Sequence[str]],
    form: type[BaseModel],
    fields: Mapping[str, Field],
) -> Read:
    """Problem, with pointers into the payload, where no form can be made of the answers."""
    flaws: list[Place] = []
    found = {key: one for key in (*fields, *CAMPAIGN_FIELDS) if (one := _found(key, answers, mapped, fields, flaws))}
    left_out = list(flaws)
    while True:
        try:
            made, values = read(form, {key: one.text for key, one in found.items()}, fields)
        except Problem as problem:
            wrong = {_key(place): _at(place, found) for place in problem.places}
            left_out = [*wrong.values(), *left_out]
            if any(key not in found or _required(key, fields) for key in wrong):
                raise Problem.of(left_out) from None
            found = {key: one for key, one in found.items() if key not in wrong}
            continue
        if not found:
            raise Problem.of(left_out or [_nothing()])
        return Read(made, values, left_out)


def _found(
    key: str,
    answers: Sequence[Given],
    mapped: Mapping[str, Sequence[str]],
    fields: Mapping[str, Field],
    flaws: list[Place],
) -> Found | None:
    """Several answers that a map names for one field, such as a first and a last name, are put together."""
    chosen = [one for name in mapped[key] if (one := _named(name, answers))] if key in mapped else []
    if key not in mapped:
        names = _names(key, fields.get(key))
        chosen = [one for name in names if (one := _named(name, answers)) and one.value not in (None, "")][:1]
    texts = []
    for one in chosen:
        if wrong := _flaws(one):
            flaws += wrong
        elif text := _text(one.value, fields.get(key)):
            texts.append(text)
    return Found(" ".join(texts), chosen[0].path) if texts else None


def _names(key: str, field: Field | None) -> Iterator[str]:
    yield key
    if field is not None:
        yield from filter(None, (field.label, field.column))


def _named(name: str, answers: Sequence[Given]) -> Given | None:
    exact = (one for one in answers if name in one.names)
    alike = (one for one in answers if any(_bare(name) == _bare(other) for other in one.names))
    return next(exact, None) or next(alike, None)


def _bare(name: str) -> str:
    """jobtitle, job_title and "Job title" are one; names without any Latin letter are themselves."""
    folded = fold(name).replace("_", "")
    return name.strip().casefold() if folded == "field" else folded


def _flaws(answer: Given) -> list[Place]:
    values = answer.value if isinstance(answer.value, list) else [answer.value]
    if any(isinstance(value, dict | list) for value in values):
        detail = "is made of parts; `accord hooks add --map FIELD=PATH` names one of them"
        return [Place(pointer_to(answer.path), "type", f"{named(answer.names[:1])} {detail}")]
    return flaws_in(answer.value, answer.path)


def _text(value: Any, field: Field | None) -> str:
    if isinstance(value, list):
        return ", ".join(filter(None, (_text(one, None) for one in value)))
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = "" if value is None else text_of(value).strip()
    if field is not None and field.kind == "date" and MILLISECONDS.fullmatch(text):
        return datetime.fromtimestamp(int(text) / 1000, UTC).date().isoformat()
    return text


def _key(place: Place) -> str:
    return (place.pointer or "#/").removeprefix("#/")


def _at(place: Place, found: Mapping[str, Found]) -> Place:
    """Where it stands in the payload; what was not sent at all has no place there."""
    one = found.get(_key(place))
    return Place(pointer_to(one.path) if one else "#", place.code, place.detail)


def _required(key: str, fields: Mapping[str, Field]) -> bool:
    return key in fields and fields[key].required


def _nothing() -> Place:
    detail = "No answer bears the name of a field of the form; `accord hooks add --map FIELD=PATH` says which is which."
    return Place("#", "required", detail)
