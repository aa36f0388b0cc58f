import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from accord import main
from leads.table import write_chunks
from training.company.presets import PRESETS
from training.simulate import history, simulate


def accord(home: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {"ACCORD_HOME": str(home)}
    command = [sys.executable, "-m", "accord", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=900, check=False)


@pytest.fixture
def past(tmp_path: Path) -> Path:
    world = PRESETS["xed"]
    table = history(world, simulate(world, 600, 200, seed=2), seed=2).drop(columns=["routed_to_sales", "calls_logged"])
    write_chunks(tmp_path / "past.csv", [table])
    return tmp_path / "past.csv"


def test_a_table_of_ones_own_is_learned_from_and_its_newest_rows_are_answered_over_http(
    past: Path, tmp_path: Path
) -> None:
    told = accord(
        tmp_path,
        "demo",
        str(past),
        "--target",
        "converted",
        "--arrived",
        "created_at",
        "--budget",
        "1",
        "--once",
        "--json",
    )
    assert told.returncode == 0, told.stderr
    answered = json.loads(told.stdout)
    assert len(answered["decisions"]) == 12
    assert answered["week"] is None
    assert answered["retrainings"] == []
    assert "No retraining is shown with your table: the model has learned from all of it" in told.stderr
    assert "accord rehearse FILE" in told.stderr
    assert {decision["route"] for decision in answered["decisions"]} <= {"sales", "nurture"}
    assert all(decision["reasons"] for decision in answered["decisions"])
    assert "lead_status" in told.stderr
    assert "The ledger tells the story of all 12 leads" in told.stderr
    assert (tmp_path / "demo" / "accord.toml").exists()
    assert {path.name for path in tmp_path.iterdir()} == {"past.csv", "demo"}


def test_what_a_step_says_and_its_exit_code_pass_through(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_text("")
    told = accord(tmp_path, "demo", str(tmp_path / "empty.csv"), "--target", "converted", "--once")
    assert told.returncode == 2
    assert "empty.csv" in told.stderr
    assert "Traceback" not in told.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["demo", "past.csv", "--once"], "accord demo past.csv --target COLUMN"),
        (["demo", "--target", "converted"], "accord demo FILE --target converted"),
        (["demo", "--leave-out", "Tags"], "accord demo FILE --leave-out Tags"),
    ],
)
def test_a_call_that_lacks_something_is_answered_with_what_to_type(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    assert said in capsys.readouterr().err
