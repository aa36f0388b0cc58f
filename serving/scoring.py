"""The scorer that serves now: it follows the champion, and the scorecard stands behind it."""

import logging
import math
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Protocol

from leads.agreement import Agreement
from leads.fields import Value
from leads.lead import Score
from leads.ledger import Ledger, champion

POLL_SECONDS = 2.0
RETRY_SECONDS = 30.0
Row = Mapping[str, float | str | None]
log = logging.getLogger("accord.scoring")


class Scores(Protocol):
    """A trained model or the scorecard."""

    def row(self, values: Mapping[str, Value]) -> Row: ...
    def score_row(self, row: Row) -> Score: ...


Source = Callable[[Ledger, Agreement], Scores]


class LiveScorer:
    """A form is always scored: by the champion, by the scorecard if the champion raises or gives no number, and by the
    agreement's base rate if even that fails. `failures` counts by the name of what went wrong."""

    def __init__(self, ledger: Ledger, agreement: Agreement, source: Source, scorecard: Scores) -> None:
        self.ledger = ledger
        self.agreement = agreement
        self.source = source
        self.scorecard = scorecard
        self.serving: Scores = scorecard
        self.number: int | None = None
        self.refused: tuple[int, float] | None = None
        self.failures: Counter[str] = Counter()

    def score(self, values: Mapping[str, Value]) -> tuple[Score, Row]:
        """The score and the feature row it was made from."""
        for scorer in (self.serving, self.scorecard):
            try:
                row = scorer.row(values)
                return _checked(scorer.score_row(row)), _without_nan(row)
            except Exception as error:  # whatever a model does wrong must not cost a lead
                self.failures[type(error).__name__] += 1
                log.error("model %s cannot score a lead (%s); the scorecard answers", self.number, place_of(error))
        return _base_rate(self.agreement), {}

    def follow(self) -> None:
        """Takes the champion up if it changed. The number is read first: a promotion in between is seen next time."""
        number = champion(self.ledger)
        if number == self.number or (self.refused and self.refused[0] == number and time.monotonic() < self.refused[1]):
            return
        try:
            found = self.source(self.ledger, self.agreement) if number is not None else self.scorecard
        except Exception as error:  # a bundle that cannot be loaded must not stop the service
            log.error("model %s cannot be loaded (%s); model %s goes on", number, place_of(error), self.number)
            self.refused = None if number is None else (number, time.monotonic() + RETRY_SECONDS)
            return
        self.serving, self.number, self.refused = found, number, None
        log.info("model %s scores now", number if number is not None else "scorecard")

    def degraded(self) -> list[str]:
        absent = self.number is None and not self.refused
        return ["no-champion"] * absent + ["champion-unusable"] * bool(self.refused)


def _checked(score: Score) -> Score:
    numbers = (score.log_odds, score.base, *(reason.effect for reason in score.contributions))
    if not 0.0 <= score.probability <= 1.0 or not all(map(math.isfinite, numbers)):
        raise ArithmeticError("the score is not a number")
    return score


def _without_nan(row: Row) -> Row:
    return {name: None if value != value else value for name, value in row.items()}


def _base_rate(agreement: Agreement) -> Score:
    rate = agreement.scorecard.base_rate
    log_odds = math.log(rate / (1 - rate))
    return Score(rate, log_odds, log_odds, (), "scorecard", None, None)


def place_of(error: Exception) -> str:
    """The kind of an error and its place, without its message, which may repeat a lead's values."""
    step = error.__traceback__
    while step is not None and step.tb_next is not None:
        step = step.tb_next
    place = f" in {step.tb_frame.f_code.co_qualname}, line {step.tb_lineno}" if step else ""
    return f"{type(error).__name__}{place}"
