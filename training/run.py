"""One training from the command: where things are, the job, and what MLflow is told of it."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from leads.agreement import Agreement, agreement_path, read_agreement
from leads.ledger.opening import open_ledger
from leads.refusal import Failure
from leads.settings import Settings, settings
from training.stage import Progress
from training.train import Training, train


@dataclass(frozen=True)
class Account:
    """What a training did, for people and for programs. `warning` says what did not work though the training did."""

    training: Training
    run_id: str | None
    seconds: float
    warning: str | None


def run_training(path: Path, agreement_option: str | None, budget: float) -> Account:
    started, places = time.monotonic(), settings()
    agreement = read_agreement(agreement_path(agreement_option or places.agreement))
    ledger = open_ledger(places.database_url)
    try:
        with shown_progress() as progress:
            training = train(path, agreement, ledger, budget, progress)
            run_id, warning = _tell_mlflow(training, agreement, places, progress)
    finally:
        ledger.close()
    return Account(training, run_id, time.monotonic() - started, warning)


@contextmanager
def shown_progress() -> Iterator[Progress]:
    """On stderr, and only where that is a terminal."""
    from rich.console import Console

    console = Console(stderr=True)
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    with console.status("starting") as status:
        yield status.update


def _tell_mlflow(
    training: Training, agreement: Agreement, places: Settings, progress: Progress
) -> tuple[str | None, str | None]:
    """The winner's run, or why there is none: the model is in the ledger either way."""
    if training.record is None:
        return None, None
    from training.experiment.log import log_training

    progress("logging to MLflow")
    try:
        return log_training(training.record, places, agreement), None
    except Failure as failure:
        return None, str(failure)
