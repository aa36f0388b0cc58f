"""What an agreement must not say: each rule yields where it is said and what to do about it."""

from leads.contradictions.form import columns, keys, privacy
from leads.contradictions.goal import goal, table
from leads.contradictions.place import Found
from leads.contradictions.reasons import reasons
from leads.contradictions.routing import routing
from leads.contradictions.rules import rules
from leads.contradictions.sales import people, sales
from leads.contradictions.scorecard import scorecard
from leads.sections import Agreement

PARTS = (goal, table, sales, reasons, people, routing, rules, scorecard, privacy, keys, columns)


def contradictions(agreement: Agreement) -> Found:
    for part in PARTS:
        yield from part(agreement)
