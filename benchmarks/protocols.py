"""The two sets of the data folder, and the two protocols that cut them into what is learned from and what is scored."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from benchmarks.metrics import Floats

Protocol = Literal["split", "rolling"]

SETS = ("x-education", "bank-marketing")
TARGET = "converted"
SLICES = 20  # a slice is 5 % of the rows
FIRST_SCORED = 12  # rolling begins with 60 % of the rows


@dataclass(frozen=True)
class Leads:
    cells: pd.DataFrame  # text as the file has it, target included: what the command is given
    values: pd.DataFrame  # as pandas types the same file, without the target: what the peers are given
    converted: Floats

    def rows(self, start: int, stop: int) -> "Leads":
        return Leads(self.cells.iloc[start:stop], self.values.iloc[start:stop], self.converted[start:stop])

    def __len__(self) -> int:
        return len(self.converted)


@dataclass(frozen=True)
class Step:
    train: Leads
    test: Leads
    recent: int  # how many of the last training rows make 5 % of the table


def read_leads(path: Path) -> Leads:
    cells = pd.read_csv(path, dtype=str, keep_default_na=False)
    values = pd.read_csv(path)
    converted = values.pop(TARGET).to_numpy(dtype=np.float64)
    return Leads(cells, values, converted)


def joined(first: Leads, second: Leads) -> Leads:
    return Leads(
        pd.concat([first.cells, second.cells], ignore_index=True),
        pd.concat([first.values, second.values], ignore_index=True),
        np.concatenate([first.converted, second.converted]),
    )


def single_split(folder: Path) -> list[Step]:
    train, test = read_leads(folder / "train.csv"), read_leads(folder / "test.csv")
    return [Step(train, test, round((len(train) + len(test)) / SLICES))]


def rolling_steps(folder: Path) -> list[Step]:
    """From 60 % of the rows on: everything before is learned from, the next 5 % are scored, eight times."""
    leads = joined(read_leads(folder / "train.csv"), read_leads(folder / "test.csv"))
    edges = [round(len(leads) * step / SLICES) for step in range(SLICES + 1)]
    return [
        Step(leads.rows(0, edges[at]), leads.rows(edges[at], edges[at + 1]), edges[at] - edges[at - 1])
        for at in range(FIRST_SCORED, SLICES)
    ]


def steps_of(protocol: Protocol, folder: Path) -> list[Step]:
    return single_split(folder) if protocol == "split" else rolling_steps(folder)
