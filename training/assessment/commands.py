"""The verb `evaluate`: why should anybody believe the scores?"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from leads.refusal import Failure, Refusal

if TYPE_CHECKING:
    from training.assessment.evaluation import Evaluation


def evaluate_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Holds what leads were promised when they came against what became of them, and says what changed since, what "
        "moves the scores and what the model learned from. It changes nothing."
    )
    parser.add_argument(
        "--html", metavar="FILE", type=Path, help="write one page, with charts, that needs nothing else"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def evaluate(options: argparse.Namespace) -> int:
    made = _made()
    if options.html is not None:
        _write(options.html, made)
    if options.json:
        from training.assessment.body import as_json

        print(as_json(made))
    elif options.html is not None:
        print(f"{options.html} shows why {made.name} may be believed.")
    else:
        from training.assessment.words import lines

        print("\n".join(lines(made)))
    return 0


def _made() -> Evaluation:
    from leads.agreement import parse_agreement
    from leads.ledger import agreement_in_force, open_ledger
    from leads.settings import settings
    from models.bundle_document import BundleRefused
    from training.assessment.read import read_evaluation

    ledger = open_ledger(settings().database_url)
    try:
        now = agreement_in_force(ledger)
        if now is None:
            raise Refusal("There is nothing here yet: no agreement is in force. `accord serve` puts one in force.")
        agreement = parse_agreement(now.text, f"agreement {now.number}")
        return read_evaluation(ledger, agreement, datetime.now(UTC))
    except BundleRefused as refused:
        raise Failure(
            f"The champion cannot be judged: {refused}. `accord rollback` puts the model before in."
        ) from None
    finally:
        ledger.close()


def _write(path: Path, made: Evaluation) -> None:
    from training.assessment.page import page

    try:
        path.write_text(page(made), "utf-8")
    except OSError as error:
        raise Refusal(f"{path} cannot be written: {error.strerror}.") from None
