"""The strict reading of a request's body, before any library interprets it.

Python's and Pydantic's readers accept NaN, double keys, lone surrogates and 10,000-digit numbers, or fail on them with
an exception that would be answered by 500; here each is told apart and answered with its place."""

import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches
from urllib.parse import unquote

from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect, Request

from leads.form import fold
from serving.problems import KINDS, Place, Problem, named, pointer_to

LARGEST_BODY = 65_536
DEEPEST = 16
MOST_KEYS = 1_000
MOST_NEIGHBOURS = 5
LONGEST_NUMBER = 400
LARGEST_EXACT = 2**53
SMALLEST_NORMAL = 2.2250738585072014e-308

CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
SURROGATE = re.compile("[\ud800-\udfff]")
BRACKETS_OUTSIDE_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*"?|[\[{]|[\]}]', re.DOTALL)
JSON = "application/json"
QUOTES = tuple("'`‘’“”„«»")
"""What stands where JSON wants a double quote."""


class Flaw(str):
    """Stands in the tree for a value that cannot be accepted; its text is the problem's code."""

    __slots__ = ()


DETAILS = {
    "json-not-finite": "must be a finite number; leave out what is not known, or send null",
    "json-duplicate-key": "is given twice; send each key once",
    "json-bad-unicode": "holds half of a surrogate pair; send whole characters",
    "json-number-too-long": f"has more than {LONGEST_NUMBER} digits",
    "out-of-range": "is too large or too small to be kept exactly",
    "control-character": "must not contain control characters other than tab and line ends",
}


async def read_object(request: Request) -> dict[str, object]:
    """The body as one JSON object, every value of it safe to validate, store and show."""
    check_headers(request)
    return object_of(await read_body(request))


async def read_tree(request: Request, largest: int = LARGEST_BODY, most_keys: int = MOST_KEYS) -> object:
    """The body with a Flaw in the place of each value that cannot be accepted; `flaws_in` tells where."""
    check_headers(request, largest=largest)
    return tree_in(await read_body(request, largest), most_keys)


