"""Where trainings are shown: opens the MLflow store, quietly, and keeps a run's files.

Where the store is a database (the default SQLite file), artefacts are addressed as `mlflow-artifacts:/…`, that is
relative to whichever server shows them, and are written straight into ACCORD_HOME/mlartifacts, the folder `accord
mlflow` serves. MLflow's own choice, absolute file paths, would lose every figure when the folder is moved.
"""

import os
import socket
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from rich.console import Console

from leads.refusal import Failure
from leads.settings import Settings
from training.experiment.view import saved_view

if TYPE_CHECKING:
    from mlflow import MlflowClient

EXPERIMENT = "accord"
ABOUT = (
    "Every training of Accord: one run per candidate; those of one training share the tag `training`. All were judged"
    " by log loss on the same rows, forward in time where an order is known. The winner's run holds the model card, the"
    " figures and the bundle. Metrics under `newest/` are of the newest rows, which chose nothing."
)
SERVED = "mlflow-artifacts:"
PORTS = {"postgresql": 5432, "postgres": 5432, "mysql": 3306, "mariadb": 3306, "mssql": 1433}
# Critical, since MLflow logs a traceback for every error it also raises.
QUIET = {
    "MLFLOW_LOGGING_LEVEL": "CRITICAL",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
}


@contextmanager
def opened(settings: Settings, doing: str) -> Iterator["MlflowClient"]:
    """A client of the store. Whatever goes wrong inside is raised as Failure, which says what could not be done."""
    try:
        with warnings.catch_warnings(), Console(stderr=True).status(f"MLflow: {_first_time(settings) or doing} …"):
            warnings.simplefilter("ignore")  # what MLflow and its libraries say to their own developers
            yield _client(settings)
    except Exception as error:
        raise Failure(f"MLflow at {place(settings)} did not take {doing}: {_reason(error, settings)}") from error


def experiment_id(client: "MlflowClient", settings: Settings) -> str:
    """Makes the experiment at first use, and takes it back out of MLflow's bin."""
    found = client.get_experiment_by_name(EXPERIMENT)
    if found is None:
        # the kind is what opens the pages for model training instead of those for language models
        tags = {"mlflow.note.content": ABOUT, "mlflow.experimentKind": "custom_model_development"} | saved_view()
        address = None if is_remote(settings) else f"{SERVED}/{EXPERIMENT}"
        return str(client.create_experiment(EXPERIMENT, artifact_location=address, tags=tags))
    if found.lifecycle_stage == "deleted":
        client.restore_experiment(found.experiment_id)
    return str(found.experiment_id)


def keep_files(client: "MlflowClient", settings: Settings, run: Any, files: Mapping[str, bytes]) -> None:
    """`files`: path below the run's artefacts -> content."""
    upload = partial(client.log_artifacts, run.info.run_id)
    _keep(settings, str(run.info.artifact_uri), files, upload)


def keep_model_files(client: "MlflowClient", settings: Settings, model: Any, files: Mapping[str, bytes]) -> None:
    """`files`: path below the logged model's artefacts -> content."""
    upload = partial(client.log_model_artifacts, model.model_id)
    _keep(settings, str(model.artifact_location), files, upload)


def _keep(settings: Settings, address: str, files: Mapping[str, bytes], upload: Callable[[str], None]) -> None:
    if address.startswith(SERVED) and not is_remote(settings):
        _write(artefacts(settings) / address.removeprefix(SERVED).strip("/"), files)
    else:
        with tempfile.TemporaryDirectory() as waiting:
            _write(Path(waiting), files)
            upload(waiting)


def artefacts(settings: Settings) -> Path:
    return settings.home / "mlartifacts"


def is_remote(settings: Settings) -> bool:
    """Whether a server, not this process, opens the store."""
    return _database(settings) not in {"sqlite", *PORTS}


def place(settings: Settings) -> str:
    """The store's address without user and password."""
    parts = urlsplit(settings.tracking_uri)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query=""))


def _client(settings: Settings) -> "MlflowClient":
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    if not is_remote(settings):
        artefacts(settings).mkdir(parents=True, exist_ok=True, mode=0o700)
    _knock(settings)
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=settings.tracking_uri)


def _knock(settings: Settings) -> None:
    """MLflow itself tries a database that is down for 100 s."""
    parts = urlsplit(settings.tracking_uri)
    if parts.hostname and (usual := PORTS.get(_database(settings))):
        socket.create_connection((parts.hostname, parts.port or usual), timeout=5).close()


def _database(settings: Settings) -> str:
    return urlsplit(settings.tracking_uri).scheme.partition("+")[0]


def _first_time(settings: Settings) -> str | None:
    path = settings.tracking_uri.removeprefix("sqlite:///")
    return None if path == settings.tracking_uri or Path(path).exists() else "making the store, once, some seconds"


def _reason(error: Exception, settings: Settings) -> str:
    said = (str(error).strip().splitlines() or [""])[0][:300] or type(error).__name__
    password = urlsplit(settings.tracking_uri).password
    return said.replace(password, "…") if password else said


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
