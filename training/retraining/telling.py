"""What MLflow is told of a retraining, and what people asked for there."""

from __future__ import annotations

from typing import NamedTuple

from leads.agreement import Agreement
from leads.ledger.book import Ledger
from leads.refusal import Failure
from leads.settings import Settings
from training.retraining.record import judged_evaluation, training_record
from training.retraining.retrain import Retrained, where


class Logged(NamedTuple):
    """The run of the one that was judged, None where there is none; and sentences on what people should know."""

    run_id: str | None
    told: list[str]


def asked_for(places: Settings, ledger: Ledger) -> list[str]:
    """Before a retraining, so that an alias that somebody moved by hand is heard first. A store that is away is told of
    afterwards."""
    from training.experiment.aliases import reconcile

    try:
        return reconcile(places, ledger)
    except Failure:
        return []


def log_retraining(done: Retrained, agreement: Agreement, places: Settings, ledger: Ledger) -> Logged:
    """What was decided stands in the ledger either way."""
    from training.assessment.artefacts import log_evaluation
    from training.experiment.aliases import reconcile
    from training.experiment.log import log_training

    run = None
    try:
        record = training_record(done, agreement)
        if record is None:
            return Logged(None, [])
        run = log_training(record, places, agreement)
        if (judged := judged_evaluation(done, agreement)) is not None:
            log_evaluation(judged, places, run)
        return Logged(run, reconcile(places, ledger))
    except Failure as failure:
        return Logged(run, [str(failure)])
    except Exception as error:  # what was decided stands, whatever becomes of the account of it
        return Logged(run, [f"MLflow was not told all of it ({where(error)})."])
