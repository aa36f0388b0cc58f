from pathlib import Path

import pytest

from leads.refusal import Refusal
from training.demo.place import demo_place, environment


def test_each_demo_starts_in_a_folder_cleared_of_the_last_one(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    with demo_place(folder, None) as place:
        (place / "accord.db").write_text("old")
        (place / "mlartifacts").mkdir()
        (place / "mlartifacts" / "card.md").write_text("old")
    with demo_place(folder, None) as place:
        assert [path.name for path in place.iterdir()] == [".accord-demo"]


def test_a_folder_that_no_demo_made_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(Refusal, match="holds files that no demo made"), demo_place(tmp_path, None):
        pass
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_a_second_demo_does_not_clear_the_folder_of_a_running_one(tmp_path: Path) -> None:
    with demo_place(tmp_path / "demo", None) as place:
        (place / "accord.db").write_text("in use")
        with pytest.raises(Refusal, match="Another demo runs"), demo_place(tmp_path / "demo", None):
            pass
        assert (place / "accord.db").exists()


def test_a_table_inside_the_demo_folder_is_refused_before_it_is_cleared(tmp_path: Path) -> None:
    with demo_place(tmp_path / "demo", None) as place:
        table = place / "history.csv"
        table.write_text("converted\n1\n")
    with pytest.raises(Refusal, match="copy it elsewhere"), demo_place(tmp_path / "demo", table):
        pass
    assert table.exists()


def test_a_demo_never_reaches_the_ledger_or_the_experiments_of_the_team(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACCORD_DATABASE_URL", "postgresql+psycopg://the-real-one")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://the-real-one")
    monkeypatch.setenv("ACCORD_AGREEMENT", "the-real-one.toml")
    own = environment(tmp_path)
    assert not [name for name, value in own.items() if "the-real-one" in value]
    assert own["ACCORD_HOME"] == str(tmp_path)
