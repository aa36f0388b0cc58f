import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from accord import main
from leads.table import write_chunks
from training.company.presets import PRESETS
from training.demo.senders import WEEK_LEADS
from training.demo.team import PEOPLE, SILENT
from training.simulate import history, simulate


def accord(home: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {"ACCORD_HOME": str(home)}
    command = [sys.executable, "-m", "accord", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)


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
    assert "accord rehearse FILE" in told.stderr
    assert {decision["route"] for decision in answered["decisions"]} <= {"sales", "nurture"}
    assert all(decision["reasons"] for decision in answered["decisions"])
    assert "lead_status" in told.stderr
    assert "The ledger tells the story of all 12 leads" in told.stderr
    assert (tmp_path / "demo" / "accord.toml").exists()
    assert {path.name for path in tmp_path.iterdir()} == {"past.csv", "demo"}


def test_the_simulated_companys_next_week_is_played_with_its_people_one_of_whom_answers_nobody(tmp_path: Path) -> None:
    told = accord(tmp_path, "demo", "--budget", "1", "--once", "--json")
    assert told.returncode == 0, told.stderr
    found = json.loads(told.stdout)
    assert len(found["decisions"]) == 12
    week = found["week"]
    assert week["forms"] == WEEK_LEADS == sum(day["forms"] for day in week["days"])
    assert week["model"] == "conversion/1"
    assert len(week["days"]) == 7
    for happened in ("sales", "nurture", "answered", "in_time", "reminded", "reassigned", "escalated"):
        assert sum(day[happened] for day in week["days"]) > 0, happened
    people = {one["name"]: one for one in week["people"]}
    assert people.keys() == {one["name"] for one in PEOPLE}
    assert people[SILENT]["answered"] == 0
    assert people[SILENT]["paused_at"]
    assert all(one["answered"] > 0 for name, one in people.items() if name != SILENT)
    assert (week["never"]["of_nobody"], week["never"]["given_back"], week["never"]["beyond_cap"]) == (0, 0, 0)
    assert any("was reminded" in line for line in week["story"]["lines"])
    assert week["notices"] == []


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
