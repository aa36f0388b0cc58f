"""The goal, what a lead is worth and takes, and how history tables say what happened."""

from leads.contradictions.place import Found, Place, hint
from leads.kinds import NUMBERS
from leads.sections import Agreement, FieldValue


def goal(agreement: Agreement) -> Found:
    yield from number_field(agreement, ("goal", "value"), agreement.goal.value)


def number_field(agreement: Agreement, where: Place, said: FieldValue | float) -> Found:
    """A number that is read from a field needs a field that holds numbers."""
    if not isinstance(said, FieldValue):
        return
    fields, key = agreement.form.fields, ".".join(map(str, where))
    named = [name for name, field in fields.items() if field.kind in NUMBERS]
    if said.field not in fields:
        yield where, f"{key} names “{said.field}”, which the form does not ask.{hint(said.field, named)}"
    elif said.field not in named:
        kind = fields[said.field].kind
        yield where, f"{key} names “{said.field}”, a field of kind {kind}; name one of kind number or money."


def table(agreement: Agreement) -> Found:
    said = agreement.table
    given = [name for name in ("order", "arrived", "in_order") if getattr(said, name)]
    if len(given) > 1:
        yield ("table", given[1]), f"table.{given[0]} and table.{given[1]} exclude each other; keep one of them."
    for name in ("order", "arrived", "converted_at"):
        if said.target is not None and getattr(said, name) == said.target:
            yield ("table", name), f"table.{name} names the target itself; name another column or remove it."
    knowing = {said.target: "table.target", said.converted_at: "table.converted_at"}
    for key, field in agreement.form.fields.items():
        role = knowing.get(field.column or key)
        if role is not None:
            said_of = f"form.fields.{key} reads the column of {role}, which knows the outcome; remove the field."
            yield ("form", "fields", key), said_of
