"""The pages a person can open: what this service is, how to call it, and what each error means. Nothing is loaded from
elsewhere."""

import json
from html import escape
from typing import Any

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from leads.agreement import Agreement
from serving.problems import KINDS, Problem

STYLE = """
body { font: 16px/1.55 system-ui, sans-serif; color: #1c2430; max-width: 56rem; margin: 2.5rem auto; padding: 0 1rem }
h1 { font-size: 1.7rem } h2 { font-size: 1.2rem; margin-top: 2.4rem; border-top: 1px solid #d8dee6; padding-top: 1rem }
code, pre { font: 14px/1.5 ui-monospace, monospace; background: #f3f5f8; border-radius: 4px }
code { padding: .1em .3em } pre { padding: .8rem 1rem; overflow-x: auto }
table { border-collapse: collapse; width: 100% } a { color: #1459b3 }
td { vertical-align: top; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #e6eaf0 }
"""


def pages(agreement: Agreement, description: dict[str, Any]) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    text, home, reference = json.dumps(description), _home(agreement), _reference(description)

    @router.get("/openapi.json")
    async def openapi() -> Response:
        return Response(text, media_type="application/json")

    @router.get("/")
    async def start() -> Response:
        return HTMLResponse(home)

    @router.get("/docs")
    async def docs() -> Response:
        return HTMLResponse(reference)

    @router.get("/problems/{code}")
    async def problem(code: str) -> Response:
        if code not in KINDS:
            raise Problem("not-found", "There is no problem with this code.")
        return HTMLResponse(_problem(code))

    return router


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body>{body}</body></html>'
    )


def _home(agreement: Agreement) -> str:
    fields = len(agreement.form.fields)
    return _page(
        "Accord",
        "<h1>Accord</h1><p>This service takes leads in. Each form that is sent here is scored on its likelihood to "
        f"convert within {agreement.goal.within_days} days, and the same answer says who takes the reins: sales, for "
        "an immediate follow-up, or marketing, for nurture.</p>"
        f'<ul><li><a href="/docs">How to call it</a>: {fields} form fields, keys, answers and errors</li>'
        '<li><a href="/openapi.json">The same for machines</a> (OpenAPI)</li>'
        '<li><a href="/readyz">Is it ready?</a> · <a href="/healthz">Is it alive?</a></li></ul>'
        "<p>Keys are made with <code>accord keys create pk</code> (for a page) or <code>accord keys create sk</code> "
        "(for your own systems).</p>",
    )


def _reference(description: dict[str, Any]) -> str:
    operations = [
        _operation(method, path, operation)
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    ]
    schemas = description["components"]["schemas"]
    body = (
        "<h1>How to call Accord</h1><p>Every call under <code>/v1</code> carries a key: "
        "<code>Authorization: Bearer KEY</code>. A publishable key (<code>pk_…</code>) sends forms and reads what they "
        "ask; a secret key (<code>sk_…</code>) does everything and must stay secret.</p>"
        f"{''.join(operations)}<h2 id='Form'>The form</h2>{_fields(schemas['Form'])}"
        f"{''.join(_schema(name, schemas[name]) for name in schemas if name not in ('Form', 'Problem'))}"
        f"<h2 id='Problem'>Errors</h2><p>{escape(schemas['Problem']['description'])}</p>{_codes()}"
    )
    return _page("How to call Accord", body)


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    rows = []
    for status, response in operation["responses"].items():
        rows.append(f"<tr><td>{escape(status)}</td><td>{_answer(response)}</td></tr>")
    example = _curl(path) if method == "post" and operation["security"] else ""
    return (
        f"<h2><code>{method.upper()} {escape(path)}</code></h2><p><b>{escape(operation['summary'])}.</b> "
        f"{escape(operation.get('description', ''))}</p>{example}{_parameters(operation)}<table>{''.join(rows)}</table>"
    )


def _parameters(operation: dict[str, Any]) -> str:
    """Those of the query; what stands in the path is seen there."""
    asked = [one for one in operation.get("parameters", []) if one["in"] == "query"]
    rows = [
        f"<tr><td><code>?{escape(one['name'])}=</code></td><td>{escape(_type(one['schema']))}</td>"
        f"<td>{escape(one.get('description', ''))}</td></tr>"
        for one in asked
    ]
    return f"<table>{''.join(rows)}</table>" if rows else ""


def _curl(path: str) -> str:
    call = f"curl -X POST {path} -H 'Authorization: Bearer KEY' -H 'Content-Type: application/json' -d '{{…}}'"
    return f"<pre>{escape(call)}</pre>"


def _answer(response: dict[str, Any]) -> str:
    for content in response.get("content", {}).values():
        names = _references(content.get("schema", {}))
        links = " or ".join(f'<a href="#{name}">{name}</a>' for name in names)
        return f"{links} {escape(response['description'])}"
    return escape(response["description"])


def _references(schema: dict[str, Any]) -> list[str]:
    choices = [schema, *schema.get("anyOf", [])]
    return [choice["$ref"].rsplit("/", 1)[1] for choice in choices if "$ref" in choice]


def _schema(name: str, schema: dict[str, Any]) -> str:
    about = escape(schema.get("description", ""))
    return f"<h2 id='{escape(name)}'>{escape(name)}</h2><p>{about}</p>{_fields(schema)}"


def _fields(schema: dict[str, Any]) -> str:
    required = set(schema.get("required", []))
    rows = []
    for key, field in schema.get("properties", {}).items():
        must = " (required)" if key in required and schema.get("title") == "Form" else ""
        rows.append(
            f"<tr><td><code>{escape(key)}</code></td><td>{escape(_type(field))}{must}</td>"
            f"<td>{escape(_about(key, field))}</td></tr>"
        )
    return f"<table>{''.join(rows)}</table>"


def _type(field: dict[str, Any]) -> str:
    if "anyOf" in field:
        return " or ".join(map(_type, field["anyOf"]))
    if "enum" in field:
        return ", ".join(map(str, field["enum"]))
    kind = field.get("type", field.get("$ref", "").rsplit("/", 1)[-1])
    if kind == "array":
        return f"list of {_type(field.get('items', {}))}"
    return " or ".join(kind) if isinstance(kind, list) else str(kind)


def _about(key: str, field: dict[str, Any]) -> str:
    title = field.get("title", "")
    words = [] if title.lower().replace(" ", "_") == key else [title]
    words += [field["description"]] if "description" in field else []
    words += ["for example " + ", ".join(map(str, field["examples"][:5]))] if "examples" in field else []
    return "; ".join(filter(None, words))


def _codes() -> str:
    rows = "".join(
        f'<tr><td>{kind.status}</td><td><a href="/problems/{code}"><code>{code}</code></a></td>'
        f"<td>{escape(kind.title)}</td></tr>"
        for code, kind in KINDS.items()
    )
    return f"<table>{rows}</table>"


def _problem(code: str) -> str:
    kind = KINDS[code]
    return _page(
        kind.title,
        f"<h1>{escape(kind.title)}</h1><p>The service answers <code>{kind.status}</code> with the code "
        f"<code>{code}</code>. The answer's <code>detail</code> says what to do about it, and where a field is meant, "
        '<code>errors</code> points to it. <a href="/docs#Problem">All errors</a></p>',
    )
