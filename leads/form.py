"""The one class of a form, made from the agreement: the API, the docs and the tables all read it."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, cast

from pydantic import BaseModel, ConfigDict, PlainValidator, WithJsonSchema, create_model
from pydantic import Field as Declared
from pydantic.fields import FieldInfo

from leads.fields import Field, Value, from_json, is_unset
from leads.kinds import CONTROL, FLAGS, INVISIBLE, LARGEST, LONGEST, LONGEST_OTHER, NUMBERS, refuse
from leads.sections import Agreement

ARRIVED = "_arrived"
"""The key under which features find the aware arrival time of a lead."""
CAMPAIGN_FIELDS: tuple[str, ...] = (
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_term",
    "utm_content",
    "utm_id",
    "gclid",
    "gbraid",
    "wbraid",
    "dclid",
    "fbclid",
    "msclkid",
    "li_fat_id",
    "ttclid",
    "twclid",
    "referrer",
    "page",
)
LONGEST_CAMPAIGN = 2_000
FORMATS = {"email": "email", "url": "uri-reference", "date": "date"}


def fold_keys(names: Sequence[str]) -> list[str]:
    """ASCII-folded lower case, runs outside a-z and 0-9 as "_", ends trimmed; a name taken already gets _2, _3 …"""
    keys: dict[str, None] = {}
    for name in names:
        folded = fold(name)
        key, number = folded, 2
        while key in keys:
            key, number = f"{folded}_{number}", number + 1
        keys[key] = None
    return list(keys)


def fold(name: str) -> str:
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return re.sub("[^a-z0-9]+", "_", bare.lower()).strip("_") or "field"


def form_class(agreement: Agreement) -> type[BaseModel]:
    """Every value is canonical once it is in the form; what names its error type is the code of the HTTP problem."""
    asked = agreement.form.fields
    declared = {attribute(key): declaration(key, field) for key, field in asked.items()}
    campaign = {key: campaign_declaration(key) for key in CAMPAIGN_FIELDS if key not in asked}
    return create_model("Form", __config__=FORM_CONFIG, **cast(dict[str, Any], declared | campaign))


FORM_CONFIG = ConfigDict(extra="forbid", frozen=True, protected_namespaces=(), hide_input_in_errors=True, title="Form")


def attribute(key: str) -> str:
    """A key that is also a method of every model (copy, json, schema …) is kept under another attribute."""
    return f"asked_{key}" if hasattr(BaseModel, key) or not key.isidentifier() else key


@dataclass(frozen=True)
class Asked:
    """Marks a field of the made class with what the agreement says of it."""

    field: Field


def declaration(key: str, field: Field) -> tuple[object, Any]:
    check, schema = PlainValidator(partial(checked, field)), WithJsonSchema(json_schema(field))
    annotation = Annotated[Any, check, schema, Asked(field)]
    title = field.label or field.column or key.replace("_", " ").capitalize()
    unit = f"in {field.unit}" if field.unit else None
    alias = key if attribute(key) != key else None
    return annotation, Declared(default=... if field.required else None, alias=alias, title=title, description=unit)


def titles(form: type[BaseModel]) -> dict[str, str]:
    """What people call each field, by its key."""
    return {field.alias or name: field.title or name for name, field in form.model_fields.items()}


def checked(field: Field, value: object) -> Value:
    known = from_json(field, value)
    if field.required and (known is None or is_unset(field, known)):
        refuse("required", "must be given")
    return known


def campaign_declaration(key: str) -> tuple[object, Any]:
    schema: dict[str, Any] = {"type": ["string", "null"]}
    annotation = Annotated[Any, PlainValidator(campaign_value), WithJsonSchema(schema)]
    return annotation, Declared(default=None, title=key)


def campaign_value(value: object) -> str | None:
    """The page fills these in, not the person: what is too long is cut and never costs a lead."""
    if value is None:
        return None
    if not isinstance(value, str):
        refuse("type", "must be text")
    return CONTROL.sub("", INVISIBLE.sub("", value)).strip()[:LONGEST_CAMPAIGN] or None


def json_schema(field: Field) -> dict[str, Any]:
    """Levels are examples and not an enum: a level never seen before is accepted and scored as unseen."""
    schema: dict[str, Any] = {"type": schema_type(field)}
    if field.kind in NUMBERS:
        schema |= {"minimum": -LARGEST, "maximum": LARGEST}
    elif field.kind not in FLAGS and field.kind != "date":
        schema |= {"maxLength": LONGEST.get(field.kind, LONGEST_OTHER)}
    if field.kind in FORMATS:
        schema["format"] = FORMATS[field.kind]
    if field.levels:
        schema["examples"] = list(field.levels)
    return schema | {"x-kind": field.kind, "x-personal": field.personal}


def schema_type(field: Field) -> str | list[str]:
    one = "number" if field.kind in NUMBERS else "boolean" if field.kind in FLAGS else "string"
    if field.required:
        return one
    return [one, "null"]


def form_values(form: BaseModel) -> dict[str, Value]:
    """One value for every key of the form and every campaign field; None where it is missing or a placeholder."""
    return {info.alias or name: given(info, getattr(form, name)) for name, info in type(form).model_fields.items()}


def given(info: FieldInfo, value: Value) -> Value:
    asked = [mark.field for mark in info.metadata if isinstance(mark, Asked)]
    return None if asked and is_unset(asked[0], value) else value
