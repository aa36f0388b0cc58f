"""What the form asks: keys, columns, consents."""

import re

from leads.contradictions.place import Found, hint
from leads.form import fold_keys
from leads.sections import Agreement


def privacy(agreement: Agreement) -> Found:
    fields = agreement.form.fields
    consents = [key for key, field in fields.items() if field.kind == "consent"]
    for name in ("profiling_consent", "mail_consent"):
        key = getattr(agreement.privacy, name)
        if key is not None and key not in fields:
            yield ("privacy", name), f"privacy.{name} names “{key}”, which the form does not ask.{hint(key, consents)}"
        elif key is not None and key not in consents:
            said = f"privacy.{name} names “{key}”, a field of kind {fields[key].kind}; name one of kind consent."
            yield ("privacy", name), said


def keys(agreement: Agreement) -> Found:
    for key in agreement.form.fields:
        where = ("form", "fields", key)
        if not re.fullmatch("[a-z0-9]([a-z0-9_]*[a-z0-9])?", key):
            better = fold_keys([key])[0]
            yield where, f"form.fields.{key} should be written {better}: small letters, digits and single _ alone."
        if key in agreement.form.known_after_contact:
            yield where, f"{key} is a field of the form and in form.known_after_contact too; remove one of the two."


def columns(agreement: Agreement) -> Found:
    first: dict[str, str] = {}
    for key, field in agreement.form.fields.items():
        column = field.column or key
        if column in first:
            shown = f"form.fields.{key} and form.fields.{first[column]} both read the column “{column}”; remove one."
            yield ("form", "fields", key), shown
        first.setdefault(column, key)
