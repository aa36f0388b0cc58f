"""What one condition of a rule may ask of a field of the form."""

from leads.contradictions.place import hint
from leads.form import CAMPAIGN_FIELDS
from leads.kinds import FLAGS, NUMBERS, PERSONAL, Kind
from leads.sections import Agreement, Between, Condition


def kind_of(agreement: Agreement, key: str) -> Kind:
    """A campaign field is a category that the form need not ask for."""
    field = agreement.form.fields.get(key)
    return field.kind if field is not None else "category"


def unknown(agreement: Agreement, key: str) -> bool:
    return key not in agreement.form.fields and key not in CAMPAIGN_FIELDS


def condition(agreement: Agreement, key: str, wanted: Condition) -> str | None:
    kind = kind_of(agreement, key)
    if unknown(agreement, key):
        return f"names a field the form does not ask.{hint(key, agreement.form.fields)}"
    if kind in PERSONAL:
        return f"speaks of a personal value (kind {kind}), which no rule may look at; remove it."
    if kind in NUMBERS:
        if not isinstance(wanted, Between):
            return "speaks of a number; write { at_least = …, below = … }."
        return None if in_order(wanted) else "must have at_least below its below, and one of them at least."
    if kind in FLAGS:
        return None if isinstance(wanted, bool) else "speaks of a flag; write true or false."
    if kind == "date":
        return "speaks of a date, which no rule can use; remove it."
    return None if isinstance(wanted, tuple) and wanted else 'speaks of levels; write a list such as ["yes", "maybe"].'


def in_order(between: Between) -> bool:
    if between.at_least is None or between.below is None:
        return between.at_least is not None or between.below is not None
    return between.at_least < between.below
