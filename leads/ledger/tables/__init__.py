"""The ledger's tables. Rows are facts, added and never changed; what moves is a key's end, the champion pointer, the
state of a message on its way out, whose turn it is in the team, and where each lead of sales stands."""

from leads.ledger.tables.agreement import adoptions, agreements, keys, salt
from leads.ledger.tables.base import Moment, metadata
from leads.ledger.tables.cost import costs
from leads.ledger.tables.delivery import attempts, messages, receivers
from leads.ledger.tables.engagement import engagements
from leads.ledger.tables.hook import hook_faults, hooks
from leads.ledger.tables.imports import imports
from leads.ledger.tables.lead import (
    answers,
    decisions,
    erasures,
    identities,
    leads,
    objections,
    submissions,
)
from leads.ledger.tables.model import bundle_bytes, bundles, champion, prices, promotions
from leads.ledger.tables.night import nights
from leads.ledger.tables.proposal import approvals, proposals
from leads.ledger.tables.retraining import looks, retrainings
from leads.ledger.tables.returning import returns
from leads.ledger.tables.team import assignments, credits, outcomes, steps, team_changes

__all__ = [
    "Moment",
    "adoptions",
    "agreements",
    "answers",
    "approvals",
    "assignments",
    "attempts",
    "bundle_bytes",
    "bundles",
    "champion",
    "costs",
    "credits",
    "decisions",
    "engagements",
    "erasures",
    "hook_faults",
    "hooks",
    "identities",
    "imports",
    "keys",
    "leads",
    "looks",
    "messages",
    "metadata",
    "nights",
    "objections",
    "outcomes",
    "prices",
    "promotions",
    "proposals",
    "receivers",
    "retrainings",
    "returns",
    "salt",
    "steps",
    "submissions",
    "team_changes",
]
