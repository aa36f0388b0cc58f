"""Who may do what: a publishable key (pk_) stands in a page and sends forms, a secret key (sk_) does the rest."""

import re
from urllib.parse import urlsplit

from starlette.requests import Request

from leads.ledger import Key, Ledger, Scope, find_key
from leads.refusal import Refusal
from serving.problems import Problem

KEY_IN_URL = re.compile(r"\b[ps]k_[0-9A-Za-z]{8}")
PORTS = {"http": 80, "https": 443}


def admit(request: Request, ledger: Ledger, need: Scope, given: str | None = None) -> Key:
    """The caller's key, if it may do what `need` names; `given` is a key that came with the form itself."""
    key = find_key(ledger, given or _given_key(request))
    if key is None:
        raise _invalid()
    if not key.may(need):
        raise Problem("scope", f"This needs a key with the scope {need}: `accord keys create sk --scope {need}`.")
    if key.origins and _origin_of(request) not in key.origins:
        raise Problem("origin", "This key may only be used from the pages it was made for: `accord keys list`.")
    return key


def _given_key(request: Request) -> str:
    if KEY_IN_URL.search(request.url.query):
        raise Problem(
            "key-in-url",
            "URLs end up in logs, so this key counts as known to others: revoke it with `accord keys revoke`, "
            "and send the new one in the header Authorization: Bearer KEY.",
        )
    sent = request.headers.getlist("authorization")
    if not sent:
        raise Problem(
            "key-missing",
            "Send the header Authorization: Bearer KEY; `accord keys create` makes a key.",
            headers={"WWW-Authenticate": "Bearer"},
        )
    scheme, _, key = sent[0].partition(" ")
    if len(sent) > 1 or scheme.lower() != "bearer":
        raise _invalid()
    return key.strip()


def _invalid() -> Problem:
    return Problem(
        "key-invalid",
        "The key is not known here, or was revoked; `accord keys create` makes a new one.",
        headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
    )


def _origin_of(request: Request) -> str | None:
    sent = request.headers.getlist("origin")
    try:
        return origin(sent[0]) if len(sent) == 1 else None
    except Refusal:
        return None


def origin(text: str) -> str:
    """`scheme://host` or `scheme://host:port`, lower case, without the scheme's usual port: as browsers send it."""
    try:
        parts = urlsplit(text.strip().lower())
        port = parts.port
    except ValueError:
        raise _no_origin() from None
    if parts.scheme not in PORTS or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise _no_origin()
    if parts.path not in ("", "/") or "*" in parts.netloc:
        raise _no_origin()
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + ("" if port in (None, PORTS[parts.scheme]) else f":{port}")


def _no_origin() -> Refusal:
    return Refusal("An origin is the beginning of a page's address, such as https://www.example.com, without a path.")
