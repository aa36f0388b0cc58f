"""A bundle into the ledger, once a process of its own has opened it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leads.ledger.book import Ledger
from leads.ledger.bundle import save_bundle
from leads.refusal import Failure
from models.bundle import BundleRefused, Files, digest, pack
from models.verification import verified_files


def save_verified(files: Files, facts: Mapping[str, Any], ledger: Ledger) -> int:
    """The number that it gets there."""
    data = pack(files)
    try:
        verified_files(data, digest(data))
    except BundleRefused as refused:
        raise Failure(f"The new model was not saved: {refused}. The champion goes on serving.") from None
    return save_bundle(ledger, data, facts)
