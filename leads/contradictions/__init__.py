"""What an agreement must not say: each rule yields where it is said and what to do about it."""

from leads.contradictions.engagements import engagements
from leads.contradictions.form import columns, keys, privacy
from leads.contradictions.goal import goal, table
from leads.contradictions.imports import imports
from leads.contradictions.place import Found
from leads.contradictions.reasons import reasons
from leads.contradictions.routing import routing
from leads.contradictions.rules import rules
from leads.contradictions.sales import people, sales
from leads.contradictions.scorecard import scorecard
from leads.contradictions.tracks import tracks
from leads.sections import Agreement

AGREED = (goal, table, sales, reasons, people, engagements, tracks, routing, rules, scorecard, privacy)
READ = (keys, columns, imports)


def contradictions(agreement: Agreement) -> Found:
    for part in AGREED + READ:
        yield from part(agreement)
