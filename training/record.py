"""What one training did, as facts: the audition fills it in, the experiment, the figures and the card tell it."""

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]

LABEL = "_converted"  # the label's column in TrainingRecord.tables; no feature's name begins with "_"


@dataclass(frozen=True)
class CandidateRecord:
    """`name`: "base rate", "scorecard", "champion", "logistic", "trees" or "blend". `params`: only what varies between
    trainings. `metrics`: judged on the audition's forward rows. `curves`: "trees/log_loss" -> one value a round.
    `probabilities`: in the order of TrainingRecord.labels."""

    name: str
    params: dict[str, float | int | str]
    metrics: dict[str, float]
    curves: dict[str, list[float]]
    probabilities: Floats


@dataclass(frozen=True)
class TrainingRecord:
    """`table_name`: the file's name without its folder. `rows`: how many rows fitted ("fit"), judged ("judge") and were
    held back to report once ("newest") or left out because these people asked to be forgotten ("forgotten"). `labels`:
    0 or 1 for each judged row. `tables`: "train" and "newest" -> feature matrix and LABEL, never a personal value.
    `bundle`: file name -> text. `number`: the bundle's in the ledger. `reasons_overview`: field label -> mean
    |contribution| in log-odds. `protocol`: how the rows were split. `name`: what the runs are called by where it is
    not the bundle's number; `tags`: what else is said of each run."""

    started_at: datetime
    table_name: str
    rows: dict[str, int]
    labels: Floats
    candidates: list[CandidateRecord]
    winner: str
    why: str
    newest_metrics: dict[str, float]
    newest_labels: Floats
    newest_probabilities: Floats
    tables: dict[str, pd.DataFrame]
    agreement_digest: str
    bundle: dict[str, str]
    bundle_sha256: str
    number: int
    ignored_columns: list[str]
    reasons_overview: dict[str, float]
    protocol: str
    promoted: bool
    name: str = ""
    tags: dict[str, str] = field(default_factory=dict)
