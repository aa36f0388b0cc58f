"""A place where an invented company has trained twice: the first model serves, the second wants to."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from leads.settings import Settings
from tests.conftest import AGREEMENT, invented_leads
from tests.serving.browser.conftest import browser as browser
from training.account import account_json
from training.run import run_training


@dataclass(frozen=True)
class Place:
    """`told`: what `accord train --json` prints, of the champion and of the challenger."""

    folder: Path
    settings: Settings
    told: list[dict[str, Any]]


def laid_out(folder: Path, migrated: Path) -> None:
    (folder / "home").mkdir(parents=True)
    shutil.copy(migrated, folder / "home" / "mlflow.db")
    (folder / "accord.toml").write_text(AGREEMENT)
    invented_leads(600, seed=1).to_csv(folder / "leads_october.csv", index=False)
    invented_leads(800, seed=2).to_csv(folder / "leads_november.csv", index=False)


@pytest.fixture(scope="module")
def trained_twice(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Place:
    folder = tmp_path_factory.mktemp("company")
    laid_out(folder, migrated)
    with pytest.MonkeyPatch.context() as environment:
        for name in ("ACCORD_DATABASE_URL", "MLFLOW_TRACKING_URI", "ACCORD_AGREEMENT"):
            environment.delenv(name, raising=False)
        environment.setenv("ACCORD_HOME", str(folder / "home"))
        accounts = [
            run_training(folder / f"leads_{month}.csv", str(folder / "accord.toml"), 0.2)
            for month in ("october", "november")
        ]
    told = [json.loads(account_json(one)) for one in accounts]
    assert [one["warning"] for one in told] == [None, None]
    return Place(folder, Settings(home=folder / "home"), told)
