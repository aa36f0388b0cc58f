"""The audition: every candidate says what it thinks of the same judged rows, and log loss decides."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from models.encoder import Array
from models.likelihood import losses
from training.logistic_search import search_logistic
from training.recipe import Recipe, fit_blend
from training.stage import Progress, Stage, Tried, judged
from training.trees_search import search_trees

# Fewer leads than this in the smallest stage, and trees would only learn the noise.
ENOUGH_FOR_TREES = 150
# Of a blend: how far it leaves the base rate (1: as far as its parts do), and the logistic's share of it.
TRUSTS = (0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2)
SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


@dataclass(frozen=True)
class Candidate:
    """`recipe` is None for what was not fitted here: the base rate and the scorecard."""

    name: str
    recipe: Recipe | None
    log_odds: Array
    seconds: float
    curve: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Fitted:
    """A candidate by stage."""

    name: str
    recipe: Recipe
    tried: Tried
    curve: list[float]

    @property
    def candidate(self) -> Candidate:
        return Candidate(self.name, self.recipe, self.tried.pooled, self.tried.seconds, self.curve)


@dataclass(frozen=True)
class Labels:
    """Of the judged rows of all stages; `maturity`, F(age), where some of them are young."""

    y: Array
    maturity: Array | None

    @staticmethod
    def of(stages: Sequence[Stage]) -> Labels:
        maturity = [stage.judge.maturity for stage in stages if stage.judge.maturity is not None]
        whole = np.concatenate(maturity) if maturity else None
        return Labels(np.concatenate([stage.judge.y for stage in stages]), whole)

    def losses(self, log_odds: Array) -> Array:
        return losses(self.y, log_odds, self.maturity)


@dataclass(frozen=True)
class Audition:
    """`winner` is None where no fitted candidate beat both the base rate and the scorecard."""

    candidates: list[Candidate]
    labels: Array
    winner: Candidate | None
    why: str


def hold_audition(
    stages: Sequence[Stage],
    scorecard: Array,
    champion: Recipe | None = None,
    budget: float = 0.0,
    progress: Progress = lambda _: None,
) -> Audition:
    """`scorecard` are the scorecard's log-odds for every judged row, stage by stage; `budget` are the seconds for
    tuning beyond the first recipes; the champion stands in the table by its recipe, fitted anew on each stage."""
    started = time.monotonic()
    labels = Labels.of(stages)
    baselines = [
        Candidate("base rate", None, np.concatenate([np.full(len(s.judge.y), s.base_log_odds) for s in stages]), 0.0),
        Candidate("scorecard", None, scorecard, 0.0),
    ]
    if champion is not None:
        progress("fitting the champion's recipe")
        baselines.append(_champion(stages, champion))
    fitted = _fitted(stages, stages[0].forward, budget - (time.monotonic() - started), progress)
    candidates = {one.name: one.candidate for one in fitted}
    winner, why = _verdict(fitted, _to_beat(baselines), labels)
    return Audition([*baselines, *candidates.values()], labels.y, winner, why)


def _to_beat(baselines: Sequence[Candidate]) -> list[Candidate]:
    """The base rate, and the scorecard if it has rules: without any it is a rate that was written down once and knows
    less of the leads than the base rate does."""
    base_rate, scorecard = baselines[:2]
    return [base_rate, scorecard] if np.ptp(scorecard.log_odds) > 0 else [base_rate]


def _fitted(stages: Sequence[Stage], forward: bool, seconds: float, progress: Progress) -> list[Fitted]:
    started = time.monotonic()
    progress("fitting logistics")
    setting, tried = search_logistic(stages, forward)
    recipe = Recipe(setting.recipe, None, logistic_share=1.0, logistic_half_life=setting.half_life)
    logistic = Fitted("logistic", recipe, tried, [])
    if min(len(stage.fit.y) for stage in stages) < ENOUGH_FOR_TREES:
        return [logistic]
    progress("fitting trees")
    found = search_trees(stages, forward, seconds - (time.monotonic() - started), progress)
    recipe = Recipe(None, found.setting.recipe, logistic_share=0.0, trees_half_life=found.setting.half_life)
    trees = Fitted("trees", recipe, found.tried, found.curve)
    return [logistic, trees, _blend(stages, logistic, trees)]


def _blend(stages: Sequence[Stage], logistic: Fitted, trees: Fitted) -> Fitted:
    """Half and half with full trust, unless another share and trust clearly pay."""
    mixes = {(trust, share): _mix(stages, logistic, trees, trust, share) for trust in TRUSTS for share in SHARES}
    usual, best = mixes[1.0, 0.5], min(mixes, key=lambda mix: mixes[mix].loss)
    trust, share = best if mixes[best].clearly_beats(usual) else (1.0, 0.5)
    recipe = replace(
        logistic.recipe,
        trees=trees.recipe.trees,
        trees_half_life=trees.recipe.trees_half_life,
        trust=trust,
        logistic_share=share,
    )
    return Fitted("blend", recipe, mixes[trust, share], [])


def _mix(stages: Sequence[Stage], logistic: Fitted, trees: Fitted, trust: float, share: float) -> Tried:
    log_odds = [
        stage.base_log_odds + trust * (share * straight + (1 - share) * grown - stage.base_log_odds)
        for stage, straight, grown in zip(stages, logistic.tried.log_odds, trees.tried.log_odds, strict=True)
    ]
    return judged(stages, log_odds, logistic.tried.seconds + trees.tried.seconds)


def _champion(stages: Sequence[Stage], recipe: Recipe) -> Candidate:
    started = time.perf_counter()
    log_odds = [fit_blend(stage.encoder, stage.fit, recipe).log_odds(stage.judge.X) for stage in stages]
    return Candidate("champion", recipe, np.concatenate(log_odds), time.perf_counter() - started)


def _verdict(fitted: Sequence[Fitted], baselines: Sequence[Candidate], labels: Labels) -> tuple[Candidate | None, str]:
    """Of the candidates that beat every baseline, the richest, unless a plainer one is clearly better; None where no
    candidate does. With it a sentence for people."""
    worthy = [one for one in fitted if all(_beats(one.candidate, baseline, labels) for baseline in baselines)]
    if not worthy:
        return None, _no_winner(min(fitted, key=lambda one: one.tried.loss).candidate, baselines, labels)
    *plainer, richest = worthy
    paying = [one for one in plainer if one.tried.clearly_beats(richest.tried)]
    best = min([richest, *paying], key=lambda one: one.tried.loss)
    known = ", ".join(f"{baseline.name} {labels.losses(baseline.log_odds).mean():.4f}" for baseline in baselines)
    return best.candidate, (
        f"{best.name} wins on {len(labels.y)} judged leads: log loss {best.tried.loss:.4f} ({known})"
    )


def _beats(candidate: Candidate, baseline: Candidate, labels: Labels) -> bool:
    """By more than one standard error: a table of pure noise may pass that, but with a model that says next to nothing,
    while twice the error would turn away what three hundred leads have to tell."""
    gain, error = _gain(candidate, baseline, labels)
    return gain > error


def _gain(candidate: Candidate, baseline: Candidate, labels: Labels) -> tuple[float, float]:
    """The paired difference of log loss, in nats a lead, and its standard error."""
    gains = labels.losses(baseline.log_odds) - labels.losses(candidate.log_odds)
    return float(gains.mean()), float(gains.std() / np.sqrt(len(gains)))


def _no_winner(best: Candidate, baselines: Sequence[Candidate], labels: Labels) -> str:
    baseline = next(one for one in baselines if not _beats(best, one, labels))
    gain, error = _gain(best, baseline, labels)
    return (
        f"the best fitted candidate ({best.name}) does not beat the {baseline.name} by more than chance: "
        f"{gain:+.4f} nats a lead, standard error {error:.4f}, on {len(labels.y)} judged leads"
    )
