"""The scorer that serves: the champion of the ledger, or the agreement's scorecard."""

from __future__ import annotations

from leads.agreement import Agreement
from leads.ledger.book import Ledger
from leads.ledger.bundle import champion, load_bundle
from models.bundle import open_bundle
from models.naming import model_name
from models.scorecard import scorecard_scorer
from models.scorer import Scorer
from models.verification import verified_files


def saved_scorer(ledger: Ledger, number: int) -> Scorer:
    """The model of that number. Refusal when there is none, BundleRefused when it may not serve."""
    saved = load_bundle(ledger, number)
    return open_bundle(verified_files(saved.data, saved.sha256), model_name(number))


def serving_scorer(ledger: Ledger, agreement: Agreement) -> Scorer:
    """The champion, or the scorecard while there is none; BundleRefused when the champion may not serve."""
    number = champion(ledger)
    return scorecard_scorer(agreement) if number is None else saved_scorer(ledger, number)
