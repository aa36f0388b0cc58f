import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.matrix import many, plan
from leads.agreement import Agreement, parse_agreement
from leads.refusal import Failure, Refusal
from leads.settings import Settings
from training.commands_mlflow import served
from training.experiment.log import log_training
from training.record import LABEL, CandidateRecord, TrainingRecord

CANARY = "Kanarienvogel"
AGREEMENT = """
[goal]
within_days = 120
value = 3000
[sales]
timezone = "Europe/Berlin"
hours = "Mon-Fri 09:00-17:30"
first_response_minutes = 15
minutes_per_lead = 22
minute_cost = 1.0
[marketing]
recycle_after_days = 14
[routing]
bands = { A = 0.30, B = 0.15, C = 0.05 }
sales_from = "B"
guard_slice = 0.02
[scorecard]
base_rate = 0.2
[form.fields.email]
kind = "email"
[form.fields.name]
kind = "person"
[form.fields.phone]
kind = "phone"
[form.fields.message]
kind = "text"
[form.fields.source]
kind = "category"
levels = ["search", "fair"]
[form.fields.visits]
kind = "number"
"""


@pytest.fixture(scope="session")
def agreement() -> Agreement:
    return parse_agreement(AGREEMENT)


@pytest.fixture(scope="session")
def record(agreement: Agreement) -> TrainingRecord:
    random = np.random.default_rng(7)
    visits = random.poisson(4, 400).astype(float)
    labels = (random.random(400) < 1 / (1 + np.exp(3 - 0.6 * visits))).astype(np.float64)
    forms = pd.DataFrame(
        {
            "email": pd.Series([f"{CANARY}{row}@gmail.com" for row in range(400)], dtype=object),
            "name": pd.Series([f"Herr {CANARY} {row}" for row in range(400)], dtype=object),
            "phone": pd.Series([f"+4930901820{row % 100:02}" for row in range(400)], dtype=object),
            "message": pd.Series([f"Bitte rufen Sie {CANARY} an" for _ in range(400)], dtype=object),
            "source": pd.Series(random.choice(np.array(["search", "fair", None], dtype=object), 400), dtype=object),
            "visits": visits,
        }
    )
    matrix = many(plan(agreement.form.fields, "Europe/Berlin"), forms).assign(**{LABEL: labels})
    scores = {"base rate": np.full(100, labels[:300].mean()), "trees": 1 / (1 + np.exp(3 - 0.6 * visits[200:300]))}
    candidates = [
        CandidateRecord(
            name=name,
            params={"leaves": 15} if name == "trees" else {},
            metrics={"log_loss": 0.3 if name == "trees" else 0.5, "roc_auc": 0.8, "fit_seconds": 2.5, "ece": np.nan},
            curves={"trees/log_loss": [1 / (step + 1) for step in range(1001)]} if name == "trees" else {},
            probabilities=probabilities,
        )
        for name, probabilities in reversed(scores.items())
    ]
    return TrainingRecord(
        started_at=datetime(2026, 11, 22, 9, 0, tzinfo=UTC),
        table_name="leads.csv",
        rows={"fit": 200, "judge": 100, "newest": 100},
        labels=labels[200:300],
        candidates=candidates,
        winner="trees",
        why="0.2 below the base rate in log loss",
        newest_metrics={"log_loss": 0.31},
        newest_labels=labels[300:],
        newest_probabilities=1 / (1 + np.exp(3 - 0.6 * visits[300:])),
        tables={"train": matrix[:300], "newest": matrix[300:]},
        agreement_digest=agreement.digest,
        bundle={"bundle.json": '{"rung": "trees"}', "trees_0.txt": "tree\n"},
        bundle_sha256="ab" * 32,
        number=7,
        ignored_columns=["Prospect ID"],
        reasons_overview={"Visits": 0.8, "Source": 0.1},
        protocol="Four blocks forward in time.",
        promoted=True,
    )


