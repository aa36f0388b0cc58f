"""A form that a browser posts by itself, without any script: how its texts are read, and which answer it gets.

The rule of reading. Every value is text and is read as a cell of a table would be: numbers as people write them
(1234.5, 1.234,50, 12 000, € 500), yes and no in words or as on/off and 1/0, days as 2026-11-23, 2026/11/23 or
23.11.2026. What can be read in two ways (1,234 or 01/02/2026, an amount of 1.234) is refused and pointed to. An empty
field is a field not given, and so is a box without its tick, which browsers leave out. A name must come once; only a
yes-or-no field may come twice, as a hidden "no" beside its box, and is a yes if either is."""

import datetime
from collections import Counter
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl

from pydantic import BaseModel
from pydantic_core import PydanticCustomError
from starlette.requests import Request
from starlette.responses import Response

from leads.fields import Field, is_unset
from leads.kinds import FLAGS, NO, NUMBERS, THOUSANDS, YES, Kind, cell_value, refuse
from serving import problems
from serving.edge.json_body import MOST_KEYS, check_headers, flaws_in, media_type_of, read_body, validated
from serving.edge.visitor_page import refusal
from serving.edge.wire import names
from serving.problems import KINDS, Place, Problem, named, pointer_to

Values = dict[str, object]
HTML_FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"


def is_html_form(request: Request) -> bool:
    return request.method == "POST" and media_type_of(request) == HTML_FORM


def refuse_multipart(request: Request) -> None:
    """Before the key is looked for: the key of such a form may stand in its body, which is not read."""
    if media_type_of(request) == MULTIPART:
        raise Problem("media-type", f"Send the form as JSON, or let the page post it as {HTML_FORM}: without enctype.")


async def read_texts(request: Request, fields: Mapping[str, Field]) -> dict[str, str]:
    """What was filled in, by its name."""
    check_headers(request, HTML_FORM)
    return texts_of(await read_body(request), fields)


def texts_of(body: bytes, fields: Mapping[str, Field]) -> dict[str, str]:
    pairs = _pairs(body)
    if not pairs:
        raise Problem("empty-body", "The form was sent without any field; give its inputs names.")
    twice = [name for name, count in Counter(name for name, _ in pairs).items() if count > 1]
    found = dict(pairs)
    for name in twice:
        found[name] = _box(name, [text for key, text in pairs if key == name], fields)
    if flaws := flaws_in(found):
        raise Problem.of(flaws)
    return {name: text for name, text in found.items() if text.strip()}


def _pairs(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST_KEYS)
    except UnicodeDecodeError:
        detail = 'The form must be sent in UTF-8: give the page <meta charset="utf-8">.'
        raise Problem("not-utf8", detail) from None
    except ValueError:  # the library's word for too many
        raise Problem("json-too-many-keys", f"At most {MOST_KEYS:,} fields are read.") from None


def _box(name: str, texts: Sequence[str], fields: Mapping[str, Field]) -> str:
    words = [text.strip().lower() for text in texts]
    if name in fields and fields[name].kind in FLAGS and len(words) == 2 and set(words) <= YES | NO:
        return next((word for word in words if word in YES), words[0])
    raise Problem.at(
        pointer_to((name,)), "json-duplicate-key", f"{named((name,))} is given twice; give each field its name"
    )


def read(form: type[BaseModel], texts: Mapping[str, str], fields: Mapping[str, Field]) -> tuple[BaseModel, Values]:
    """The form, and what was sent as it would stand in JSON."""
    unread: dict[str, Place] = {}
    values: Values = {}
    for name, text in texts.items():
        values[name] = text
        try:
            values[name] = _value(fields[name], text) if name in fields else text
        except PydanticCustomError as error:
            unread[pointer_to((name,))] = _place(name, fields[name].kind, error)
    try:
        return validated(form, values), values
    except Problem as problem:
        raise Problem.of([unread.get(place.pointer or "", place) for place in problem.places]) from None


def _value(field: Field, text: str) -> object:
    """Texts stay as they are, for the form itself to check; so do placeholders, which the form knows as such."""
    if field.kind not in NUMBERS | FLAGS | {"date"} or is_unset(field, text):
        return text
    if field.kind == "money" and "." in text and THOUSANDS.fullmatch(text.strip()):
        refuse("type", "must be an amount that can be read in one way only, such as 1234 or 1234.00")
    value = cell_value(field.kind, text)
    return value.isoformat() if isinstance(value, datetime.date) else value


def _place(name: str, kind: Kind, error: PydanticCustomError) -> Place:
    code = "consent-format" if kind == "consent" else error.type if error.type in KINDS else "value"
    return Place(pointer_to((name,)), code, f"{name} {error.message()}")


def wants_page(request: Request) -> bool:
    return is_html_form(request) and names(request.headers, "text/html")


def told(request: Request, problem: Problem) -> Response:
    """A browser that shows the answer gets a page, everyone else problem details."""
    answer = problems.answer(problem)
    if not wants_page(request):
        return answer
    desk = request.app.state.desk
    return refusal(problem, desk.form, desk.fields)
