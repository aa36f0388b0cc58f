"""A bundle as MLflow's own model: a folder of texts, no pickle, that `mlflow.pyfunc.load_model` opens. Accord itself
never reads it back."""

import json
import platform
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leads.agreement import Agreement
from leads.settings import Settings
from models.bundle_document import Files
from models.naming import REGISTERED_MODEL as MODEL
from training.experiment.store import keep_model_files

if TYPE_CHECKING:
    from mlflow import MlflowClient

SCRIPT = Path(__file__).with_name("scoring.py")
RUNS_WITH = ("mlflow", "lightgbm", "numpy", "pandas")
# no line that pip would look up by Accord's name: it is in no registry
NEEDS = "# Accord itself, from the checkout that trained this (tag git_commit of the run): pip install -e CHECKOUT\n"


@dataclass(frozen=True)
class Loadable:
    """`about`: what people read beside the version. `files`: the bundle's."""

    number: int
    rung: str
    sha256: str
    files: Files
    about: str


def add_version(client: "MlflowClient", settings: Settings, run: Any, agreement: Agreement, model: Loadable) -> str:
    """A version of the registered model, and behind it MLflow's logged model with the run's params and metrics."""
    made = _log_model(client, settings, run.info.run_id, agreement, model)
    version = client.create_model_version(
        MODEL,
        source=made.artifact_location,
        run_id=run.info.run_id,
        tags={"bundle": str(model.number), "sha256": model.sha256, "rung": model.rung},
        description=model.about,
        model_id=made.model_id,
    )
    # what MLflow's own call for registering a model does as well: its pages look the versions of a model up there
    of_model = [{"name": MODEL, "version": str(version.version)}]
    client.set_logged_model_tags(made.model_id, {"mlflow.modelVersions": json.dumps(of_model)})
    return str(version.version)


def _log_model(client: "MlflowClient", settings: Settings, run: str, agreement: Agreement, model: Loadable) -> Any:
    from mlflow.entities import LoggedModelOutput

    logged = client.get_run(run)
    name, tags = f"{MODEL}-{model.number}", {"bundle": str(model.number)}
    experiment, params = logged.info.experiment_id, logged.data.params
    made = client.create_logged_model(experiment, name, run, tags, params, model_type=model.rung)
    keep_model_files(client, settings, made, _files(model, agreement, run, made.model_id))
    client.log_outputs(run, [LoggedModelOutput(made.model_id, 0)])
    client.log_batch(run, _metrics(logged, made.model_id))
    return client.finalize_logged_model(made.model_id, "READY")


def _metrics(logged: Any, model: str) -> list[Any]:
    """The run's, now as the model's on a data set; MLflow keeps each only once."""
    from mlflow.entities import Metric

    tables = {entry.tags[0].value: entry.dataset for entry in logged.inputs.dataset_inputs}
    judged = tables.get("judging", tables.get("training"))  # a table that was read judges on parts of itself
    metrics = []
    for name, value in logged.data.metrics.items():
        table = tables.get("newest") if name.startswith("newest/") else judged
        if table is not None and not name.startswith("curve/"):
            metrics.append(Metric(name, value, logged.info.start_time, 0, model, table.name, table.digest))
    return metrics


def _files(model: Loadable, agreement: Agreement, run: str, logged_model: str) -> dict[str, bytes]:
    facts = {"model": f"{MODEL}/{model.number}", "agreement": _how_tables_are_read(agreement)}
    environment = {"python": platform.python_version(), "dependencies": ["-r requirements.txt"]}
    texts = {
        "MLmodel": _described(run, logged_model),
        SCRIPT.name: SCRIPT.read_text(encoding="utf-8"),
        "facts.json": json.dumps(facts, indent=1, ensure_ascii=False),
        "requirements.txt": NEEDS + "".join(f"{name}=={version(name)}\n" for name in RUNS_WITH),
        "python_env.yaml": json.dumps(environment),  # JSON is YAML
        **{f"bundle/{name}": text for name, text in model.files.items()},
    }
    return {name: text.encode() for name, text in texts.items()}


def _described(run: str, logged_model: str) -> str:
    """Says what comes out and not what goes in: MLflow would drop every column that is not named there, and a table may
    name its columns as the agreement does or as the form does."""
    from mlflow.models import Model, ModelSignature
    from mlflow.pyfunc import add_to_model
    from mlflow.types import ColSpec, DataType, Schema

    number, text = DataType.double, DataType.string
    comes_out = Schema([ColSpec(number, "probability"), ColSpec(number, "log_odds"), ColSpec(text, "band")])
    described = Model(run_id=run, model_id=logged_model, signature=ModelSignature(outputs=comes_out))
    add_to_model(
        described,
        loader_module="mlflow.pyfunc.loaders.code_model",
        model_code_path=SCRIPT.name,
        python_env="python_env.yaml",
        artifacts={name: {"path": path, "uri": path} for name, path in (("bundle", "bundle"), ("facts", "facts.json"))},
    )
    return str(described.to_yaml())


def _how_tables_are_read(agreement: Agreement) -> Any:
    """The parts of the agreement that reading a table and telling the band need; nobody's name stands in them."""
    parts: dict[str, Any] = {"goal": True, "table": True, "form": True, "routing": {"bands"}, "sales": {"timezone"}}
    return agreement.model_dump(mode="json", include=parts)
