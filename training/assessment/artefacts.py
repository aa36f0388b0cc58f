"""An evaluation as files for the winner's run in MLflow."""

from __future__ import annotations

import numpy as np

from leads.settings import Settings
from training.assessment.body import as_json
from training.assessment.evaluation import Evaluation
from training.assessment.page import page
from training.experiment import figures
from training.experiment.store import keep_files, opened


def evaluation_files(one: Evaluation) -> dict[str, bytes]:
    """Path below the run's artefacts to content."""
    files = {"evaluation.html": page(one).encode(), "evaluation.json": as_json(one).encode()}
    shown = [(name, rate) for name, rate in one.backtest.months if rate.shown] if one.backtest is not None else []
    if shown:
        parts = ([rate.promised, rate.rate, rate.low, rate.high] for _, rate in shown)
        files["figures/backtest.png"] = figures.promises([name for name, _ in shown], *np.array(list(parts)).T)
    return files


def log_evaluation(one: Evaluation, settings: Settings, run_id: str) -> None:
    """Beside the other files of that run. Raises Failure when the store does not take it."""
    with opened(settings, "the evaluation") as client:
        keep_files(client, settings, client.get_run(run_id), evaluation_files(one))
