"""The scorer of a rehearsal: what serves, without a clock behind it."""

import concurrent.futures

from serving.scoring.live import LiveScorer, Scored
from serving.scoring.thread import Values


class UnhurriedScorer(LiveScorer):
    """Takes the time it takes: nobody waits for an answer, and a busy machine must not change what is played."""

    async def score(self, values: Values, by_model: bool = True) -> Scored:
        return self.score_waiting(values, by_model)

    def score_waiting(self, values: Values, by_model: bool = True) -> Scored:
        thread = self.champion
        if thread is None or not by_model:
            return self.by_scorecard(values, self._absence(by_model))
        turn = thread.submit(values)
        concurrent.futures.wait([turn])
        return self._taken(thread, turn, values)
