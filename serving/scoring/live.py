"""The scorer that serves now: it follows the champion, and the scorecard stands behind it."""

import asyncio
import concurrent.futures
import math
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from threading import Lock
from typing import NamedTuple

from leads.agreement import Agreement
from leads.fields import Kind, Value
from leads.lead import Score
from leads.ledger import Ledger, champion
from leads.refusal import Failure, Refusal
from models.bundle import BundleRefused
from models.scorecard import base_rate_score
from serving.scoring.thread import SCORE_SECONDS, Row, Scores, ScoringThread, Values
from serving.watch.logs import logger, place_of

POLL_SECONDS = 2.0
RETRY_SECONDS = 30.0
TURN_SECONDS = 1.0
"""How long a form waits for its turn at a champion that is quick but has many to score."""
STUCK_SECONDS = 1.0
SLOW_IN_A_ROW = 3
WARM_UP_SECONDS = 5.0
_SAMPLES: Mapping[Kind, Value] = {
    "email": "someone@example.com",
    "phone": "+442079460000",
    "url": "https://www.example.com",
    "company": "Example",
    "job_title": "Head of Sales",
    "country": "DE",
    "text": "A question",
}
log = logger("accord.scoring")

Source = Callable[[Ledger, Agreement], Scores]


class Scored(NamedTuple):
    """`degraded` says why the champion did not score the lead; None when it did."""

    score: Score
    row: Row
    degraded: str | None


