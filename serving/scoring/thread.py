"""One thread that scores by one model, and how long it has been at it: a model may hang, and no form waits for that."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from threading import Thread
from typing import NamedTuple, Protocol

from leads.fields import Value
from leads.lead import Score

SCORE_SECONDS = 0.1
"""How long one score may take; a good model needs a few thousandths of a second."""
LINGER_SECONDS = 2.0
Row = Mapping[str, float | str | None]
Values = Mapping[str, Value]


class Scores(Protocol):
    """A trained model or the scorecard."""

    def row(self, values: Values) -> Row: ...
    def score_row(self, row: Row) -> Score: ...


class Turn(NamedTuple):
    values: Values
    done: Future[tuple[Score, Row]]


class ScoringThread:
    """Scores one lead after another. Nobody joins it: one that hangs is left behind, and ends with the process."""

    def __init__(self, scorer: Scores) -> None:
        self.scorer = scorer
        self.slow_in_a_row = 0
        self._began: float | None = None
        self._closing = False
        self._turns: SimpleQueue[Turn | None] = SimpleQueue()
        Thread(target=self._run, name="accord-scoring", daemon=True).start()

    def submit(self, values: Values) -> Future[tuple[Score, Row]]:
        turn = Turn(values, Future())
        self._turns.put(turn)
        return turn.done

    def running(self) -> float:
        """Seconds since the present score began; nothing between two scores."""
        began = self._began
        return 0.0 if began is None else time.monotonic() - began

    def close(self) -> None:
        self._closing = True
        self._turns.put(None)

    def _run(self) -> None:
        while True:
            try:
                # A form that took hold of this thread just before it was closed may still come.
                turn = self._turns.get(timeout=LINGER_SECONDS if self._closing else None)
            except Empty:
                return
            if turn and turn.done.set_running_or_notify_cancel():
                self._take(turn)

    def _take(self, turn: Turn) -> None:
        self._began = began = time.monotonic()
        try:
            row = self.scorer.row(turn.values)
            turn.done.set_result((self.scorer.score_row(row), row))
        except Exception as error:  # whatever a model does wrong must not cost the next lead
            turn.done.set_exception(error)
        finally:
            self._began = None
        self.slow_in_a_row = self.slow_in_a_row + 1 if time.monotonic() - began > SCORE_SECONDS else 0