@pytest.fixture
def settings(migrated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    shutil.copy(migrated, tmp_path / "mlflow.db")
    return Settings(home=tmp_path)


@pytest.fixture(scope="session")
def logged(
    migrated: Path, record: TrainingRecord, agreement: Agreement, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Settings, str]:
    home = tmp_path_factory.mktemp("logged")
    shutil.copy(migrated, home / "mlflow.db")
    return Settings(home=home), log_training(record, Settings(home=home), agreement)


@pytest.fixture(scope="session")
def client(logged: tuple[Settings, str]) -> Any:
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=logged[0].tracking_uri)


@pytest.fixture(scope="session")
def moved(logged: tuple[Settings, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """MLflow's own server on a copy of the home folder in another place, and the winner's run."""
    home = tmp_path_factory.mktemp("elsewhere") / "home"
    shutil.copytree(logged[0].home, home)
    with served(Settings(home=home), "127.0.0.1", 0) as (url, _):
        yield url, logged[1]


def asked(url: str, **body: Any) -> Any:
    content = json.dumps(body).encode() if body else None
    request = urllib.request.Request(url, content, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def test_each_candidate_is_a_flat_run_of_one_training_with_the_winner_on_top(
    client: Any, record: TrainingRecord
) -> None:
    runs = client.search_runs([client.get_experiment_by_name("accord").experiment_id])
    assert [run.info.run_name for run in runs] == ["7 trees", "7 base rate"]
    assert {run.data.tags["training"] for run in runs} == {"7-abababab"}
    assert {run.data.tags["agreement"] for run in runs} == {record.agreement_digest}
    assert [run.data.tags["model_family"] for run in runs] == ["trees", "base rate"]
    assert not any("mlflow.parentRunId" in run.data.tags for run in runs)
    assert {run.info.status for run in runs} == {"FINISHED"}


def test_headline_metrics_have_no_steps_and_curves_stand_apart(client: Any, logged: tuple[Settings, str]) -> None:
    run = client.get_run(logged[1])
    assert run.data.metrics["log_loss"] == 0.3
    assert run.data.metrics["newest/log_loss"] == 0.31
    assert "ece" not in run.data.metrics
    assert run.data.params == {"leaves": "15"}
    assert [metric.step for metric in client.get_metric_history(logged[1], "log_loss")] == [0]
    curve = client.get_metric_history(logged[1], "curve/trees/log_loss")
    assert len(curve) <= 252
    assert (curve[-1].step, curve[-1].value) == (1000, 1 / 1001)


def test_both_tables_are_named_with_size_columns_and_a_digest_of_every_cell(
    client: Any, logged: tuple[Settings, str], record: TrainingRecord, agreement: Agreement, settings: Settings
) -> None:
    inputs = client.get_run(logged[1]).inputs.dataset_inputs
    seen = {entry.tags[0].value: entry.dataset for entry in inputs}
    assert json.loads(seen["training"].profile)["num_rows"] == 300
    assert json.loads(seen["newest"].profile)["num_rows"] == 100
    assert json.loads(seen["training"].source) == {"uri": "leads.csv"}
    assert LABEL in seen["training"].schema
    changed = record.tables["train"].copy()
    level = next(name for name in changed.columns if changed[name].dtype == object and changed[name].isna().any())
    changed.loc[changed.index[0], level] = "other"
    from mlflow import MlflowClient

    run = log_training(replace(record, tables={"train": changed}), settings, agreement)
    again = MlflowClient(tracking_uri=settings.tracking_uri).get_run(run).inputs.dataset_inputs[0].dataset
    assert again.digest != seen["training"].digest


def test_a_new_champion_takes_the_alias_and_the_rest_wait_as_challenger(
    settings: Settings, record: TrainingRecord, agreement: Agreement
) -> None:
    from mlflow import MlflowClient

    log_training(record, settings, agreement)
    log_training(replace(record, number=8, promoted=False), settings, agreement)
    client = MlflowClient(tracking_uri=settings.tracking_uri)
    assert client.get_registered_model("conversion").aliases == {"champion": 1, "challenger": 2}
    version = client.get_model_version_by_alias("conversion", "champion")
    assert version.tags == {"bundle": "7", "sha256": "ab" * 32, "rung": "trees"}


def retrained(record: TrainingRecord) -> TrainingRecord:
    tables = {"train": record.tables["train"][:200], "judging": record.tables["train"][200:]}
    more = {"name": "retraining 3", "tags": {"retraining": "3"}, "newest_metrics": {}}
    return replace(record, tables=tables, **more)


def test_what_a_retraining_brought_moves_no_alias_before_the_ledger_was_asked(
    settings: Settings, record: TrainingRecord, agreement: Agreement
) -> None:
    from mlflow import MlflowClient

    log_training(record, settings, agreement)
    log_training(replace(retrained(record), number=8), settings, agreement)
    client = MlflowClient(tracking_uri=settings.tracking_uri)
    model = client.get_registered_model("conversion")
    assert (model.aliases, model.tags["accord.champion"]) == ({"champion": 1}, "7")
    assert {one.tags["bundle"] for one in client.search_model_versions("name='conversion'")} == {"7", "8"}


def test_the_metrics_of_a_retraining_are_of_the_leads_that_judged(
    settings: Settings, record: TrainingRecord, agreement: Agreement
) -> None:
    from mlflow import MlflowClient

    run = log_training(retrained(record), settings, agreement)
    client = MlflowClient(tracking_uri=settings.tracking_uri)
    inputs = {one.tags[0].value: one.dataset.digest for one in client.get_run(run).inputs.dataset_inputs}
    (model,) = client.search_logged_models([client.get_run(run).info.experiment_id])
    assert {metric.dataset_digest for metric in model.metrics} == {inputs["judging"]} != {inputs["training"]}


def test_nobody_won_a_retraining_that_brought_no_model(
    settings: Settings, record: TrainingRecord, agreement: Agreement
) -> None:
    from mlflow import MlflowClient

    nothing = replace(retrained(record), number=0, bundle={}, reasons_overview={}, promoted=False)
    log_training(nothing, settings, agreement)
    client = MlflowClient(tracking_uri=settings.tracking_uri)
    runs = client.search_runs([client.get_experiment_by_name("accord").experiment_id])
    assert [run.info.run_name for run in runs] == ["retraining 3 trees", "retraining 3 base rate"]
    for run in runs:
        assert not {"winner", "bundle", "mlflow.note.content"} & set(run.data.tags)
        assert run.data.tags["training"] == "retraining 3"
    assert client.search_registered_models("name='conversion'") == []
    kept = {path.parent.name for path in (settings.home / "mlartifacts").rglob("*") if path.is_file()}
    assert kept == {"figures"}  # and no card of a model that there is none of


def test_a_store_that_is_down_says_so_without_its_password(
    record: TrainingRecord, agreement: Agreement, tmp_path: Path
) -> None:
    for address in ("postgresql://accord:geheim@127.0.0.1:9/mlflow", "http://accord:geheim@127.0.0.1:9"):
        away = Settings(home=tmp_path).model_copy(update={"tracking": address})
        with pytest.raises(Failure, match=r"127\.0\.0\.1:9") as failure:
            log_training(record, away, agreement)
        assert "geheim" not in str(failure.value)


def test_a_damaged_store_is_a_failure_and_nothing_is_said_twice(
    record: TrainingRecord, agreement: Agreement, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mlflow.db").write_bytes(b"not a database" * 100)
    with pytest.raises(Failure, match="did not take training 7"):
        log_training(record, Settings(home=tmp_path), agreement)
    assert capfd.readouterr() == ("", "")


def test_the_experiment_comes_back_from_the_bin_and_logging_says_nothing(
    settings: Settings, record: TrainingRecord, agreement: Agreement, capfd: pytest.CaptureFixture[str]
) -> None:
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=settings.tracking_uri)
    log_training(record, settings, agreement)
    client.delete_experiment(client.get_experiment_by_name("accord").experiment_id)
    assert client.get_run(log_training(record, settings, agreement)).info.lifecycle_stage == "active"
    assert capfd.readouterr() == ("", "")


def test_no_personal_value_stands_in_any_byte_of_the_store(logged: tuple[Settings, str]) -> None:
    contents = [path.read_bytes() for path in logged[0].home.rglob("*") if path.is_file()]
    assert any(b"model_family" in content for content in contents)
    assert any(b"Prospect ID" in content for content in contents)
    for personal in (CANARY, CANARY.lower(), "+4930901820", "30901820", "Bitte rufen"):
        assert not any(personal.encode() in content for content in contents), personal


def test_no_absolute_path_stands_in_what_was_logged(logged: tuple[Settings, str]) -> None:
    with sqlite3.connect(logged[0].home / "mlflow.db") as store:
        rows = store.execute("SELECT artifact_uri FROM runs UNION SELECT source FROM model_versions")
        addresses = [row[0] for row in rows]
    assert all(address.startswith("mlflow-artifacts:/accord/") for address in addresses)


def test_mlflows_server_answers_with_runs_aliases_and_files_after_the_folder_moved(moved: tuple[str, str]) -> None:
    url, run = moved
    experiment = asked(f"{url}/api/2.0/mlflow/experiments/get-by-name?experiment_name=accord")["experiment"]
    tags = {tag["key"]: tag["value"] for tag in experiment["tags"]}
    assert tags["mlflow.experimentKind"] == "custom_model_development"
    runs = asked(f"{url}/api/2.0/mlflow/runs/search", experiment_ids=[experiment["experiment_id"]])["runs"]
    assert [one["info"]["run_name"] for one in runs] == ["7 trees", "7 base rate"]
    model = asked(f"{url}/api/2.0/mlflow/registered-models/get?name=conversion")["registered_model"]
    assert model["aliases"] == [{"alias": "champion", "version": "1"}]
    names = ["figures/calibration.png", "figures/reasons.png", "model_card.md", "bundle/bundle.json"]
    contents = [file_of(url, run, name) for name in names]
    assert contents[0].startswith(b"\x89PNG")
    assert contents[1].startswith(b"\x89PNG")
    assert b"| **trees** | 0.3000" in contents[2]
    assert contents[3] == b'{"rung": "trees"}'


def file_of(url: str, run: str, name: str) -> bytes:
    with urllib.request.urlopen(f"{url}/get-artifact?run_uuid={run}&path={name}", timeout=30) as answer:
        return bytes(answer.read())


def test_the_verb_says_where_runs_in_three_processes_and_leaves_none_after_ctrl_c(settings: Settings) -> None:
    call = "import argparse; from training.commands_mlflow import *; p = argparse.ArgumentParser(); mlflow_arguments(p)"
    verb = subprocess.Popen(
        [sys.executable, "-c", f"{call}; raise SystemExit(mlflow(p.parse_args(['--port', '0'])))"],
        env={**os.environ, "ACCORD_HOME": str(settings.home), "PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=subprocess.PIPE,
        text=True,
    )
    with verb:
        assert verb.stdout is not None
        said = [verb.stdout.readline() for _ in range(4)]
        server = below(verb.pid)
        worker = [pid for parent in server for pid in below(parent)]
        verb.send_signal(signal.SIGINT)
        assert verb.wait(timeout=30) == 0
    assert said[0].startswith("MLflow is ready at http://127.0.0.1:")
    assert "/#/experiments/0/runs?" in said[1]
    assert (len(server), len(worker)) == (1, 1)
    assert not [pid for pid in (*server, *worker) if Path(f"/proc/{pid}").exists()]


def below(pid: int) -> list[int]:
    """The processes started by this one."""
    told = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(line) for line in told.stdout.split()]


def test_a_training_can_be_logged_through_a_server(
    moved: tuple[str, str], record: TrainingRecord, agreement: Agreement, tmp_path: Path
) -> None:
    away = Settings(home=tmp_path).model_copy(update={"tracking": moved[0]})
    run = log_training(replace(record, number=9), away, agreement)
    assert file_of(moved[0], run, "bundle/trees_0.txt") == b"tree\n"
    assert not (tmp_path / "mlartifacts").exists()


def test_a_taken_port_is_refused_with_a_remedy(moved: tuple[str, str], settings: Settings) -> None:
    with pytest.raises(Refusal, match="--port 0"), served(settings, "127.0.0.1", int(moved[0].rpartition(":")[2])):
        pass
