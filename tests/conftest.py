"""What many tests share: invented leads whose truth is known, an agreement that fits them, and the command."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leads.agreement import Agreement, parse_agreement
from leads.settings import Settings
from tests.command import ran

pytest_plugins = ["tests.postgres"]

AGREEMENT = """
[goal]
within_days = 90
value = 3000

[table]
target = "converted"
positive = "1"
in_order = true

[[sales.people]]
name = "north desk"
daily_cap = 12

[scorecard]
base_rate = 0.2
[[scorecard.rules]]
points = 20
when = { demo_requested = true }
[[scorecard.rules]]
points = -10
when = { pages = { below = 2 } }

[form.fields.email]
kind = "email"
[form.fields.source]
kind = "category"
levels = ["partner", "search", "social"]
[form.fields.pages]
kind = "number"
unit = "pages"
[form.fields.demo_requested]
kind = "flag"
label = "Demo requested"
"""


@pytest.fixture
def agreement() -> Agreement:
    return parse_agreement(AGREEMENT)


def invented_leads(rows: int, seed: int = 1) -> pd.DataFrame:
    """As a table file would hold them; the log-odds are -2 + 1.5 demo + .4 pages, + 1 for partners."""
    draw = np.random.default_rng(seed)
    source = draw.choice(["partner", "search", "social"], rows, p=[0.2, 0.5, 0.3])
    pages = draw.poisson(2.0, rows)
    demo = draw.random(rows) < 0.3
    log_odds = -2 + 1.5 * demo + 0.4 * pages + 1.0 * (source == "partner")
    return pd.DataFrame(
        {
            "email": [f"person{number}@example.com" for number in range(rows)],
            "source": source,
            "pages": np.where(draw.random(rows) < 0.1, None, pages.astype(object)),
            "demo_requested": np.where(demo, "yes", "no"),
            "converted": (draw.random(rows) < 1 / (1 + np.exp(-log_odds))).astype(int),
        }
    )


@pytest.fixture
def leads() -> Callable[..., pd.DataFrame]:
    return invented_leads


Accord = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty MLflow store; making one takes seconds, copying it none."""
    from training.experiment.store import opened

    home = tmp_path_factory.mktemp("store")
    with opened(Settings(home=home), "the preparation of a test") as client:
        client.search_experiments()
    return home / "mlflow.db"


@pytest.fixture
def accord(tmp_path: Path, migrated: Path) -> Accord:
    return command_in(tmp_path, migrated)


def command_in(folder: Path, migrated: Path) -> Accord:
    """The command, in this folder and with a home of its own."""
    (folder / "home").mkdir()
    shutil.copy(migrated, folder / "home" / "mlflow.db")

    def run(*words: object, expect: int = 0) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "ACCORD_HOME": str(folder / "home"), "MLFLOW_DISABLE_TELEMETRY": "true"}
        for name in ("ACCORD_DATABASE_URL", "MLFLOW_TRACKING_URI", "ACCORD_AGREEMENT"):
            environment.pop(name, None)
        done = ran(words, environment, folder)
        assert done.returncode == expect, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done

    return run
