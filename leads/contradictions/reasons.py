"""Why sales rejects leads or loses them, and what each reason does."""

import re

from leads.contradictions.place import Found, Place
from leads.sections import Agreement, SalesReason

NAME = re.compile("[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
NEVER_A_LABEL = "bad-data"


def reasons(agreement: Agreement) -> Found:
    said = agreement.sales.reasons
    if not said:
        yield ("sales", "reasons"), "sales.reasons is empty, so no lead could be rejected; name a reason or remove it."
    for name, reason in said.items():
        where = ("sales", "reasons", name)
        if not NAME.fullmatch(name):
            yield (
                where,
                f"sales.reasons has “{name}”; name a reason with small letters, digits and hyphens, 64 at most.",
            )
        yield from _effect(where, f"sales.reasons.{name}", reason)
        if name == NEVER_A_LABEL and reason.label:
            yield (*where, "label"), f"sales.reasons.{name} says that the lead's data are wrong; write label = false."


def _effect(where: Place, key: str, reason: SalesReason) -> Found:
    if reason.then == "again" and reason.after_days is None:
        yield where, f"{key} lacks after_days: say after how many days such a lead comes back to sales."
    if reason.then != "again" and reason.after_days is not None:
        yield (
            (*where, "after_days"),
            f'{key}.after_days counts only with then = "again"; remove one or change the other.',
        )
