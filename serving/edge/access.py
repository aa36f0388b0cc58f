"""Who may do what: a publishable key (pk_) stands in a page and sends forms, a secret key (sk_) does the rest."""

import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request

from leads.ledger import Key, Ledger, Scope, find_key
from leads.refusal import Refusal
from serving.edge.rates import Rates, neighbourhood
from serving.problems import Problem
from serving.watch.notes import note

KEY_IN_URL = re.compile(r"\b[ps]k_[0-9A-Za-z]{8}")
Scopes = tuple[Scope, ...]
PORTS = {"http": 80, "https": 443}


def admit(request: Request, ledger: Ledger, need: Scope, given: str | None = None, *, or_need: Scopes = ()) -> Key:
    """The caller's key, if it may do what `need` or one of `or_need` names; `given` is a key that came with the form
    itself."""
    rates: Rates = request.app.state.rates
    client = neighbourhood(request.client.host if request.client else "")
    key = _known_key(request, ledger, given)
    if isinstance(key, Problem):
        rates.failed(client)
        raise key
    note(key=key.id)
    rates.take(key, client)
    if given and key.kind == "sk":
        raise Problem("scope", "A secret key must not stand in a page: revoke it, and put a pk key into the form.")
    if not any(map(key.may, (need, *or_need))):
        scopes = " or ".join((need, *or_need))
        raise Problem("scope", f"This needs a key with the scope {scopes}: `accord keys create sk --scope {need}`.")
    if key.origins and origin_of(request.headers) not in key.origins:
        raise Problem("origin", "This key may only be used from the pages it was made for: `accord keys list`.")
    return key


def _known_key(request: Request, ledger: Ledger, given: str | None) -> Key | Problem:
    if KEY_IN_URL.search(request.url.query):
        raise Problem(
            "key-in-url",
            "URLs end up in logs, so this key counts as known to others: revoke it with `accord keys revoke`, "
            "and send the new one in the header Authorization: Bearer KEY.",
        )
    sent = request.headers.getlist("authorization")
    if not sent and given is None:
        return Problem(
            "key-missing",
            "Send the header Authorization: Bearer KEY; `accord keys create` makes a key.",
            headers={"WWW-Authenticate": "Bearer"},
        )
    bearer = given is not None or (len(sent) == 1 and sent[0].partition(" ")[0].lower() == "bearer")
    found = find_key(ledger, given or sent[0].partition(" ")[2].strip()) if bearer else None
    return found or Problem(
        "key-invalid",
        "The key is not known here, was revoked or has expired; `accord keys create` makes a new one.",
        headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
    )


def origin_of(headers: Headers) -> str | None:
    """The page's, as a browser tells it; None where it is not told, told twice, or none of the web ("null")."""
    sent = headers.getlist("origin")
    try:
        return origin(sent[0]) if len(sent) == 1 else None
    except Refusal:
        return None


def origin_of_page(address: str) -> str:
    """Of a whole address; Refusal for whatever two readers could read differently."""
    if not re.fullmatch(r"https?://[!-\[\]-~]+", address, re.IGNORECASE):
        raise _no_origin()
    scheme, _, rest = address.partition("://")
    return origin(f"{scheme}://{re.split('[/?#]', rest, maxsplit=1)[0]}")


def origin(text: str) -> str:
    """`scheme://host` or `scheme://host:port`, lower case, without the scheme's usual port: as browsers send it."""
    try:
        parts = urlsplit(text.strip().lower())
        port = parts.port
    except ValueError:
        raise _no_origin() from None
    if parts.scheme not in PORTS or not parts.hostname or "@" in parts.netloc or parts.query or parts.fragment:
        raise _no_origin()
    if parts.path not in ("", "/") or "*" in parts.netloc:
        raise _no_origin()
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + ("" if port in (None, PORTS[parts.scheme]) else f":{port}")


def _no_origin() -> Refusal:
    return Refusal("An origin is the beginning of a page's address, such as https://www.example.com, without a path.")
