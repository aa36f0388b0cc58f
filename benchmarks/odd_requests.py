"""Requests that nobody should send, as Hypothesis draws them."""

import json
from collections.abc import Sequence
from typing import NamedTuple, TypeVar
from urllib.parse import quote, quote_from_bytes

from hypothesis import strategies as st

CANARY = "Kanarienvogel-7731"
"""Stands in every text that is sent, and may stand in no error."""
PAGE = "https://www.example.com"
FIELDS = (
    "email name phone company website employees country budget industry demo_requested message start_on mail_allowed "
    "utm_source page referrer "
    "_key _idempotency_key _website _opened_at _submitted_at _redirect is_admin __proto__ a/b~c ä"
)
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "BREW")
T = TypeVar("T")
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=20)


class Sent(NamedTuple):
    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


def mostly(often: st.SearchStrategy[T], seldom: st.SearchStrategy[T], times: int = 3) -> st.SearchStrategy[T]:
    """`often` so many times as often as `seldom`; the library's own choice would take both alike."""
    return st.sampled_from([often] * times + [seldom]).flatmap(lambda chosen: chosen)


def requests(paths: Sequence[str], secret: str, public: str) -> st.SearchStrategy[Sent]:
    json_, html = st.just("application/json"), st.just("application/x-www-form-urlencoded")
    post, leads = st.just("POST"), st.just("/v1/leads")
    key = mostly(st.sampled_from([secret, secret, public]), st.sampled_from(["sk_" + "0" * 64, "pk_x", "", "\xe4"]), 9)
    form = st.builds(Sent, post, leads, headers(key, mostly(json_, odd_types(), 9)), mostly(forms(), bodies(), 2))
    posted = st.builds(Sent, post, leads, headers(key, html), mostly(urlencoded(), bodies(), 9))
    methods = mostly(st.sampled_from(["GET", "POST"]), st.sampled_from(METHODS))
    anything = st.builds(Sent, methods, targets(paths), headers(key, odd_types()), st.just(b"") | bodies())
    return mostly(mostly(form, posted), anything, 2)


def headers(
    key: st.SearchStrategy[str], types: st.SearchStrategy[str | None]
) -> st.SearchStrategy[tuple[tuple[str, str], ...]]:
    bearer = st.builds("{} {}".format, mostly(st.just("Bearer"), st.sampled_from(["Basic", "bearer", ""]), 30), key)
    odd = st.fixed_dictionaries(
        {},
        optional={
            "Idempotency-Key": st.sampled_from(["one", "two", "", "x" * 256, CANARY]) | visible(),
            "Origin": st.sampled_from([PAGE, PAGE, "null", PAGE + ".evil.io", "http://[", "https://a:b"]) | visible(),
            "Accept": st.sampled_from(["application/json", "text/html", "image/png", "*/*", ";q=x"]) | visible(),
            "Content-Encoding": st.sampled_from(["identity", "gzip", "br"]) | visible(),
            "X-Forwarded-For": clients() | st.sampled_from(["127.0.0.1", "::1", "unknown"]) | visible(),
            "Cookie": visible(),
            "User-Agent": visible(),
            "Access-Control-Request-Method": st.sampled_from(["POST", "DELETE", CANARY]),
        },
    )
    named: st.SearchStrategy[dict[str, str]] = st.sampled_from(
        [{}, {}, {"Idempotency-Key": "one"}, {"Idempotency-Key": "two"}, {"Accept": "text/html"}]
    )
    return st.builds(_headers, bearer, types, clients(), mostly(named, odd))


def _headers(bearer: str, media_type: str | None, client: str, more: dict[str, str]) -> tuple[tuple[str, str], ...]:
    wanted = {"X-Forwarded-For": client} | ({"Authorization": bearer} if bearer.strip() else {})
    wanted |= {"Content-Type": media_type} if media_type is not None else {}
    return tuple((wanted | more).items())


def clients() -> st.SearchStrategy[str]:
    """A proxy tells of many clients, so that none of them comes to its limit."""
    return st.ip_addresses(v=4).map(str)


def visible() -> st.SearchStrategy[str]:
    """What a header may hold at most; what it may not is refused before the service sees it."""
    letters = st.characters(min_codepoint=0x21, max_codepoint=0xFF, exclude_categories=["Cc"])
    return st.text(letters, max_size=30).map(lambda text: CANARY + text)


def odd_types() -> st.SearchStrategy[str | None]:
    known = [
        "application/json; charset=latin-1",
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/json;;=",
    ]
    return st.sampled_from([None, "application/json", *known]) | visible()


