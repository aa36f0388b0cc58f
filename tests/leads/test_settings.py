from pathlib import Path

import pytest

from leads.settings import settings

NAMES = ("ACCORD_HOME", "ACCORD_DATABASE_URL", "ACCORD_AGREEMENT", "MLFLOW_TRACKING_URI")


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def test_state_lives_under_var_unless_told_otherwise() -> None:
    said = settings()
    assert (said.home, said.agreement) == (Path("var"), None)
    assert (said.database_url, said.tracking_uri) == ("sqlite:///var/accord.db", "sqlite:///var/mlflow.db")


def test_both_stores_move_with_the_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ACCORD_HOME", str(tmp_path))
    assert settings().database_url == f"sqlite:///{tmp_path}/accord.db"
    assert settings().tracking_uri == f"sqlite:///{tmp_path}/mlflow.db"


def test_each_store_can_be_named_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCORD_DATABASE_URL", "postgresql://db/accord")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://mlflow:5000")
    monkeypatch.setenv("ACCORD_AGREEMENT", "signed.toml")
    said = settings()
    assert said.database_url == "postgresql://db/accord"
    assert said.tracking_uri == "http://mlflow:5000"
    assert said.agreement == "signed.toml"


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")
    assert settings().tracking_uri == "sqlite:///var/mlflow.db"
