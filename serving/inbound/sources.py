"""What each tool calls a form: the answers in its payload with the names by which people know them."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from leads.ledger import HookSource
from serving.inbound.signatures import Message, webhook_id
from serving.problems import Problem, pointer_to

Path = tuple[str | int, ...]
Tree = Mapping[str, Any]


class Given(NamedTuple):
    """One answer: every name it goes by, the most exact first, and where in the payload it stands."""

    names: tuple[str, ...]
    value: object
    path: Path


class Payload(NamedTuple):
    """`id` is the same for each attempt to deliver the same form; `submitted_at` is the tool's own word, empty where it
    gives none."""

    id: str
    answers: tuple[Given, ...]
    submitted_at: str = ""


def payload_of(source: HookSource, tree: object, message: Message) -> Payload:
    if not isinstance(tree, dict):
        raise Problem.at("#", "object-expected", "Send one JSON object.")
    return READERS[source](tree, message)


def _generic(tree: Tree, message: Message) -> Payload:
    """Standard Webhooks wraps what happened as {"type", "timestamp", "data"}; without that, the body is the form."""
    wrapped = isinstance(tree.get("type"), str) and isinstance(tree.get("data"), dict)
    inner, path = (tree["data"], ("data",)) if wrapped else (tree, ())
    submitted_at = _text(tree.get("timestamp")) if wrapped else ""
    return Payload(webhook_id(message), tuple(_flat(inner, path)), submitted_at)


def _flat(tree: Tree, path: Path, before: str = "") -> Iterator[Given]:
    """A value inside of others is named with dots."""
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _flat(value, (*path, key), f"{before}{key}.")
        else:
            yield Given((f"{before}{key}",), value, (*path, key))


def _hubspot(tree: Tree, message: Message) -> Payload:
    """A workflow sends the properties that were picked as one flat object, or the whole contact, where each property is
    {"value": …} under "properties"."""
    properties = tree.get("properties")
    inner, path = (properties, ("properties",)) if isinstance(properties, dict) else (tree, ())
    answers = tuple(_property(name, value, (*path, name)) for name, value in inner.items())
    return Payload(_conversion(tree, {one.names[0]: one.value for one in answers}, message), answers)


def _property(name: str, value: object, path: Path) -> Given:
    if isinstance(value, dict) and "value" in value:
        return Given((name,), value["value"], (*path, "value"))
    return Given((name,), value, path)


def _conversion(tree: Tree, values: Mapping[str, object], message: Message) -> str:
    """HubSpot names no delivery. A form that a contact sent is known by its conversion; where that was not picked, only
    the very same message is known again."""
    sent = [one for one in _list(tree.get("form-submissions")) if isinstance(one, dict) and one.get("conversion-id")]
    if sent:
        newest = max(sent, key=lambda one: _number(one.get("timestamp")))
        return f"conversion {_text(newest['conversion-id'])}"
    contact, at = (_text(values.get(name)) for name in ("hs_object_id", "recent_conversion_date"))
    if contact and at:
        return f"contact {contact} at {at}"
    signed = message.header("x-hubspot-request-timestamp").encode() + message.body
    return f"message {hashlib.sha256(signed).hexdigest()}"


def _typeform(tree: Tree, _: Message) -> Payload:
    """Questions go by their `ref`, which their author can write, by their title, and by their id."""
    said = tree.get("form_response")
    if tree.get("event_type") != "form_response" or not isinstance(said, dict):
        raise Problem.at("#/event_type", "value", "This hook takes Typeform's event form_response alone.")
    asked = _list(_dict(said.get("definition")).get("fields"))
    titles = {_text(one.get("id")): _text(one.get("title")) for one in asked if isinstance(one, dict)}
    base: Path = ("form_response",)
    answers = [
        _answer(one, (*base, "answers", place), titles)
        for place, one in enumerate(_list(said.get("answers")))
        if isinstance(one, dict)
    ]
    hidden = [Given((name,), value, (*base, "hidden", name)) for name, value in _dict(said.get("hidden")).items()]
    token = _named(said, "token", (*base, "token"))
    return Payload(token, (*answers, *hidden), _text(said.get("submitted_at")))


def _answer(answer: Tree, path: Path, titles: Mapping[str, str]) -> Given:
    """Its value stands under the name of its type; a choice is an object, with what was typed for "other"."""
    field, kind = _dict(answer.get("field")), _text(answer.get("type"))
    names = (_text(field.get("ref")), titles.get(_text(field.get("id")), ""), _text(field.get("id")))
    value = answer.get(kind)
    if kind == "choice":
        value = _dict(value).get("label") or _dict(value).get("other")
    elif kind == "choices":
        value = [*_list(_dict(value).get("labels")), *filter(None, [_dict(value).get("other")])]
    return Given(tuple(filter(None, names)), value, (*path, kind))


def _webflow(tree: Tree, _: Message) -> Payload:
    said = tree.get("payload")
    if tree.get("triggerType") != "form_submission" or not isinstance(said, dict):
        raise Problem.at("#/triggerType", "value", "This hook takes Webflow's event form_submission alone.")
    data = _dict(said.get("data"))
    answers = tuple(Given((name,), value, ("payload", "data", name)) for name, value in data.items())
    return Payload(_named(said, "id", ("payload", "id")), answers, _text(said.get("submittedAt")))


def _named(tree: Tree, name: str, path: Path) -> str:
    if found := _text(tree.get(name)):
        return found
    raise Problem.at(pointer_to(path), "required", f"{name} must be given: a form that comes again is known by it")


def _dict(value: object) -> Tree:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _number(value: object) -> float:
    return value if isinstance(value, int | float) else 0.0


READERS: Mapping[HookSource, Callable[[Tree, Message], Payload]] = {
    "generic": _generic,
    "hubspot": _hubspot,
    "typeform": _typeform,
    "webflow": _webflow,
}
