"""What Accord knows, kept: leads, decisions, agreements, bundles and keys. The only place that speaks SQL."""

from leads.ledger.agreement import InForce, adopt_agreement, agreement_in_force, agreement_text, settle_agreement
from leads.ledger.book import Ledger, LedgerUnavailable, open_ledger
from leads.ledger.bundle import (
    BundleEntry,
    Promotion,
    SavedBundle,
    Stale,
    bundles,
    champion,
    load_bundle,
    promote,
    promotions,
    save_bundle,
)
from leads.ledger.decision import Story, decision_by_id, lead_story, record, write
from leads.ledger.key import Key, KeyKind, Scope, create_key, find_key, list_keys, revoke_key

__all__ = [
    "BundleEntry",
    "InForce",
    "Key",
    "KeyKind",
    "Ledger",
    "LedgerUnavailable",
    "Promotion",
    "SavedBundle",
    "Scope",
    "Stale",
    "Story",
    "adopt_agreement",
    "agreement_in_force",
    "agreement_text",
    "bundles",
    "champion",
    "create_key",
    "decision_by_id",
    "find_key",
    "lead_story",
    "list_keys",
    "load_bundle",
    "open_ledger",
    "promote",
    "promotions",
    "record",
    "revoke_key",
    "save_bundle",
    "settle_agreement",
    "write",
]
