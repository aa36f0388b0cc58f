"""Tables of past leads, of what became of leads and of what they did, over HTTP."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, get_args

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from leads.csv_rows import Flaw
from leads.import_mapping import DateOrder
from leads.ledger import ImportKind, ImportRunning
from leads.table_format import TableError
from serving.edge.json_body import check_headers, media_type_of
from serving.endpoints.desk import Desk, as_json, caller, desk_of
from serving.imports.header import WrongHeader
from serving.imports.mapping import UnknownTool
from serving.imports.receipt import ImportReceipt, receipt_body
from serving.imports.table_import import Asked, NoRows, RowsRefused, import_table
from serving.openapi import problems
from serving.problems import Place, Problem, named, pointer_to
from serving.watch.notes import note

CSV = "text/csv"
KINDS: tuple[ImportKind, ...] = get_args(ImportKind)
LARGEST_TABLE = 16 * 1_048_576
"""Bytes. A larger one is for `accord import`, which reads it from the disk."""
PARAMETERS: list[dict[str, Any]] = [
    {"name": "kind", "in": "query", "required": True, "schema": {"type": "string", "enum": list(KINDS)}},
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
    {
        "name": "from",
        "in": "query",
        "schema": {"type": "string"},
        "description": "What exported a table of leads: hubspot, salesforce, pipedrive, or what the agreement names",
    },
    {
        "name": "dates",
        "in": "query",
        "schema": {"type": "string", "enum": list(get_args(DateOrder))},
        "description": "Which comes first in days such as 01/02/2026 of a table of leads; without it they are refused",
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
    """Leads of the past, what became of leads, or what they did after their form, as CSV. Nothing is imported while a
    row is wrong, unless `partial` says so. Leads come as history: nobody is given them and nobody is told. The same
    table again changes nothing."""
    key, desk = await run_in_threadpool(caller, request, "imports"), desk_of(request)
    if media_type_of(request) != CSV:
        raise Problem("media-type", f"Send the table as CSV with the header Content-Type: {CSV}.")
    check_headers(request, CSV, LARGEST_TABLE)
    asked = _asked(request, key.id)
    with _kept() as file:
        await _received(request, file)
        asked = asked._replace(path=file)
        return await run_in_threadpool(_answered, desk, asked)


def _asked(request: Request, key: str) -> Asked:
    """Without the table, which is not there yet."""
    given = request.query_params
    if given.keys() - {"kind", "partial", "ignore", "from", "dates"}:
        raise Problem("parameter", "Only kind, partial, ignore, from and dates can be said.")
    if len(given.getlist("kind")) != 1 or given["kind"] not in KINDS:
        raise Problem.of_parameter("kind", "kind must be leads, outcomes or engagements.")
    if given.getlist("partial") not in ([], ["true"], ["false"]):
        raise Problem.of_parameter("partial", "partial must be true or false.")
    kind = next(kind for kind in KINDS if kind == given["kind"])
    partial, ignored = given.get("partial") == "true", given.getlist("ignore")
    asked = Asked(Path(), None, kind, key, partial, ignored)
    return asked._replace(tool=_of_leads(request, "from"), dates=_order(_of_leads(request, "dates")))


def _of_leads(request: Request, name: str) -> str | None:
    told = request.query_params.getlist(name)
    if len(told) > 1 or (told and request.query_params["kind"] != "leads"):
        raise Problem.of_parameter(name, f"{name} can be said once, and of leads alone.")
    return told[0] if told else None


def _order(told: str | None) -> DateOrder | None:
    orders: tuple[DateOrder, ...] = get_args(DateOrder)
    found = next((order for order in orders if order == told), None)
    if told is not None and found is None:
        raise Problem.of_parameter("dates", f"dates must be {' or '.join(orders)}.")
    return found


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
    except UnknownTool as unknown:
        raise Problem.of_parameter("from", str(unknown)) from None
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