def media_type_of(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def check_headers(request: Request, media_type: str = JSON, largest: int = LARGEST_BODY) -> None:
    parameters = request.headers.get("content-type", "").partition(";")[2]
    if media_type_of(request) != media_type:
        raise Problem("media-type", "Send the form as JSON with the header Content-Type: application/json.")
    charset = re.search(r"""charset\s*=\s*["']?([^\s;"']+)""", parameters, re.IGNORECASE)
    if charset and charset[1].lower() not in ("utf-8", "utf8"):
        raise _not_in_utf8()
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise Problem("encoding", "Send the body as it is, without Content-Encoding.")
    length = request.headers.get("content-length", "0")
    if length.isdigit() and int(length[:20]) > largest:
        raise _too_large(largest)


async def read_body(request: Request, largest: int = LARGEST_BODY) -> bytes:
    """At most `largest` bytes, whatever length was announced; the server closes the connection on what is left."""
    chunks, size = [], 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > largest:
                raise _too_large(largest)
            chunks.append(chunk)
    except ClientDisconnect:
        raise Problem("content-length", "The connection ended before the body was complete; send it again.") from None
    return b"".join(chunks)


def object_of(body: bytes) -> dict[str, object]:
    tree = tree_in(body)
    if flaws := flaws_in(tree):
        raise Problem.of(flaws)
    if not isinstance(tree, dict):
        raise Problem.at("#", "object-expected", 'Send the form\'s fields as one JSON object, such as {"email": …}.')
    return tree


def validated(form: type[BaseModel], sent: dict[str, object]) -> BaseModel:
    """The form, or all that is wrong with it, in the order of its fields."""
    try:
        return form.model_validate(sent)
    except ValidationError as errors:
        wrong = errors.errors(include_url=False, include_context=False, include_input=False)
        places = [_place(error["type"], error["loc"], error["msg"]) for error in wrong]
        raise Problem.of(_with_neighbours(form, places)) from None


_PYDANTIC_CODES = {"missing": "required", "extra_forbidden": "unknown-field", "not-finite": "json-not-finite"}
_FIXED_DETAILS = {
    "required": "must be given",
    "unknown-field": "is not a field of this form; GET /v1/form lists its fields",
    "value": "does not fit this field; GET /v1/form describes it",
}


def _place(kind: str, path: Sequence[str | int], message: str) -> Place:
    code = _PYDANTIC_CODES.get(kind, kind)
    if code not in KINDS:
        code = "value"
    return Place(pointer_to(path), code, f"{named(path) or 'The body'} {_FIXED_DETAILS.get(code, message)}")


def _with_neighbours(form: type[BaseModel], places: Sequence[Place]) -> list[Place]:
    """A field that the form does not have is most often one of its fields, mistyped."""
    names = [field.alias or name for name, field in form.model_fields.items()]
    unknown = [place for place in places if place.code == "unknown-field"][:MOST_NEIGHBOURS]
    nearest = {place: get_close_matches(fold(unquote((place.pointer or "")[2:])), names, 1) for place in unknown}
    return [_meant(place, *nearest.get(place, ())) for place in places]


def _meant(place: Place, name: str | None = None) -> Place:
    if name is None:
        return place
    wrong, _, remedy = place.detail.rpartition(";")
    return replace(place, detail=f"{wrong}; did you mean {name}?{remedy}")


def tree_in(body: bytes, most_keys: int = MOST_KEYS) -> object:
    text = _text_of(body)
    if not text.strip(" \t\r\n"):
        raise Problem("empty-body", "Send the form's fields as one JSON object.")
    _check_depth(body)
    return _tree_of(text, most_keys)


def _text_of(body: bytes) -> str:
    if body.startswith(b"\xef\xbb\xbf"):
        raise Problem("json-bom", "Send the JSON without the three bytes EF BB BF before it.")
    if body.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in body[:4]:
        raise _not_in_utf8()
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Problem("not-utf8", f"The body must be UTF-8; byte {error.start} (counted from 0) is not.") from None


def _check_depth(body: bytes) -> None:
    if body.count(b"[") + body.count(b"{") <= DEEPEST:
        return
    depth = 0
    for token in BRACKETS_OUTSIDE_TEXT.finditer(body):
        if token[0] in (b"[", b"{"):
            depth += 1
        elif token[0] in (b"]", b"}"):
            depth -= 1
        if depth > DEEPEST:
            raise Problem("json-too-deep", f"The form is one flat object; at most {DEEPEST} levels are read.")


def _tree_of(text: str, most_keys: int) -> object:
    keys = 0

    def object_from(pairs: list[tuple[str, object]]) -> dict[str, object]:
        nonlocal keys
        keys += len(pairs)
        if keys > most_keys:
            raise Problem("json-too-many-keys", f"At most {most_keys:,} keys are read.")
        found = dict(pairs)
        if len(found) < len(pairs):
            times = Counter(key for key, _ in pairs)
            found |= {key: Flaw("json-duplicate-key") for key, count in times.items() if count > 1}
        return found

    try:
        return json.loads(
            text, object_pairs_hook=object_from, parse_float=_float, parse_int=_int, parse_constant=_not_a_number
        )
    except json.JSONDecodeError as error:
        raise Problem(
            "json-syntax",
            f"The body is not valid JSON at line {error.lineno}, column {error.colno}{_unquoted(error)}.",
            headers={"Connection": "close"},  # announced too short, the rest would be read as another request
        ) from None


def _unquoted(error: json.JSONDecodeError) -> str:
    found = error.doc[error.pos : error.pos + 1]
    at_text = error.msg.startswith(("Expecting property name", "Expecting value"))
    return ": names and texts need double quotes" if at_text and (found in QUOTES or found.isalpha()) else ""


def _int(literal: str) -> int | Flaw:
    if len(literal) > LONGEST_NUMBER:
        return Flaw("json-number-too-long")
    value = int(literal)
    return value if abs(value) <= LARGEST_EXACT else Flaw("out-of-range")


def _float(literal: str) -> float | Flaw:
    if len(literal) > LONGEST_NUMBER:
        return Flaw("json-number-too-long")
    value = float(literal)
    if math.isinf(value):
        return Flaw("json-not-finite")
    if abs(value) < SMALLEST_NORMAL and re.search("[1-9]", re.split("[eE]", literal)[0]):
        return Flaw("out-of-range")
    return value + 0.0  # -0.0 becomes 0.0


def _not_a_number(_: str) -> Flaw:
    return Flaw("json-not-finite")


def flaws_in(tree: object, under: tuple[str | int, ...] = ()) -> list[Place]:
    """What must not be stored or shown, the most general first; `under` is where the tree stands in what was sent."""
    found = [Place(pointer_to(path), code, _sentence(path, code)) for path, code in _flaws(tree, under)]
    return sorted(found, key=lambda flaw: KINDS[flaw.code].status)


def _flaws(node: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(node, Flaw):
        yield path, str(node)
    elif isinstance(node, str):
        yield from ((path, code) for code in _flaws_of_text(node))
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from (((*path, key), code) for code in _flaws_of_text(key))
            yield from _flaws(value, (*path, key))
    elif isinstance(node, list):
        for place, value in enumerate(node):
            yield from _flaws(value, (*path, place))


def _flaws_of_text(text: str) -> Iterator[str]:
    if text.isascii() and text.isprintable():
        return
    if SURROGATE.search(text):
        yield "json-bad-unicode"
    if CONTROL.search(text):
        yield "control-character"


def _sentence(path: Sequence[str | int], code: str) -> str:
    return f"{named(path) or 'The body'} {DETAILS[code]}"


def _too_large(largest: int) -> Problem:
    return Problem("body-too-large", f"At most {largest:,} bytes are read.", headers={"Connection": "close"})


def _not_in_utf8() -> Problem:
    return Problem("charset", "Send the body in UTF-8.")
