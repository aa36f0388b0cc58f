"""A registered version is a model of MLflow's own, for those who want to load it there."""

import json
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.training.experiment.conftest import Place
from training.commands_mlflow import served

LOAD = "import mlflow.pyfunc, sys; mlflow.pyfunc.load_model(sys.argv[1])"


@pytest.fixture(scope="module")
def server(trained_twice: Place) -> Iterator[str]:
    with served(trained_twice.settings, "127.0.0.1", 0) as (url, _):
        yield url


@pytest.fixture(scope="module")
def loaded(server: str) -> Iterator[dict[str, Any]]:
    with pytest.MonkeyPatch.context() as environment, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what MLflow says to its own developers
        environment.setenv("MLFLOW_TRACKING_URI", server)
        environment.setenv("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
        import mlflow.pyfunc

        mlflow.set_tracking_uri(server)
        yield {alias: mlflow.pyfunc.load_model(f"models:/conversion@{alias}") for alias in ("champion", "challenger")}
        mlflow.set_tracking_uri(None)


@pytest.mark.parametrize(("alias", "number"), [("champion", 1), ("challenger", 2)])
def test_it_gives_what_the_command_gives(trained_twice: Place, loaded: dict[str, Any], alias: str, number: int) -> None:
    table = trained_twice.folder / "leads_november.csv"
    commanded = scored_by_command(trained_twice, number)
    given = loaded[alias].predict(pd.read_csv(table))
    assert list(given.columns) == ["probability", "log_odds", "band"]
    np.testing.assert_allclose(given["probability"], commanded["probability"], rtol=0, atol=1e-12)
    np.testing.assert_allclose(1 / (1 + np.exp(-given["log_odds"])), commanded["probability"], rtol=0, atol=1e-12)
    assert list(given["band"]) == list(commanded["band"])


def scored_by_command(place: Place, number: int) -> pd.DataFrame:
    out = place.folder / f"scored_{number}.csv"
    call = [sys.executable, "-m", "accord", "score", place.folder / "leads_november.csv", "-o", out, "--model", number]
    environment = {"ACCORD_HOME": str(place.settings.home), "PATH": "", "OMP_NUM_THREADS": "1"}
    subprocess.run([str(word) for word in call], cwd=place.folder, env=environment, check=True, capture_output=True)
    return pd.read_csv(out)


def test_columns_in_another_order_or_missing_and_cells_that_cannot_be_read_are_treated_as_by_the_command(
    trained_twice: Place, loaded: dict[str, Any]
) -> None:
    table = pd.read_csv(trained_twice.folder / "leads_november.csv").head(5)
    given = loaded["champion"].predict(table)
    turned = table[table.columns[::-1]].assign(shoe_size=44).drop(columns="converted").set_axis(range(10, 15))
    pd.testing.assert_frame_equal(loaded["champion"].predict(turned), given.set_axis(range(10, 15)))
    unreadable = loaded["champion"].predict(table.assign(pages="many"))
    pd.testing.assert_frame_equal(unreadable, loaded["champion"].predict(table.drop(columns="pages")))
    assert not np.allclose(unreadable["probability"], given["probability"])


def test_the_folder_holds_texts_alone_and_neither_a_path_nor_a_name_of_this_machine(trained_twice: Place) -> None:
    models = trained_twice.settings.home / "mlartifacts" / "accord" / "models"
    files = [path for path in models.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} <= {"", ".json", ".txt", ".py", ".yaml"}
    texts = {path.name: path.read_bytes().decode() for path in files}  # all of them are UTF-8
    assert "pickle" not in texts["MLmodel"]
    places = [str(place) for place in (trained_twice.folder, Path(__file__).parents[3], sys.prefix)]
    here = [*places, "north desk", "person7@"]
    assert not [name for name, text in texts.items() for one in here if one in text]
    assert "accord" not in [line.partition("=")[0] for line in texts["requirements.txt"].splitlines()]


def test_a_changed_bundle_does_not_load(loaded: dict[str, Any], trained_twice: Place, tmp_path: Any) -> None:
    import mlflow.pyfunc

    models = trained_twice.settings.home / "mlartifacts" / "accord" / "models"
    [folder, _] = sorted(path.parent for path in models.rglob("MLmodel"))
    for path in (path for path in folder.rglob("*") if path.is_file()):
        copy = tmp_path / path.relative_to(folder)
        copy.parent.mkdir(exist_ok=True)
        copy.write_bytes(path.read_bytes() + (b" " if path.name == "manifest.json" else b""))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(ValueError, match="may not score"):
            mlflow.pyfunc.load_model(str(tmp_path))


def test_without_accord_it_says_what_to_install(trained_twice: Place, tmp_path: Any) -> None:
    """Another package by the name of one of Accord's rooms stands in the way, as on a machine that never had it."""
    models = trained_twice.settings.home / "mlartifacts" / "accord" / "models"
    folder = next(models.rglob("MLmodel")).parent
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "__init__.py").touch()
    environment = {"PYTHONPATH": str(tmp_path), "PATH": "", "MLFLOW_DISABLE_TELEMETRY": "true"}
    call = [sys.executable, "-W", "ignore", "-c", LOAD, str(folder)]
    done = subprocess.run(call, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert "ImportError: This model is scored by Accord, which is not installed" in done.stderr
    assert "pip install -e CHECKOUT" in done.stderr


def test_mlflow_shows_the_model_with_its_metrics_by_data_set(server: str, trained_twice: Place) -> None:
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=server)
    experiment = client.get_experiment_by_name("accord")
    assert experiment is not None
    challenger, champion = client.search_logged_models([experiment.experiment_id])
    assert (champion.name, challenger.name) == ("conversion-1", "conversion-2")
    assert champion.source_run_id == trained_twice.told[0]["run_id"]
    judged = {metric.key: metric for metric in champion.metrics}
    assert judged["log_loss"].value == pytest.approx(trained_twice.told[0]["metrics"]["log_loss"], abs=1e-5)
    assert judged["log_loss"].dataset_name == judged["newest/log_loss"].dataset_name == "leads_october.csv"
    assert judged["log_loss"].dataset_digest != judged["newest/log_loss"].dataset_digest
    assert json.loads(champion.tags["mlflow.modelVersions"]) == [{"name": "conversion", "version": "1"}]
