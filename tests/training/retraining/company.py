"""A simulated company whose ledger knows 540 days of leads, and the command at work in it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from accord import main
from benchmarks.reliability.workplace import ROOT
from benchmarks.retrainings import AGREEMENT, SEED
from leads.agreement import parse_agreement
from leads.ledger import Ledger, champion, open_ledger
from models.champion import serving_scorer
from training.retraining.history import History, read_history

NO_MLFLOW = "postgresql://127.0.0.1:1/mlflow"
"""Nothing listens there, which is told at once."""
FORM = {"email": "new@example.com", "country": "DE", "source": "organic", "pages_viewed": 4, "demo_requested": True}


def shuffled(table: pd.DataFrame) -> pd.DataFrame:
    """The same outcomes, as long after the arrival, dealt to other leads."""
    delay = pd.to_datetime(table["won_date"], utc=True) - table["created_at"].dt.normalize()
    order = np.random.default_rng(SEED).permutation(len(table))
    dealt = table["created_at"].dt.normalize() + delay.iloc[order].set_axis(table.index)
    known = dealt.notna() & (dealt <= table["created_at"].max())
    return table.assign(converted=known.astype(int), won_date=dealt.where(known).dt.strftime("%Y-%m-%d"))


class Company:
    """One ledger and one agreement, in a folder of their own."""

    def __init__(self, place: Path, **settings: str) -> None:
        self.place, self.home = place, place / "home"
        self.home.mkdir(parents=True)
        self.agree(AGREEMENT)
        home = {"ACCORD_HOME": str(self.home), "ACCORD_AGREEMENT": str(place / "accord.toml")}
        self.settings = home | {"MLFLOW_TRACKING_URI": NO_MLFLOW, "MLFLOW_DISABLE_TELEMETRY": "true"} | settings

    def agree(self, text: str) -> None:
        (self.place / "accord.toml").write_text(text)

    def __call__(self, *words: object, expect: int = 0) -> str:
        """What `accord` prints, on stderr where it did not go well."""
        with (
            pytest.MonkeyPatch.context() as patch,
            redirect_stdout(StringIO()) as out,
            redirect_stderr(StringIO()) as err,
        ):
            patch.delenv("ACCORD_DATABASE_URL", raising=False)
            for name, value in self.settings.items():
                patch.setenv(name, value)
            code = main([*map(str, words)])
        assert code == expect, out.getvalue() + err.getvalue()
        return err.getvalue() if code else out.getvalue()

    def retrain(self, *words: str) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self("retrain", "--budget", 0, "--json", *words))
        return told

    def story(self) -> list[dict[str, Any]]:
        told: list[dict[str, Any]] = json.loads(self("retrain", "--list", "--json"))["retrainings"]
        return told

    def take_in(self, table: pd.DataFrame, name: str = "crm.csv") -> None:
        table.to_csv(self.place / name, index=False)
        self("import", "leads", self.place / name)

    @property
    def database(self) -> str:
        return self.settings.get("ACCORD_DATABASE_URL", f"sqlite:///{self.home / 'accord.db'}")

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        opened = open_ledger(self.database)
        yield opened
        opened.close()

    def champion(self) -> int | None:
        with self.ledger() as ledger:
            return champion(ledger)

    def history(self) -> History:
        with self.ledger() as ledger:
            return read_history(ledger, parse_agreement(AGREEMENT), datetime.now(UTC))

    def score(self) -> float:
        """Of a new form, by whatever serves."""
        with self.ledger() as ledger:
            return serving_scorer(ledger, parse_agreement(AGREEMENT)).score(FORM).probability

    def copy(self, place: Path) -> "Company":
        """Another with the same ledger and MLflow store; nothing may have it open."""
        other = Company(place)
        shutil.copytree(self.home, other.home, dirs_exist_ok=True)
        return other

    @contextmanager
    def apart(self, *words: object) -> "Iterator[subprocess.Popen[str]]":
        """The command in a process of its own, which does not outlive the block."""
        call = [sys.executable, ROOT / "accord.py", *map(str, words)]
        environment = {**os.environ, **self.settings}
        running = subprocess.Popen(call, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            yield running
        finally:
            running.kill()
            running.communicate()
