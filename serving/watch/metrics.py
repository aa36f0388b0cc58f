"""What is counted, for Prometheus. A process that serves alone, on a port of its own, answers /metrics for itself.
Processes that share a port also share their counts, in files (SHARED), and each answers for all of them. Gauges that
are read from the ledger are the same for all; how many jobs wait is told by the process that happens to be asked.

Labels take few values, all known beforehand: templates of paths, codes, routes, never what somebody sent."""

import os
from contextlib import AbstractContextManager

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from leads.lead import Decision, Engagement, Outcome, Step, Submission
from serving.watch.notes import Notes

REQUEST_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
SCORING_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)
GROUP_SIZES = (1, 2, 4, 8, 16, 32, 64)


SHARED = "PROMETHEUS_MULTIPROC_DIR"
"""The library's own variable: a directory, set before it is imported, in which processes keep their counts together."""


class Metrics:
    """One for an application; counters begin at nothing when the process does."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._requests = self._counter("requests", "Requests answered", "endpoint", "method", "status")
        self._problems = self._counter("problems", "Problems answered, by their code", "code")
        self._decisions = self._counter("decisions", "Decisions made", "route", "band", "scored_by", "cause")
        self._degraded = self._counter("decisions_degraded", "Decisions that the champion did not score", "reason")
        self._marks = self._counter("submissions_marked", "Submissions that carry a mark", "mark")
        self._replays = self._counter("replays", "Sendings that came again and were answered alike")
        self._outcomes = self._counter("outcomes", "Outcomes told, and what training does", "type", "training")
        self._engagements = self._counter("engagements", "Engagements told, by their kind", "kind")
        self._steps = self._counter("clock_steps", "Leads that the clock moved, or whose owner it reminded", "kind")
        self._returns = self._counter("champion_returns", "Champions that the service gave up by itself", "reason")
        self._deliveries = self._counter("delivery_attempts", "Attempts to deliver a message", "result")
        self._seconds = self._histogram("request_duration_seconds", "Time to answer", REQUEST_SECONDS, "endpoint")
        self._scoring = self._histogram(
            "scoring_duration_seconds", "Time to a score, waiting included", SCORING_SECONDS
        )
        self._groups = self._histogram("commit_group_jobs", "Jobs that shared one transaction", GROUP_SIZES)

    def with_state(self, state: Collector) -> CollectorRegistry:
        """What a scrape is answered from."""
        if SHARED not in os.environ:
            return self.registry
        together = CollectorRegistry()
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]  # the library does not type it
        together.register(state)
        return together

    def answered(self, endpoint: str, method: str, status: int, notes: Notes, seconds: float) -> None:
        self._requests.labels(endpoint, method, status).inc()
        self._seconds.labels(endpoint).observe(seconds)
        if notes.code is not None:
            self._problems.labels(notes.code).inc()
        if notes.replayed:
            self._replays.inc()

    def decided(self, decision: Decision, submission: Submission | None = None) -> None:
        """Once its transaction is durable. `submission` where the decision came with a new one."""
        self._decisions.labels(decision.route, decision.band, decision.score.scored_by, decision.cause).inc()
        if decision.degraded:
            self._degraded.labels(decision.degraded).inc()
        for mark in submission.marks if submission else ():
            self._marks.labels(mark).inc()

    def told(self, outcome: Outcome) -> None:
        self._outcomes.labels(outcome.type, "left-out" if outcome.left_out else "taken").inc()

    def engaged(self, engagement: Engagement) -> None:
        self._engagements.labels(engagement.kind).inc()

    def stepped(self, step: Step) -> None:
        self._steps.labels(step.kind).inc()

    def scoring(self) -> AbstractContextManager[object]:
        return self._scoring.time()

    def committed(self, jobs: int) -> None:
        self._groups.observe(jobs)

    def returned(self, fault: str) -> None:
        self._returns.labels(fault).inc()

    def delivered(self, result: str) -> None:
        """`result` is delivered, failed (it will be tried again) or dead (it was the last attempt)."""
        self._deliveries.labels(result).inc()

    def _counter(self, name: str, says: str, *labels: str) -> Counter:
        return Counter(f"accord_{name}", says, labels, registry=self.registry)

    def _histogram(self, name: str, says: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(f"accord_{name}", says, labels, buckets=buckets, registry=self.registry)
