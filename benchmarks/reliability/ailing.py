"""Run as a process of its own by the part `down`: `accord serve` with a champion that raises, and now and then hangs.

`python -m benchmarks.reliability.ailing ARGUMENT…` takes the arguments of `accord serve`."""

import sys
import time
from collections.abc import Mapping
from itertools import count

import accord
import models.champion
from leads.agreement import Agreement
from leads.fields import Value
from leads.lead import Score
from leads.ledger import Ledger
from models.scorecard import scorecard_scorer

HANGS_AT = 50
"""So many leads it fails with an error, then it never answers again; the first one, by which it is tried, it scores."""


class Ailing:
    def __init__(self, agreement: Agreement) -> None:
        self._well = scorecard_scorer(agreement)
        self._calls = count()

    def row(self, values: Mapping[str, Value]) -> Mapping[str, float | str | None]:
        return self._well.row(values)

    def score_row(self, row: Mapping[str, float | str | None]) -> Score:
        call = next(self._calls)
        if call and call % HANGS_AT == 0:
            time.sleep(3600)
        if call:
            raise ArithmeticError("an ailing model")
        return self._well.score_row(row)


def ailing_scorer(ledger: Ledger, agreement: Agreement) -> Ailing:
    return Ailing(agreement)


if __name__ == "__main__":
    # less than a scorer, but all of it that serving asks for
    models.champion.serving_scorer = ailing_scorer  # type: ignore[assignment]
    sys.exit(accord.main(["serve", *sys.argv[1:]]))
