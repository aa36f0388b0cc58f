"""Commands that work on the ledger itself: under the agreement in force, with what scores now, without the service."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from leads.refusal import Refusal

if TYPE_CHECKING:
    from leads.agreement import Agreement
    from leads.ledger import Ledger
    from serving.deciding.intake import Intake


@contextmanager
def opened() -> Iterator[Ledger]:
    from leads.ledger import open_ledger
    from leads.settings import settings

    ledger = open_ledger(settings().database_url)
    try:
        yield ledger
    finally:
        ledger.close()


def in_force(ledger: Ledger) -> tuple[Agreement, int]:
    from leads.agreement import parse_agreement
    from leads.ledger import agreement_in_force

    now = agreement_in_force(ledger)
    if now is None:
        raise Refusal("There is nothing here yet: no agreement is in force. `accord serve` puts one in force.")
    return parse_agreement(now.text, f"agreement {now.number}"), now.number


@contextmanager
def intake_of(ledger: Ledger, scoring: bool = True) -> Iterator[Intake]:
    """`scoring` loads the champion."""
    from models.champion import serving_scorer
    from models.scorecard import scorecard_scorer
    from serving.deciding.intake import Intake
    from serving.scoring.live import LiveScorer

    agreement, number = in_force(ledger)
    intake = Intake(
        ledger, agreement, number, LiveScorer(ledger, agreement, serving_scorer, scorecard_scorer(agreement))
    )
    try:
        if scoring:
            intake.live.follow()
        yield intake
    finally:
        intake.close()
