"""The retraining job: from the facts of the ledger to a champion, unattended."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from features.catalogue import ACTION
from features.catalogue import with_action as plus_action
from features.matrix import many
from leads.agreement import Agreement
from leads.lead import Rung
from leads.ledger.book import Ledger
from leads.ledger.bundle import champion
from leads.ledger.retraining import (
    Look,
    Result,
    Retraining,
    begin_retraining,
    end_retraining,
    looked_before,
    retraining_alone,
    write_look,
)
from leads.refusal import Failure
from models.pricing import team_capacity
from models.rules import plan_of
from models.scorecard import scorecard_scorer
from training.audition import Audition, hold_audition
from training.gates.gate import Gate
from training.gates.verdict import Kind, Verdict, verdict
from training.retraining.contenders import (
    Contender,
    Serving,
    base_rate,
    incumbent,
    renewed,
    scorecard,
    serving_now,
    tried,
)
from training.retraining.digest import recipe_digest
from training.retraining.history import SECONDS, History, read_history
from training.retraining.installing import Installed, install, refitted
from training.retraining.judging import Claim, Said, judged
from training.retraining.lessons import lessons_of
from training.retraining.study import Study, made_study, stages_of
from training.retraining.window import JudgingWindow, TooEarly, judging_window
from training.rung import what_is_next
from training.stage import Progress


@dataclass(frozen=True)
class Challenge:
    """One contender before the gates, the leads as it learned from them, and what it was held against."""

    kind: Kind
    study: Study
    contender: Contender
    against: Said
    verdict: Verdict


@dataclass(frozen=True)
class Retrained:
    """What a retraining did, as far as it came. `history` are the rows that it learned from, and `lessons` says why
    these."""

    ended: Retraining
    history: History
    lessons: str
    study: Study | None = None
    audition: Audition | None = None
    contenders: Sequence[Contender] = ()
    challenge: Challenge | None = None
    installed: Installed | None = None

    @property
    def kind(self) -> Kind | None:
        """Of what the gates judged; None where nothing came before them."""
        return self.challenge.kind if self.challenge else None

    @property
    def rung(self) -> Rung | None:
        """Of what serves now; None where that was not looked at."""
        serves = self.contenders[1] if self.contenders else None
        if self.challenge is not None and self.ended.result == "promoted":
            serves = self.challenge.contender
        if serves is not None and serves.recipe is not None:
            return serves.recipe.rung
        return "scorecard" if self.ended.champion is None else None


def retrain(ledger: Ledger, agreement: Agreement, now: datetime, budget: float, progress: Progress) -> Retrained:
    """Running where another retraining is at work. What went wrong stands in the ledger, and the champion serves on."""
    with retraining_alone(ledger), threadpool_limits(limits=1):
        begun = begin_retraining(ledger, now, champion(ledger))
        try:
            done = _with_next_rung(_retrained(ledger, agreement, begun, budget, progress))
        except Exception as error:
            failure = _failure(error)
            end_retraining(ledger, _ended(begun, "failed", str(failure)))
            raise failure from error
        end_retraining(ledger, done.ended)
    return done


def _with_next_rung(done: Retrained) -> Retrained:
    needed = None if done.rung is None else what_is_next(done.rung, done.history)
    return replace(done, ended=replace(done.ended, next_rung=needed))


def _failure(error: Exception) -> Failure:
    """By what it was and where; its own words may tell a lead's."""
    if isinstance(error, Failure):
        return error
    return Failure(f"The retraining broke off ({where(error)}). The champion serves on.")


def where(error: Exception) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}"


def _retrained(ledger: Ledger, agreement: Agreement, begun: Retraining, budget: float, progress: Progress) -> Retrained:
    progress("reading the ledger")
    everything = read_history(ledger, agreement, begun.until)
    lessons = lessons_of(everything)
    history = everything.where(lessons.rows)
    window = judging_window(history)
    if isinstance(window, TooEarly):
        return Retrained(_ended(begun, "too-early", window.why), history, lessons.sentence)
    progress("making features")
    study = _study(history, agreement, window, lessons.action)
    stages, rows = stages_of(study)
    if not stages:
        why = "before the leads that would judge, too little was known to choose anything by"
        return Retrained(_ended(begun, "too-early", why), history, lessons.sentence, study)
    serving = serving_now(ledger, begun.champion)
    audition = hold_audition(stages, study.scorecard[rows], serving.recipe if serving else None, budget, progress)
    progress("fitting on the leads before those that judge")
    before = incumbent(study, ledger, serving, agreement)
    plain = [scorecard(study, agreement)] if before.name != "scorecard" else []
    contenders = [base_rate(study), before, *plain, *tried(study, audition.candidates)]
    done = Retrained(begun, history, lessons.sentence, study, audition, contenders)
    progress("judging")
    challenge = _challenge(study, done, serving, _Bench(ledger, agreement, begun))
    if challenge is None:
        return replace(done, ended=_ended(begun, "kept", _nothing_new(audition, serving)))
    progress("fitting on all leads")
    return _settled(replace(done, challenge=challenge), challenge, _Bench(ledger, agreement, begun))


