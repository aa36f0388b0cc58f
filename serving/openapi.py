"""The description of the service in OpenAPI, from which its reference page is made too."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from serving.problems import KINDS, MEDIA_TYPE

PROBLEM = {
    "title": "Problem",
    "description": "RFC 9457 problem details. `type` ends in the code.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "examples": ["/problems/unknown-field"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What to do about it"},
        "instance": {"type": "string", "description": "The id of this one request"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["code", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "Where in the body, as a JSON pointer"},
                    "parameter": {"type": "string", "description": "Which parameter of the URL, where it is one"},
                    "code": {"type": "string", "enum": list(KINDS)},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}

FORM_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Form"}}},
    }
}


ANYWHERE = (406, 429, 431)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The error answers of one endpoint, and those of all."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": _codes(status), "content": content} for status in sorted({*statuses, *ANYWHERE})}


def _codes(status: int) -> str:
    return ", ".join(code for code, kind in KINDS.items() if kind.status == status)


def describe(app: FastAPI, form: type[BaseModel]) -> dict[str, Any]:
    found: dict[str, Any] = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    components = found.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas.update(Form=form.model_json_schema(), Problem=PROBLEM)
    components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer", "description": "pk_… or sk_…"}}
    for path, methods in found["paths"].items():
        for operation in methods.values():
            _finish(operation, path)
    return found


def _finish(operation: dict[str, Any], path: str) -> None:
    """The framework's own 422 is never given: whatever it would refuse is a problem of the registry."""
    if "HTTPValidationError" in str(operation["responses"].get("422", "")):
        del operation["responses"]["422"]
    if path.startswith("/v1/"):
        operation.setdefault("security", [{"key": []}])
