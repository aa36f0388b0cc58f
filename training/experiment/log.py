"""Shows each training to people in MLflow, for them to compare; nothing that serves reads it back."""

import hashlib
import json
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from leads.agreement import Agreement
from leads.settings import Settings
from training.experiment import figures
from training.experiment.card import model_card
from training.experiment.loadable import Loadable, add_version
from training.experiment.registry import ensure_model, point, point_champion
from training.experiment.store import experiment_id, keep_files, opened
from training.experiment.view import COLOURS
from training.record import LABEL, CandidateRecord, Floats, TrainingRecord

if TYPE_CHECKING:
    from mlflow import MlflowClient

PATIENCE = 120.0  # seconds; a store slower than this is treated as down
CURVE_POINTS = 250
DIGITS = 5  # after the point; MLflow's lists cut off longer numbers
SCHEMA_ROWS = 200  # MLflow looks at every cell of a table to tell its columns' types


def log_training(record: TrainingRecord, settings: Settings, agreement: Agreement) -> str:
    """The id of the winner's run. Raises Failure when the store does not take it; the runs logged until then stay, and
    the bundle stands in the ledger all the same."""
    give_up = time.monotonic() + PATIENCE
    with opened(settings, _name(record)) as client:
        experiment, tags, inputs = experiment_id(client, settings), _shared_tags(record), _inputs(record)
        for at, candidate in enumerate(_winner_last(record)):
            if time.monotonic() > give_up:
                raise TimeoutError(f"it answers too slowly, nothing more was logged after {PATIENCE:.0f} s")
            started = int(record.started_at.timestamp() * 1000) + at  # the list shows the latest, the winner, on top
            run = client.create_run(experiment, started, tags | _tags(record, candidate), _title(record, candidate))
            client.log_inputs(run.info.run_id, inputs)
            _log_numbers(client, run.info.run_id, record, candidate, started)
            keep_files(client, settings, run, _files(record, candidate, agreement))
            seconds = candidate.metrics.get("fit_seconds", 0.0)
            client.set_terminated(run.info.run_id, "FINISHED", started + int(seconds * 1000))
        if record.bundle:
            _register(client, settings, record, agreement, run)
        return str(run.info.run_id)


def _winner_last(record: TrainingRecord) -> list[CandidateRecord]:
    if record.winner not in {one.name for one in record.candidates}:
        raise ValueError(f"the winner {record.winner} is not among the candidates")
    return sorted(record.candidates, key=lambda one: one.name == record.winner)


def _name(record: TrainingRecord) -> str:
    return record.name or f"training {record.number}"


def _won(record: TrainingRecord, candidate: CandidateRecord) -> bool:
    """Nobody did where no bundle came of it."""
    return bool(record.bundle) and candidate.name == record.winner


def _title(record: TrainingRecord, candidate: CandidateRecord) -> str:
    return f"{record.name or record.number} {candidate.name}"


def _shared_tags(record: TrainingRecord) -> dict[str, str]:
    tags = {
        "training": f"{record.number}-{record.bundle_sha256[:8]}" if record.bundle else record.name,
        "agreement": record.agreement_digest,
        "table": record.table_name,
        "forgotten_rows": str(record.rows.get("forgotten", 0)),
        "mlflow.source.name": "accord train",
        "mlflow.source.type": "LOCAL",
    }
    if commit := git_commit():
        tags |= {"git_commit": commit, "mlflow.source.git.commit": commit.removesuffix("-dirty")}
    return tags | record.tags


def git_commit() -> str | None:
    """The commit this code stands at, "-dirty" behind it when files were changed; None outside a checkout of it."""
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return None
    call = ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        # fixed words, no shell
        return subprocess.run(call, capture_output=True, text=True, check=True, timeout=10).stdout.strip()  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None  # no git, or a checkout without a commit


def _tags(record: TrainingRecord, candidate: CandidateRecord) -> dict[str, str]:
    family = {"model_family": candidate.name}
    if colour := COLOURS.get(candidate.name):
        family["mlflow.runColor"] = colour
    if not _won(record, candidate):
        return family
    note = f"Won {_name(record)}: {record.why}"
    return family | {"winner": "yes", "bundle": str(record.number), "mlflow.note.content": note}