@dataclass(frozen=True)
class _Bench:
    """Where a challenge is heard."""

    ledger: Ledger
    agreement: Agreement
    begun: Retraining

    @property
    def capacity(self) -> float | None:
        with self.ledger.reading() as connection:
            return team_capacity(connection, self.agreement, self.begun.until)


def _study(history: History, agreement: Agreement, window: JudgingWindow, action: bool) -> Study:
    """With `action` who follows up is one of the inputs."""
    features = plus_action(plan_of(agreement)) if action else plan_of(agreement)
    matrix = many(features, history.values.assign(**{ACTION: history.action}))
    return made_study(history, features, matrix, scorecard_scorer(agreement).log_odds_table(history.values), window)


def _challenge(study: Study, done: Retrained, serving: Serving | None, bench: _Bench) -> Challenge | None:
    """A new recipe, where the audition found one; if that does not pass, the champion's own on newer leads, knowing who
    followed up or as it is. None where there is neither."""
    heard = list[Challenge]()
    for challenge in _challenges(study, done, serving, bench):
        heard.append(challenge)
        if challenge.verdict.passed:
            return challenge
    return heard[0] if heard else None


def _challenges(study: Study, done: Retrained, serving: Serving | None, bench: _Bench) -> Iterator[Challenge]:
    against = done.contenders[1]
    winner = done.audition.winner if done.audition is not None else None
    new = next((one for one in done.contenders if winner is not None and one.name == winner.name), None)
    if new is not None and recipe_digest(new.recipe) != recipe_digest(against.recipe):
        look = _look(study, new, against)
        yield _heard(study, "new recipe", new, against.said, partial(_looking, bench, look), bench)
    for newer in renewed(study, serving, against) if serving is not None else ():
        yield _heard(newer.study, newer.kind, newer.contender, newer.against, lambda: 0, bench)


def _looking(bench: _Bench, look: Look) -> int:
    """Written down before it is known how it turns out."""
    looked = looked_before(bench.ledger, look, bench.begun.id)
    write_look(bench.ledger, bench.begun.id, look, datetime.now(UTC))
    return looked


def _heard(
    study: Study, kind: Kind, contender: Contender, against: Said, look: Callable[[], int], bench: _Bench
) -> Challenge:
    claim = Claim(kind, contender.said, against, look, bench.capacity)
    return Challenge(kind, study, contender, against, verdict(kind, judged(study, claim, bench.agreement)))


def _look(study: Study, contender: Contender, against: Contender) -> Look:
    began, ended = (datetime.fromtimestamp(day * SECONDS, UTC) for day in (study.window.began, study.window.ended))
    return Look(recipe_digest(contender.recipe), recipe_digest(against.recipe), began, ended)


def _settled(done: Retrained, challenge: Challenge, bench: _Bench) -> Retrained:
    study, recipe = challenge.study, challenge.contender.recipe
    if recipe is None:
        raise ValueError("a challenger has a recipe")
    made = refitted(study, recipe, challenge.contender.said, bench.agreement)
    heard = _with(challenge.verdict, made.gate)
    leads = len(np.unique(study.history.lead))
    installed = install(made, recipe, heard, bench.begun, leads, bench.ledger)
    result: Result = "promoted" if installed.refused is None else "challenger" if heard.passed else "kept"
    why = installed.refused or heard.sentence
    ended = replace(
        _ended(bench.begun, result, why),
        gates=[gate.facts for gate in heard.gates],
        recipe=recipe_digest(recipe),
        bundle=installed.number,
    )
    return replace(done, ended=ended, challenge=replace(challenge, verdict=heard), installed=installed)


def _with(heard: Verdict, refit: Gate) -> Verdict:
    if not heard.passed:
        return heard
    sentence = heard.sentence if refit.passed else f"The champion stays. {refit.sentence}"
    return Verdict(refit.passed, sentence, (*heard.gates, refit))


def _nothing_new(audition: Audition, serving: Serving | None) -> str:
    new = serving is None or serving.of_table
    return audition.why if new else "the champion has learned from all that is known by now"


def _ended(begun: Retraining, result: Result, why: str) -> Retraining:
    return replace(begun, ended_at=datetime.now(UTC), result=result, why=why)
