"""A new champion is watched beside the one it replaced, and given up where it fails on the leads that really come; and
who serves is told when its data are old.

Each process watches for itself; the compare-and-set in the ledger lets one of them go back. A model is given up at most
once: it serves again only if a person says so, and is not watched then, nor is any that a person went back to."""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from time import sleep
from typing import NamedTuple

from leads.agreement import Agreement
from leads.fields import Value
from leads.known_answers import values_of
from leads.ledger import (
    RETURNED,
    Ledger,
    Promotion,
    Stale,
    bundles,
    is_arrival,
    move_champion,
    post,
    promotions,
    recent_forms,
    returned_from,
)
from models.champion import saved_scorer
from models.scorecard import scorecard_scorer
from models.scorer import Scorer
from serving.announcing.return_announcement import return_announcement
from serving.scoring.comparison import Fault, fault
from serving.scoring.live import LiveScorer, reason_of
from serving.team.placement import Team
from serving.watch.logs import logger

WATCHED = timedelta(days=7)
STALE = timedelta(days=60)
MOST_FORMS = 200
AT_ONCE = 40
"""Forms scored in one run."""
PAUSE_SECONDS = 0.01
"""After each of them, so that no form that comes meanwhile waits for long."""
log = logger("accord.probation")


class Case(NamedTuple):
    """A champion on probation, and the one that it replaced; None is the scorecard."""

    number: int
    before: int | None
    promoted_at: datetime


class Probation:
    """`returned` is told of what kind the fault was when this process went back."""

    def __init__(
        self,
        ledger: Ledger,
        agreement: Agreement,
        live: LiveScorer,
        returned: Callable[[str], None],
        now: Callable[[], datetime],
    ) -> None:
        self.ledger = ledger
        self.agreement = agreement
        self.live = live
        self.returned = returned
        self.now = now
        self._story: Sequence[Promotion] = ()
        self._learned_until: tuple[int, datetime] | None = None
        self._case: Case | None = None
        self._scorers: tuple[Scorer, Scorer] | None = None
        self._scores: dict[str, tuple[float, float]] = {}

    def run(self) -> None:
        self._story = promotions(self.ledger)
        self._look_up_age()
        if (case := self._present()) != self._case:
            self._case, self._scores = case, {}
            self._scorers = self._opened(case) if case else None
        if case and self._scorers and (found := self._fault(case, *self._scorers)):
            self._go_back(case, found)

    def degraded(self) -> list[str]:
        gone_back = bool(self._story) and self._story[-1].reason.startswith(RETURNED)
        told = {"champion-returned": gone_back, "champion-stale": (self.age() or timedelta()) > STALE}
        return [name for name, holds in told.items() if holds]

    def age(self) -> timedelta | None:
        """Of the newest data that the champion learned from; None while the scorecard serves."""
        return self.now() - self._learned_until[1] if self._learned_until else None

    def _look_up_age(self) -> None:
        number = self.live.number
        if number is None:
            self._learned_until = None
        elif self._learned_until is None or self._learned_until[0] != number:
            found = [entry for entry in bundles(self.ledger) if entry.number == number]
            moments = [_learned_until(entry.facts, entry.saved_at) for entry in found]
            self._learned_until = (number, moments[0]) if moments else None

    def _present(self) -> Case | None:
        """None where nobody is to be watched. Only what this process serves by is its to judge."""
        if not self._story or self._story[-1].bundle != self.live.number:
            return None
        last = self._story[-1]
        young = self.now() - last.promoted_at < WATCHED
        if last.bundle is None or not young or not is_arrival(last) or returned_from(self._story, last.bundle):
            return None
        return Case(last.bundle, last.replaced, last.promoted_at)

    def _opened(self, case: Case) -> tuple[Scorer, Scorer] | None:
        try:
            return saved_scorer(self.ledger, case.number), self._scorer(case.before)
        except Exception as error:  # a model before that cannot serve is none to go back to
            log.warning("the new champion cannot be watched", model=case.number, reason=reason_of(error))
            return None

    def _scorer(self, number: int | None) -> Scorer:
        return scorecard_scorer(self.agreement) if number is None else saved_scorer(self.ledger, number)

    def _fault(self, case: Case, new: Scorer, before: Scorer) -> Fault | None:
        forms = recent_forms(self.ledger, MOST_FORMS)
        for form in [one for one in forms if one.id not in self._scores][:AT_ONCE]:
            values = values_of(form, self.agreement.form.fields)
            self._scores[form.id] = _log_odds(new, values), _log_odds(before, values)
            sleep(PAUSE_SECONDS)
        return fault([self._scores[form.id] for form in forms if form.id in self._scores], case.before)

    def _go_back(self, case: Case, found: Fault) -> None:
        announce = partial(return_announcement, case.number, case.before, found.sentence, self.agreement)
        try:
            with self.ledger.transaction() as connection:
                move_champion(connection, case.before, case.number, RETURNED + found.sentence)
                team = Team(connection, self.agreement, datetime.now(UTC), locked=False)
                post(connection, announce(team), None, None)
        except Stale:  # another process was quicker, or a person
            return
        self.returned(found.kind)
        log.error("the champion was given up; the one before scores again", model=case.number, reason=found.sentence)


def _log_odds(scorer: Scorer, values: Mapping[str, Value]) -> float:
    try:
        return scorer.score(values).log_odds
    except Exception:  # whatever the model does wrong with a lead, it is no score
        return math.nan


def _learned_until(facts: Mapping[str, object], saved_at: datetime) -> datetime:
    told = facts.get("until")
    return datetime.fromisoformat(told) if isinstance(told, str) else saved_at