class LiveScorer:
    """A form is always scored: by the champion, by the scorecard if the champion is away, raises, gives no number or
    takes more than SCORE_SECONDS, and by the agreement's base rate if even that fails. A champion that hangs or is slow
    again and again is set aside for a while, longer each time. `failures` counts by the name of what went wrong."""

    def __init__(self, ledger: Ledger, agreement: Agreement, source: Source, scorecard: Scores) -> None:
        self.ledger = ledger
        self.agreement = agreement
        self.source = source
        self.scorecard = scorecard
        self.champion: ScoringThread | None = None
        self.number: int | None = None
        self.refused: tuple[int, float] | None = None
        self.rescoring = False
        self.failures: Counter[str] = Counter()
        self._hung: Counter[int] = Counter()
        self._swap = Lock()

    async def score(self, values: Values, by_model: bool = True) -> Scored:
        thread = self.champion
        if thread is None or not by_model:
            return self.by_scorecard(values, self._absence(by_model))
        turn, until = thread.submit(values), time.monotonic() + TURN_SECONDS
        waiting = asyncio.wrap_future(turn)
        while not waiting.done() and (left := _left(thread, until)) > 0:
            await asyncio.wait([waiting], timeout=left)
        return self._taken(thread, turn, values)

    def score_waiting(self, values: Values, by_model: bool = True) -> Scored:
        """The same, for threads that have time."""
        thread = self.champion
        if thread is None or not by_model:
            return self.by_scorecard(values, self._absence(by_model))
        turn, until = thread.submit(values), time.monotonic() + TURN_SECONDS
        while not turn.done() and (left := _left(thread, until)) > 0:
            concurrent.futures.wait([turn], timeout=left)
        return self._taken(thread, turn, values)

    def by_scorecard(self, values: Values, degraded: str | None) -> Scored:
        try:
            row = self.scorecard.row(values)
            return Scored(_checked(self.scorecard.score_row(row)), _without_nan(row), degraded)
        except Exception as error:  # whatever a scorer does wrong must not cost a lead
            log.error("the scorecard cannot score a lead; the base rate answers", **self._failure(error))
            return Scored(base_rate_score(self.agreement), {}, degraded)

    def follow(self) -> None:
        """Takes the champion up if it changed. The number is read first: a promotion in between is seen next time."""
        if self.champion and self.champion.running() > STUCK_SECONDS:
            self._lay_aside(self.champion)
        number = champion(self.ledger)
        if number == self.number:
            self.refused = None if self.number is not None else self.refused
        if number == self.number or (self.refused and self.refused[0] == number and time.monotonic() < self.refused[1]):
            return
        try:
            found = None if number is None else self._loaded()
        except Exception as error:  # a bundle that cannot be loaded must not stop the service
            log.error("the champion cannot be loaded; what was before goes on", model=number, reason=reason_of(error))
            self.refused = (
                None if number is None else (number, self._next_try(number, hung=type(error) is TimeoutError))
            )
            return
        with self._swap:
            before, self.champion, self.number, self.refused = self.champion, found, number, None
        if before:
            before.close()
        log.info("the champion scores now" if number is not None else "the scorecard scores now", model=number)

    def warm_up(self) -> None:
        """Takes the champion up, so that the first lead does not wait for it."""
        self.follow()
        self.by_scorecard(_sample(self.agreement), None)

    def close(self) -> None:
        if self.champion:
            self.champion.close()

    def degraded(self) -> list[str]:
        absent = self.number is None and not self.refused
        told = {"no-champion": absent, "champion-unusable": bool(self.refused), "re-scoring": self.rescoring}
        return [name for name, holds in told.items() if holds]

    def _absence(self, by_model: bool) -> str:
        if not by_model:
            return "no-consent"
        return "champion-unusable" if self.refused else "no-champion"

    def _loaded(self) -> ScoringThread:
        """Scores an invented lead first: imports take their time, and a model that hangs must not take over."""
        thread = ScoringThread(self.source(self.ledger, self.agreement))
        if concurrent.futures.wait([thread.submit(_sample(self.agreement))], timeout=WARM_UP_SECONDS).done:
            thread.slow_in_a_row = 0
            return thread
        thread.close()
        raise TimeoutError

    def _taken(self, thread: ScoringThread, turn: Future[tuple[Score, Row]], values: Values) -> Scored:
        if not turn.done():
            turn.cancel()
            self.failures["champion-slow"] += 1
            if thread.running() > STUCK_SECONDS or thread.slow_in_a_row >= SLOW_IN_A_ROW:
                self._lay_aside(thread)
            return self.by_scorecard(values, "champion-slow")
        try:
            score, row = turn.result()
            return Scored(_checked(score), _without_nan(row), None)
        except Exception as error:  # whatever a model does wrong must not cost a lead
            log.error("the champion cannot score a lead; the scorecard answers", **self._failure(error))
            return self.by_scorecard(values, "champion-failed")

    def _lay_aside(self, thread: ScoringThread) -> None:
        with self._swap:
            if self.champion is not thread or self.number is None:
                return
            number, self.champion, self.number = self.number, None, None
            self.refused = (number, self._next_try(number, hung=True))
        thread.close()
        log.error("the champion is too slow; the scorecard answers for a while", model=number)

    def _next_try(self, number: int, hung: bool) -> float:
        """A model that hangs keeps a thread each time, so it is tried less and less often."""
        seconds = RETRY_SECONDS * (1 << self._hung[number])
        self._hung[number] += hung
        return time.monotonic() + seconds

    def _failure(self, error: Exception) -> dict[str, int | str | None]:
        self.failures[type(error).__name__] += 1
        return {"model": self.number, "place": place_of(error)}


def _left(thread: ScoringThread, until: float) -> float:
    """Seconds that a form may still wait: not for a score that takes long, nor too long for its turn."""
    return min(SCORE_SECONDS - thread.running(), until - time.monotonic())


def invented_form(agreement: Agreement) -> dict[str, Value]:
    return {key: value for key, value in _sample(agreement).items() if value is not None}


def _sample(agreement: Agreement) -> dict[str, Value]:
    return {key: _SAMPLES.get(field.kind) for key, field in agreement.form.fields.items()}


def _checked(score: Score) -> Score:
    numbers = (score.log_odds, score.base, score.spread or 0.0, *(reason.effect for reason in score.contributions))
    chances = (score.probability, score.p_nurture or 0.0)
    if not all(0.0 <= one <= 1.0 for one in chances) or not all(map(math.isfinite, numbers)):
        raise ArithmeticError("the score is not a number")
    return score


def _without_nan(row: Row) -> Row:
    return {name: None if value != value else value for name, value in row.items()}


def reason_of(error: Exception) -> str:
    """Why a model cannot be loaded: it holds no lead's values, so its message can be told; on one line, since a
    hostile bundle may have had a say in it."""
    if isinstance(error, BundleRefused | Refusal | Failure):
        return ascii(str(error)[:300])[1:-1]
    return place_of(error)
