from pathlib import Path

import pytest

from benchmarks.protocols import rolling_steps


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [f"{number},{number % 2}" for number in range(200)]
    (tmp_path / "train.csv").write_text("\n".join(["visits,converted", *rows[:160]]))
    (tmp_path / "test.csv").write_text("\n".join(["visits,converted", *rows[160:]]))
    return tmp_path


def test_rolling_learns_from_everything_before_and_scores_each_later_row_once(folder: Path) -> None:
    steps = rolling_steps(folder)
    assert [len(step.train) for step in steps] == [120, 130, 140, 150, 160, 170, 180, 190]
    scored = [visits for step in steps for visits in step.test.values["visits"]]
    assert scored == list(range(120, 200))


def test_the_learners_are_never_given_the_outcome(folder: Path) -> None:
    assert all("converted" not in step.train.values for step in rolling_steps(folder))