def _log_numbers(client: "MlflowClient", run: str, record: TrainingRecord, candidate: CandidateRecord, at: int) -> None:
    from mlflow.entities import Metric, Param

    numbers = dict(candidate.metrics)
    if candidate.name == record.winner:
        numbers |= {f"newest/{name}": value for name, value in record.newest_metrics.items()}
    metrics = [
        Metric(name, round(float(value), DIGITS), at, 0) for name, value in numbers.items() if np.isfinite(value)
    ]
    params = [Param(name, str(value)) for name, value in candidate.params.items()]
    client.log_batch(run, metrics, params)
    for name, values in candidate.curves.items():
        steps = sorted({*range(0, len(values), -(-len(values) // CURVE_POINTS) or 1), len(values) - 1} - {-1})
        client.log_batch(run, [Metric(f"curve/{name}", float(values[step]), at, step) for step in steps])


def _inputs(record: TrainingRecord) -> list[Any]:
    from mlflow.entities import DatasetInput, InputTag

    contexts = {"train": "training", "newest": "newest"}
    return [
        DatasetInput(_dataset(table, record.table_name), [InputTag("mlflow.data.context", contexts.get(name, name))])
        for name, table in record.tables.items()
        if len(table)
    ]


def _dataset(table: pd.DataFrame, name: str) -> Any:
    """Name, size, columns and digest, no cell. The digest is our own: MLflow's leaves out rows after the 10,000th and
    every text column with a gap."""
    import mlflow.data
    from mlflow.entities import Dataset

    sample = table.head(SCHEMA_ROWS)
    seen = mlflow.data.from_pandas(sample, source=name, targets=LABEL, name=name, digest=_digest(table)).to_dict()
    profile = json.dumps({"num_rows": len(table), "num_elements": int(table.size)})
    return Dataset(name, seen["digest"], seen["source_type"], seen["source"], seen["schema"], profile)


def _digest(table: pd.DataFrame) -> str:
    content = pd.util.hash_pandas_object(table, index=False).to_numpy().tobytes()
    return hashlib.sha256(json.dumps(list(table.columns)).encode() + content).hexdigest()[:12]


def _files(record: TrainingRecord, candidate: CandidateRecord, agreement: Agreement) -> dict[str, bytes]:
    scores: Mapping[str, Floats] = {one.name: one.probabilities for one in record.candidates}
    labels, name = record.labels, candidate.name
    drawn: dict[str, bytes] = {}
    if len(labels):
        drawn["figures/calibration.png"] = figures.calibration(labels, candidate.probabilities, name)
    if 0 < labels.sum() < len(labels) and np.ptp(candidate.probabilities) > 0:
        drawn["figures/gains.png"] = figures.gains(labels, scores, name)
        drawn["figures/precision_recall.png"] = figures.precision_recall(labels, scores, name)
    return drawn | (_winner_files(record, agreement) if _won(record, candidate) else {})


def _winner_files(record: TrainingRecord, agreement: Agreement) -> dict[str, bytes]:
    train = record.tables["train"]
    features = [{"feature": name, "type": _type(train[name])} for name in train.columns if name != LABEL]
    files = {
        "model_card.md": model_card(record, agreement).encode(),
        "features.json": _json(features),
        "reasons.json": _json(record.reasons_overview),
    }
    files |= {f"bundle/{name}": text.encode() for name, text in record.bundle.items()}
    if record.reasons_overview:
        files["figures/reasons.png"] = figures.reasons(record.reasons_overview)
    if len(record.newest_labels):
        title = f"{record.winner}, newest leads"
        newest = figures.calibration(record.newest_labels, record.newest_probabilities, title)
        files["figures/calibration_newest.png"] = newest
    return files


def _type(column: pd.Series) -> str:
    return "number" if pd.api.types.is_numeric_dtype(column) else "level"


def _json(content: Mapping[str, Any] | Sequence[Any]) -> bytes:
    return json.dumps(content, indent=1, ensure_ascii=False).encode()


def _register(
    client: "MlflowClient", settings: Settings, record: TrainingRecord, agreement: Agreement, run: Any
) -> None:
    """The aliases of what a retraining brought follow the ledger afterwards (`training.experiment.aliases`), since a
    person may have moved them meanwhile."""
    ensure_model(client)
    about = f"Bundle {record.number}, {record.winner}, from {record.table_name}. {record.why}"
    model = Loadable(record.number, record.winner, record.bundle_sha256, record.bundle, about)
    version = add_version(client, settings, run, agreement, model)
    if record.tags.get("retraining"):
        return
    if record.promoted:
        point_champion(client, record.number, version)
    else:
        point(client, "challenger", version)
