"""Leads that the champion could not score when they came are scored again once it can."""

from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from functools import partial

from leads.lead import Decision, Submission
from leads.ledger import Connection, Degraded, degraded_decisions, still_latest
from serving.deciding.anew import Case, decide_anew, scored_anew
from serving.deciding.intake import Intake
from serving.scoring.live import Scored

BATCH = 100
YOUNG = timedelta(days=14)
"""An older lead was handled long ago; a new score would only surprise."""
OVERLAP = timedelta(minutes=1)
"""Another process may still be writing decisions that it made a moment ago."""
MOMENTARY = {"champion-slow", "champion-unusable", "no-champion"}
BEGINNING = datetime.min.replace(tzinfo=UTC)


class Rescoring:
    """One batch a run, oldest first. It remembers how far it came under the present champion, so that a lead which
    this one cannot score either is tried again only by the next."""

    def __init__(self, intake: Intake) -> None:
        self.intake = intake
        self._champion: int | None = None
        self._since = BEGINNING
        self._tried: set[str] = set()

    def run(self) -> None:
        live, now = self.intake.live, datetime.now(UTC)
        if live.number is None:
            live.rescoring = False
            return
        if live.number != self._champion:
            self._champion, self._since, self._tried = live.number, BEGINNING, set()
        waiting = degraded_decisions(self.intake.ledger, max(self._since, now - YOUNG), BATCH)
        fresh = [one for one in waiting if one.decision not in self._tried]
        live.rescoring = bool(fresh)
        for one, writing in [(one, self._rescored(one)) for one in fresh]:
            if writing and (decision := writing.result()):
                self.intake.metrics.decided(decision)
            if writing:
                self._tried.add(one.decision)
        undone = [one.decided_at for one in waiting if one.decision not in self._tried]
        self._since = min([now - OVERLAP, *undone, *(one.decided_at for one in waiting[BATCH - 1 :])])

    def _rescored(self, degraded: Degraded) -> Future[Decision | None] | None:
        found = scored_anew(self.intake, degraded.lead)
        if found is None or found[1].degraded in MOMENTARY:
            return None
        submission, scored = found
        if scored.degraded is not None:
            self._tried.add(degraded.decision)
            return None
        return self.intake.writer.submit(
            partial(self._settled, degraded=degraded, submission=submission, scored=scored)
        )

    def _settled(
        self, connection: Connection, degraded: Degraded, submission: Submission, scored: Scored
    ) -> Decision | None:
        """Another process may have been quicker, or the person sent again."""
        if not still_latest(connection, degraded):
            return None
        return decide_anew(connection, self.intake, Case(degraded.lead, scored, "rescore", of=submission.id))
