"""Which engagements count, and what they are called."""

import re

from leads.contradictions.place import Found
from leads.sections import Agreement

NAME = re.compile("[a-z][a-z0-9_]{0,31}")
MOST_KINDS = 50


def engagements(agreement: Agreement) -> Found:
    said, where = agreement.marketing.engagements, ("marketing", "engagements")
    if len(said) > MOST_KINDS:
        yield where, f"marketing.engagements names {len(said)} kinds with the usual ones; {MOST_KINDS} at most."
    for kind in said:
        if not NAME.fullmatch(kind):
            what = "name a kind with small letters, digits and _, 32 at most, beginning with a letter"
            yield (*where, kind), f"marketing.engagements has “{kind}”; {what}."
