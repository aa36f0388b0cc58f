"""Bodies other than the form: what an endpoint asks for, and what is wrong with what it was sent."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request

from serving.edge.json_body import read_object
from serving.problems import Place, Problem, named, pointer_to

_WRONG: Mapping[str, tuple[str, str]] = {
    "missing": ("required", "must be given"),
    "extra_forbidden": ("unknown-field", "is not known here; /openapi.json describes the body"),
    "string_too_long": ("too-long", "is too long; /openapi.json says how long it may be"),
    "string_too_short": ("required", "must not be empty"),
    "literal_error": ("value", "is none of the possible values; /openapi.json lists them"),
    "too_short": ("value", "must name at least one"),
    "greater_than_equal": ("out-of-range", "is too small; /openapi.json says how small it may be"),
    "less_than_equal": ("out-of-range", "is too large; /openapi.json says how large it may be"),
}


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


T = TypeVar("T", bound=Body)


async def sent_body(request: Request, body: type[T]) -> T:
    return validated(body, await read_object(request))


def validated(body: type[T], sent: object, under: tuple[str | int, ...] = ()) -> T:
    """`under` is where it stood in what was sent."""
    try:
        return body.model_validate(sent)
    except ValidationError as errors:
        raise Problem.of([_place(error["type"], (*under, *error["loc"])) for error in errors.errors()]) from None


def is_empty(request: Request) -> bool:
    return request.headers.get("content-length", "0") == "0" and "transfer-encoding" not in request.headers


def body_of(body: type[Body], required: bool = True) -> dict[str, Any]:
    """What /openapi.json says of it."""
    content = {"application/json": {"schema": body.model_json_schema()}}
    return {"requestBody": {"required": required, "content": content}}


def _place(kind: str, path: tuple[str | int, ...]) -> Place:
    code, detail = _WRONG.get(kind, ("type", "has the wrong type; /openapi.json describes the body"))
    return Place(pointer_to(path), code, f"{named(path)} {detail}")