def targets(paths: Sequence[str]) -> st.SearchStrategy[str]:
    part = st.one_of(
        st.sampled_from(["1", "..", ".", "%2e%2e", "%00", "ld_1", "dc_01a200da-7534-7720-b091-3fb2cbe54eed", CANARY]),
        st.binary(max_size=20).map(quote_from_bytes),
        st.text(max_size=20).map(lambda text: quote(text + CANARY, safe="")),
    )
    filled = st.builds(
        lambda path, one: "/".join(one if step[:1] == "{" else step for step in path.split("/")),
        st.sampled_from(paths),
        part,
    )
    wild = st.lists(part, max_size=4).map(lambda parts: "/" + "/".join(parts))
    query = st.sampled_from(
        ["", "?", "?limit=-1", "?limit=1e9", "?sort=;drop", "?key=sk_" + "0" * 64, "?after=x", f"?q={CANARY}"]
    )
    return st.builds(str.__add__, st.one_of(filled, filled, wild), query | part.map(lambda text: f"?{text}={text}"))


def bodies() -> st.SearchStrategy[bytes]:
    return st.one_of(documents().map(_encoded), urlencoded(), st.binary(max_size=60), bombs())


GOOD = {
    "country": '"DE"',
    "budget": "12.5",
    "employees": "-0.0",
    "phone": '"+49 30 1234567"',
    "website": '"https://www.example.com/?a=b"',
    "demo_requested": "true",
    "mail_allowed": "false",
    "start_on": '"2026-11-23"',
    "message": json.dumps(CANARY),
    "name": json.dumps(f"{CANARY}\u202e\u200b"),
    "industry": '"Wizardry"',
    "utm_source": json.dumps(CANARY * 200),
    "_website": '"x"',
    "_opened_at": '"2026-11-22T10:00:00Z"',
    "_submitted_at": "null",
}


def forms() -> st.SearchStrategy[bytes]:
    """Good forms, about half of them with one thing wrong."""
    address = mostly(st.sampled_from(['"jane@example.com"', '"x+1@ex\\u00e4mple.com"']), documents(), 9)
    good = st.lists(st.sampled_from(list(GOOD.items())), max_size=6, unique_by=lambda pair: pair[0])
    key = mostly(st.sampled_from(FIELDS.split()), ANY_TEXT, 9)
    wrong = mostly(st.just([]), st.lists(st.tuples(key, documents()), min_size=1, max_size=2), 1)
    return st.builds(_form, address, good, wrong)


def _form(address: str, good: list[tuple[str, str]], wrong: list[tuple[str, str]]) -> bytes:
    pairs = [("email", address), *good, *wrong]
    return _encoded("{" + ", ".join(f"{json.dumps(key)}: {value}" for key, value in pairs) + "}")


def documents() -> st.SearchStrategy[str]:
    return st.recursive(leaves(), _nested, max_leaves=8)


def _nested(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pair = st.builds("{}:{}".format, ANY_TEXT.map(json.dumps), inner)
    lists = st.lists(inner, max_size=4).map(lambda parts: f"[{','.join(parts)}]")
    return lists | st.lists(pair, max_size=4).map(lambda parts: f"{{{','.join(parts)}}}")


def leaves() -> st.SearchStrategy[str]:
    odd = [
        "NaN",
        "-Infinity",
        "1e400",
        "-0",
        "1e-320",
        "9" * 30,
        "9" * 5000,
        "00",
        "+1",
        ".5",
        "tru",
        "'x'",
        '"\\ud800"',
    ]
    odd += ['"\\u0000"', '"2026-02-30"', '"a@b"', '"+1"', '"' + "x" * 20_000 + '"', '"=1+1"', '"\\ufeff"', "null"]
    texts = ANY_TEXT.map(lambda text: json.dumps(CANARY + text))
    numbers = st.integers().map(str) | st.floats().map(json.dumps)
    return st.one_of(texts, numbers, st.booleans().map(json.dumps), st.sampled_from(odd))


def bombs() -> st.SearchStrategy[bytes]:
    depths = st.integers(1, 40) | st.just(20_000)
    return st.builds(
        lambda depth, opening, closing: opening * depth + closing * depth,
        depths,
        st.sampled_from([b"[", b'{"a":', b"[[1],"]),
        st.sampled_from([b"]", b"}", b""]),
    )


def urlencoded() -> st.SearchStrategy[bytes]:
    name = mostly(st.sampled_from(FIELDS.split()).map(quote), st.binary(max_size=10).map(quote_from_bytes), 9)
    odd = st.sampled_from(["%", "%zz", "%00", "%ed%a0%80", "1,234", CANARY])
    text = ANY_TEXT.map(lambda text: quote(CANARY + text, errors="surrogatepass"))
    plain = st.sampled_from(["", "1", "on", "x@example.com", "2026-11-23"])
    pairs = st.lists(st.builds("{}={}".format, name, st.one_of(plain, odd, text)), max_size=3)
    good = st.sampled_from(["email=x%40example.com", "email=x%40example.com&budget=1.234,50&demo_requested=on", ""])
    return st.builds(lambda first, more: "&".join([first, *more]).encode(), good, mostly(st.just([]), pairs, 1))


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
