"""Accord as a user meets it: the commands `init`, `train` and `score` on files, nothing imported."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.peers import Contender, ContenderError, Scored
from benchmarks.protocols import TARGET, Step

ROOT = Path(__file__).resolve().parents[1]
NAME = "Accord"


def accord_command() -> list[str] | None:
    """The installed `accord`, else the front door of this checkout, else nothing."""
    installed = Path(sys.executable).with_name("accord")
    if installed.exists():
        return [str(installed)]
    return [sys.executable, str(ROOT / "accord.py")] if (ROOT / "accord.py").exists() else None


@dataclass(frozen=True)
class Workplace:
    """One folder for one protocol. The agreement is written once, from the first step's training rows, and kept;
    every step has a home of its own, so that each trains its first champion."""

    folder: Path
    command: list[str]
    budget: float

    @property
    def agreement(self) -> Path:
        return self.folder / "accord.toml"

    def run(self, home: Path, *arguments: str) -> str:
        place = {"ACCORD_HOME": str(home), "ACCORD_AGREEMENT": str(self.agreement)}
        kept = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
        done = subprocess.run([*self.command, *arguments], env=kept | place, capture_output=True, text=True)
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise ContenderError(f"`accord {arguments[0]}` ended with exit code {done.returncode}: {last}")
        return done.stdout

    def score(self, step: Step) -> Scored:
        home = self.folder / f"rows-{len(step.train)}"
        home.mkdir()
        train, test, out = home / "train.csv", home / "test.csv", home / "scored.csv"
        step.train.cells.to_csv(train, index=False)
        step.test.cells.drop(columns=TARGET).to_csv(test, index=False)  # what is scored does not know the outcome
        if not self.agreement.exists():
            self.run(home, "init", str(train), "--target", TARGET, "--in-order", "-o", str(self.agreement))
        begun = time.perf_counter()
        answer = json.loads(self.run(home, "train", str(train), "--budget", str(self.budget), "--json"))
        seconds = time.perf_counter() - begun
        self.run(home, "score", str(test), "-o", str(out))
        probability = pd.read_csv(out)["probability"].to_numpy(dtype=np.float64)
        return Scored(probability, seconds, str(answer["scored_by"]))


def accord(folder: Path, budget: float) -> Contender:
    command = accord_command()
    if command is None:
        return Contender(NAME, "not built: there is no `accord` command here yet", refuse)
    return Contender(NAME, None, Workplace(folder, command, budget).score)


def refuse(step: Step) -> Scored:
    raise ContenderError("there is no `accord` command here yet")
