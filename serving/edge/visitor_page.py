"""The small pages for visitors whose browser posted a form by itself. They speak to the visitor alone: what only the
owner of the page can put right is not explained here, but in the problem details that every other client gets."""

import base64
import hashlib
from collections.abc import Mapping
from html import escape

from pydantic import BaseModel
from starlette.responses import Response

from leads.fields import Field
from leads.form import titles
from leads.kinds import FLAGS, NUMBERS, Kind
from serving.problems import KINDS, Place, Problem

STYLE = """
body { font: 18px/1.6 system-ui, sans-serif; color: #1c2430; max-width: 36rem; margin: 12vh auto; padding: 0 1.2rem }
h1 { font-size: 1.5rem } li { margin: .4rem 0 } small { color: #5b6472 }
"""
POLICY = (
    f"default-src 'none'; style-src 'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PASSING = (409, 429, 503)
"""Statuses that pass by themselves in a moment."""
BACK = "Go back with your browser's back button: what you typed should still be there."
BY_CODE: Mapping[str, str] = {"required": "please fill this in", "value": "please look at this once more"}
BY_KIND: Mapping[Kind, str] = {
    "date": "please write a day such as 2026-11-23",
    **dict.fromkeys(NUMBERS, "please write a number such as 1234 or 1234.5"),
    **dict.fromkeys(FLAGS, "please answer yes or no"),
}


def thanks(message: str, status: int) -> Response:
    return _page("Thank you", f"<h1>{escape(message)}</h1>", status)


def refusal(problem: Problem, form: type[BaseModel], fields: Mapping[str, Field]) -> Response:
    """Lists what the visitor can correct; where anything else is wrong, no correction would help."""
    keys = [(place.pointer or "")[2:] for place in problem.places]
    status = KINDS[problem.code].status
    if status != 422 or not keys or not all(key in fields for key in keys):
        return _closed(problem, status)
    titled = titles(form)
    lines = [
        f"{titled[key]}: {_words(fields[key], key, place)}" for key, place in zip(keys, problem.places, strict=True)
    ]
    listed = "".join(f"<li>{escape(line)}</li>" for line in lines)
    body = f"<h1>Please correct the following</h1><ul>{listed}</ul><p>{BACK}</p>"
    return _page("Please correct the following", body, status, problem.headers)


def _words(field: Field, key: str, place: Place) -> str:
    usual = place.detail.removeprefix(key).strip()
    return BY_CODE.get(place.code) or BY_KIND.get(field.kind, usual)


def _closed(problem: Problem, status: int) -> Response:
    title = "This form cannot be sent at the moment"
    now = "Please contact us another way, or try again later."
    if status in PASSING:
        now = f"Please try again in a moment. {BACK}"
    code = f"<p><small>Code for the owner of this page: {escape(problem.code)}</small></p>"
    return _page(title, f"<h1>{title}</h1><p>{now}</p>{code}", status, problem.headers)


def _page(title: str, body: str, status: int, headers: Mapping[str, str] | None = None) -> Response:
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body>{body}</body></html>'
    )
    kept = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"} | dict(headers or {})
    return Response(text, status, kept, "text/html")
