"""A form that a browser posts by itself, without any script: how its texts are read, and the pages that answer it.

The rule of reading. Every value is text and is read as a cell of a table would be: numbers as people write them
(1234.5, 1.234,50, 12 000, € 500), yes and no in words or as on/off and 1/0, days as 2026-11-23, 2026/11/23 or
23.11.2026. What can be read in two ways (1,234 or 01/02/2026, an amount of 1.234) is refused and pointed to. An empty
field is a field not given, and so is a box without its tick, which browsers leave out. A name must come once; only a
yes-or-no field may come twice, as a hidden "no" beside its box, and is a yes if either is."""

import base64
import datetime
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from urllib.parse import parse_qsl, unquote

from pydantic import BaseModel
from pydantic_core import PydanticCustomError
from starlette.requests import Request
from starlette.responses import Response

from leads.fields import Field, is_unset
from leads.kinds import FLAGS, NO, NUMBERS, THOUSANDS, YES, Kind, cell_value, refuse
from serving import problems
from serving.edge.json_body import MOST_KEYS, check_headers, flaws_in, media_type_of, read_body, validated
from serving.edge.wire import names
from serving.problems import KINDS, Place, Problem, pointer_to

Values = dict[str, object]
HTML_FORM = "application/x-www-form-urlencoded"
STYLE = """
body { font: 18px/1.6 system-ui, sans-serif; color: #1c2430; max-width: 36rem; margin: 12vh auto; padding: 0 1.2rem }
h1 { font-size: 1.5rem } li { margin: .4rem 0 }
"""
POLICY = (
    f"default-src 'none'; style-src 'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def is_html_form(request: Request) -> bool:
    return request.method == "POST" and media_type_of(request) == HTML_FORM


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
        pointer_to((name,)), "json-duplicate-key", f"{name[:100]} is given twice; give each field its name"
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
    told = problems.answer(problem)
    if not wants_page(request):
        return told
    lines = [_sentence(place) for place in problem.places] or [problem.detail]
    listed = "".join(f"<li>{escape(line)}</li>" for line in lines)
    again = "Go back with your browser's back button: what you typed should still be there."
    body = f"<h1>{escape(KINDS[problem.code].title)}</h1><ul>{listed}</ul><p>{again}</p>"
    return _page("This was not sent", body, told.status_code, problem.headers)


def thanks(message: str, status: int) -> Response:
    return _page("Thank you", f"<h1>{escape(message)}</h1>", status)


def _sentence(place: Place) -> str:
    quoted = (place.pointer or "")[2:]
    return f"{unquote(quoted)}: {place.detail.removeprefix(quoted).strip()}"


def _page(title: str, body: str, status: int, headers: Mapping[str, str] | None = None) -> Response:
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body>{body}</body></html>'
    )
    kept = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"} | dict(headers or {})
    return Response(text, status, kept, "text/html")
