"""Tables of past leads, and of what became of leads, over HTTP."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from leads.csv_rows import Flaw
from leads.ledger import ImportKind, ImportRunning
from leads.table_format import TableError
from serving.edge.json_body import check_headers, media_type_of
from serving.endpoints.desk import Desk, as_json, caller, desk_of
from serving.imports.header import WrongHeader
from serving.imports.receipt import ImportReceipt, receipt_body
from serving.imports.table_import import Asked, NoRows, RowsRefused, import_table
from serving.openapi import problems
from serving.problems import Place, Problem, named, pointer_to
from serving.watch.notes import note

CSV = "text/csv"
LARGEST_TABLE = 16 * 1_048_576
"""Bytes. A larger one is for `accord import`, which reads it from the disk."""
PARAMETERS: list[dict[str, Any]] = [
    {"name": "kind", "in": "query", "required": True, "schema": {"type": "string", "enum": ["leads", "outcomes"]}},
    {
        "name": "partial",
        "in": "query",
        "schema": {"type": "string", "enum": ["true", "false"], "default": "false"},
        "description": "Take the right rows, and tell what is wrong with the others",
    },
    {
        "name": "ignore",
        "in": "query",
        "schema": {"type": "array", "items": {"type": "string"}},
        "description": "Columns to leave out, each in a parameter of its own",
    },
]
BODY = {"requestBody": {"required": True, "content": {CSV: {"schema": {"type": "string"}}}}}


def import_endpoints() -> APIRouter:
    router = APIRouter()
    before: dict[str, Any] = {"model": ImportReceipt, "description": "The same table was imported before"}
    router.post(
        "/v1/imports",
        summary="Import a table",
        status_code=201,
        response_model=ImportReceipt,
        responses=problems(400, 401, 403, 409, 413, 415, 422, 503) | {200: before},
        openapi_extra={"parameters": PARAMETERS} | BODY,
    )(send_table)
    return router


async def send_table(request: Request) -> Response:
    """Leads of the past, or what became of leads, as CSV. Nothing is imported while a row is wrong, unless `partial`
    says so. Leads come as history: nobody is given them and nobody is told. The same table again changes nothing."""
    key, desk = await run_in_threadpool(caller, request, "imports"), desk_of(request)
    if media_type_of(request) != CSV:
        raise Problem("media-type", f"Send the table as CSV with the header Content-Type: {CSV}.")
    check_headers(request, CSV, LARGEST_TABLE)
    kind, partial, ignored = _parameters(request)
    with _kept() as file:
        await _received(request, file)
        asked = Asked(file, None, kind, key.id, partial, ignored)
        return await run_in_threadpool(_answered, desk, asked)


def _parameters(request: Request) -> tuple[ImportKind, bool, list[str]]:
    given = request.query_params
    if given.keys() - {"kind", "partial", "ignore"}:
        raise Problem("parameter", "Only kind, partial and ignore can be said.")
    if len(given.getlist("kind")) != 1 or given["kind"] not in ("leads", "outcomes"):
        raise Problem.of_parameter("kind", "kind must be leads or outcomes.")
    if given.getlist("partial") not in ([], ["true"], ["false"]):
        raise Problem.of_parameter("partial", "partial must be true or false.")
    kind: ImportKind = "leads" if given["kind"] == "leads" else "outcomes"
    return kind, given.get("partial") == "true", given.getlist("ignore")


@contextmanager
def _kept() -> Iterator[Path]:
    """For this process's owner alone, and gone afterwards."""
    handle, name = tempfile.mkstemp(prefix="accord-import-", suffix=".csv")
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink()


async def _received(request: Request, file: Path) -> None:
    size = 0
    try:
        with file.open("wb") as kept:
            async for chunk in request.stream():
                size += len(chunk)
                if size > LARGEST_TABLE:
                    raise Problem("body-too-large", _TOO_LARGE, headers={"Connection": "close"})
                kept.write(chunk)
    except ClientDisconnect:
        raise Problem("content-length", "The connection ended before the table was complete; send it again.") from None
    if not size:
        raise Problem("empty-body", "Send the table, with a header line and its rows.")


_TOO_LARGE = f"At most {LARGEST_TABLE:,} bytes are read; `accord import` takes larger tables."


def _answered(desk: Desk, asked: Asked) -> Response:
    try:
        receipt = import_table(desk.intake, asked)
    except WrongHeader as wrong:
        raise Problem.of([_header_place(flaw) for flaw in wrong.flaws]) from None
    except RowsRefused as refused:
        raise Problem.of([wrong.place() for wrong in refused.checked.wrong]) from None
    except NoRows as none:
        raise Problem.at("#/rows", "csv-empty", str(none)) from None
    except ImportRunning:
        detail = "The same table is being imported right now; ask again when that has ended."
        raise Problem("import-running", detail, headers={"Retry-After": "5"}) from None
    except TableError:
        raise Problem("media-type", "The body is no CSV in UTF-8; save the table as CSV UTF-8.") from None
    note(replayed=receipt.already)
    return as_json(receipt_body(receipt, desk.zone), 200 if receipt.already else 201)


def _header_place(flaw: Flaw) -> Place:
    column = flaw.column or ""
    return Place(pointer_to(("header", column)), flaw.code, f"column “{named([column])}” {flaw.detail}")
