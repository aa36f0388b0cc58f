"""The scorecard's rules."""

from leads.contradictions.condition import condition
from leads.contradictions.place import Found
from leads.sections import Agreement


def scorecard(agreement: Agreement) -> Found:
    for number, rule in enumerate(agreement.scorecard.rules):
        where = ("scorecard", "rules", number, "when")
        if not rule.when:
            yield where, f"scorecard.rules[{number + 1}].when is empty; name at least one field."
        for key in rule.when:
            if said := condition(agreement, key, rule.when[key]):
                yield (*where, key), f"scorecard.rules[{number + 1}].when.{key} {said}"
