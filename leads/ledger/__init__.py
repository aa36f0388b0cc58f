"""What Accord knows, kept: leads, decisions, agreements, bundles and keys. The only place that speaks SQL."""

from leads.ledger.agreement import InForce, adopt_agreement, agreement_in_force, agreement_text, settle_agreement
from leads.ledger.book import Ledger, LedgerUnavailable
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
from leads.ledger.decision import Story, decision_by_id, latest_decision, lead_story, submission_by_id
from leads.ledger.entry import Answer, Entry, OtherBody, Sending, answer_given, enter, forget_old_answers, settle
from leads.ledger.key import (
    SCOPES,
    Key,
    KeyKind,
    Scope,
    create_key,
    find_key,
    list_keys,
    revoke_key,
    roll_key,
)
from leads.ledger.opening import open_ledger
from leads.ledger.person import digest, digests, lead_of_person, leads_of, objects
from leads.ledger.writer import Writer

__all__ = [
    "SCOPES",
    "Answer",
    "BundleEntry",
    "Entry",
    "InForce",
    "Key",
    "KeyKind",
    "Ledger",
    "LedgerUnavailable",
    "OtherBody",
    "Promotion",
    "SavedBundle",
    "Scope",
    "Sending",
    "Stale",
    "Story",
    "Writer",
    "adopt_agreement",
    "agreement_in_force",
    "agreement_text",
    "answer_given",
    "bundles",
    "champion",
    "create_key",
    "decision_by_id",
    "digest",
    "digests",
    "enter",
    "find_key",
    "forget_old_answers",
    "latest_decision",
    "lead_of_person",
    "lead_story",
    "leads_of",
    "list_keys",
    "load_bundle",
    "objects",
    "open_ledger",
    "promote",
    "promotions",
    "revoke_key",
    "roll_key",
    "save_bundle",
    "settle",
    "settle_agreement",
    "submission_by_id",
]
