"""The page behind a mailed link, for the owner of a lead. It runs no script, and to look at it changes nothing, because
programs that check mails open every link in them."""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from html import escape
from typing import Annotated, Any, Literal, NamedTuple, get_args

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from leads.outcome import LeadState
from serving.edge.bodies import Body
from serving.edge.wire import names
from serving.problems import KINDS, Problem, answer

Kind = Literal["accepted", "contacted", "meeting", "converted", "lost", "rejected"]
"""What a person may answer."""
STYLE = """
body { font: 17px/1.5 system-ui, sans-serif; color: #1c2430; max-width: 30rem; margin: 8vh auto; padding: 0 1.2rem }
h1 { font-size: 1.4rem; margin-bottom: .4rem } form { margin: 1.4rem 0 } small { color: #5b6472 }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem } dt { color: #5b6472 } dd { margin: 0 }
button, select, input { font: inherit; padding: .55rem 1rem; margin: .2rem .3rem .2rem 0; border: 1px solid #9aa3b0;
  border-radius: .4rem; background: #fff; color: inherit } button { cursor: pointer }
button:hover, button:focus { background: #eaf1fb; border-color: #2b5fa8 } label { display: block }
fieldset { border: 1px solid #d5dae1; border-radius: .5rem; padding: .6rem 1rem } legend { padding: 0 .4rem }
"""
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; "
        f"style-src 'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}
BUTTONS: Mapping[str, str] = {
    "accepted": "Accept",
    "contacted": "Contacted",
    "meeting": "Meeting agreed",
}
DONE: Mapping[LeadState, str] = {
    "open": "open",
    "accepted": "accepted",
    "contacted": "contacted",
    "meeting": "a meeting is agreed",
    "converted": "won",
    "lost": "lost",
    "rejected": "rejected",
}
TITLES: Mapping[str, str] = {
    "link-unknown": "This link is not valid",
    "link-expired": "This link is too old",
    "lead-moved": "Somebody else has this lead now",
    "lead-erased": "This lead is not here any more",
}


class SentAnswer(Body):
    """`value` as a person writes an amount."""

    type: Kind
    reason: str | None = None
    value: Annotated[str | None, Field(max_length=40)] = None


class About(NamedTuple):
    """What the mail said of the lead, and what became of it since; `ending` is how its id ends, `due` is told."""

    ending: str
    band: str
    owner: str
    due: str | None
    state: LeadState


FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "required": ["type"],
                    "additionalProperties": False,
                    "properties": {
                        "type": {"type": "string", "enum": list(get_args(Kind))},
                        "reason": {"type": "string", "description": "Why it was rejected (then needed) or lost"},
                        "value": {"type": "string", "maxLength": 40, "description": "What it is worth, when won"},
                    },
                }
            }
        },
    }
}
"""What /openapi.json says of the body."""


def asked(about: About, reasons: Iterable[str]) -> Response:
    buttons = "".join(f'<button name="type" value="{kind}">{words}</button>' for kind, words in BUTTONS.items())
    options = "".join(f"<option>{escape(reason)}</option>" for reason in reasons)
    return _page(
        "What became of it?",
        f"{_facts(about)}<p>Nothing is told until you press a button.</p>"
        f'<form method="post">{buttons}</form>'
        '<form method="post"><fieldset><legend>Did they buy?</legend>'
        '<label>Worth, if you know <input name="value" inputmode="decimal" maxlength="40" autocomplete="off"></label>'
        '<button name="type" value="converted">Won</button></fieldset></form>'
        '<form method="post"><fieldset><legend>Not a lead for sales?</legend>'
        f'<label>Reason <select name="reason" required><option value="">choose</option>{options}</select></label>'
        '<button name="type" value="rejected">Reject</button>'
        '<button name="type" value="lost" formnovalidate>Lost</button></fieldset></form>',
    )


def taken(about: About, replayed: bool) -> Response:
    said = "You told this before with this link, so nothing changes." if replayed else "Thank you. It is noted."
    return _page("Noted", f'{_facts(about)}<p>{said}</p><p><a href="">Tell something else</a></p>')


def refused(request: Request, problem: Problem) -> Response:
    """A browser that shows the answer gets a page, everyone else problem details."""
    told = answer(problem)
    if not names(request.headers, "text/html"):
        told.headers.update(HEADERS)
        return told
    title = TITLES.get(problem.code, "This cannot be told now")
    details = [problem.detail, *(place.detail for place in problem.places if place.detail != problem.detail)]
    body = "".join(f"<p>{escape(detail)}</p>" for detail in details)
    return _page(title, body, KINDS[problem.code].status, problem.headers)


def _facts(about: About) -> str:
    facts = {"Lead": f"… {about.ending}", "Band": about.band, "Owner": about.owner, "Answer by": about.due}
    facts["So far"] = DONE[about.state]
    lines = "".join(f"<dt>{name}</dt><dd>{escape(said)}</dd>" for name, said in facts.items() if said is not None)
    return f"<dl>{lines}</dl>"


def _page(title: str, body: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head>'
        f"<body><main><h1>{title}</h1>{body}</main></body></html>"
    )
    return Response(text, status, HEADERS | dict(headers or {}), "text/html")
