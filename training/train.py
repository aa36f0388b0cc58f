"""The training job: from a table of past leads to a bundle in the ledger, and a record of how it got there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from features.matrix import Feature, many, plan
from leads.agreement import Agreement
from leads.ledger.book import Ledger
from leads.ledger.bundle import champion, load_bundle, promote
from models.blend import Blend
from models.bundle import Files, bundle_files, digest, pack
from models.encoder import Array, fit_encoder
from models.pricing import price_under
from models.rules import plan_of
from models.scorecard import scorecard_scorer
from models.scorer import Scorer, sigmoids
from training.audition import Audition, Candidate, hold_audition
from training.cohort import Cohort, read_cohort
from training.evaluation import capacity_share, metrics
from training.forgotten import forgotten_people
from training.golden import golden_leads
from training.recipe import Recipe, fit_recipe
from training.record import CandidateRecord, TrainingRecord
from training.recording import candidate_record, labelled, overview
from training.saving import save_verified
from training.splits import Protocol, block_protocol, forward_protocol
from training.stage import Progress, make_stages

FIRST_CHAMPION = "the first model that beat the base rate and the scorecard"


@dataclass(frozen=True)
class Training:
    """`record` is None where there were too few leads even to compare; `number` is None where nothing beat the
    scorecard, which then goes on answering."""

    cohort: Cohort
    record: TrainingRecord | None
    number: int | None
    promoted: bool
    why: str


@dataclass(frozen=True)
class Winner:
    """The winning recipe refitted on every row, and what it said of the newest rows before it had seen them."""

    candidate: Candidate
    scorer: Scorer
    newest_log_odds: Array


def train(path: Path, agreement: Agreement, ledger: Ledger, budget: float, progress: Progress) -> Training:
    """Everything but MLflow, so that a training is never lost to a tracking server that is away."""
    # Beside other work the threads of the linear algebra wait for each other, and one is many times faster.
    with threadpool_limits(limits=1):
        return _train(path, agreement, ledger, budget, progress)


def _train(path: Path, agreement: Agreement, ledger: Ledger, budget: float, progress: Progress) -> Training:
    started = datetime.now(UTC)
    progress(f"reading {path.name}")
    cohort = read_cohort(path, agreement, forgotten_people(ledger))
    protocol = choose_protocol(cohort)
    if protocol is None:
        return Training(cohort, None, None, False, _too_few(cohort))
    features = plan_of(agreement)
    progress("making features")
    matrix = many(features, cohort.values)
    if not fit_encoder(plan(agreement.form.fields, agreement.sales.timezone), matrix).columns:
        return Training(cohort, None, None, False, "no field differs between leads, so the scorecard goes on answering")
    serving = champion(ledger)
    scorecard = _scorecard(agreement, cohort)[protocol.judged]
    stages = make_stages(features, matrix, cohort.y, protocol)
    audition = hold_audition(stages, scorecard, _recipe(ledger, serving), budget, progress)
    winner = _winner(audition, features, matrix, cohort, protocol, progress)
    files = _files(winner, agreement, cohort)
    number = _save(ledger, files, winner, audition, cohort, progress) if winner else None
    first = number is not None and serving is None
    if number is not None and first:
        promote(ledger, number, None, FIRST_CHAMPION, price_under(ledger, number))
    record = _record(started, agreement, cohort, protocol, audition, winner, matrix, files, number, first)
    return Training(cohort, record, number, first, audition.why)


def choose_protocol(cohort: Cohort) -> Protocol | None:
    """Forward in time where an order is known; blocks where it is not, or where time leaves one class only."""
    forward = forward_protocol(cohort.y, cohort.person) if cohort.ordered else None
    return forward or block_protocol(cohort.y, cohort.person)


def _too_few(cohort: Cohort) -> str:
    return (
        f"{len(cohort.y)} leads may teach, {int(cohort.y.sum())} of them converted: two of each kind are the least "
        "that anything can be judged on, so the scorecard goes on answering"
    )


def _scorecard(agreement: Agreement, cohort: Cohort) -> Array:
    return scorecard_scorer(agreement).log_odds_table(cohort.values)


def _recipe(ledger: Ledger, number: int | None) -> Recipe | None:
    return None if number is None else Recipe.from_json(load_bundle(ledger, number).facts["recipe"])


def _winner(
    audition: Audition,
    features: Sequence[Feature],
    matrix: pd.DataFrame,
    cohort: Cohort,
    protocol: Protocol,
    progress: Progress,
) -> Winner | None:
    won = audition.winner
    if won is None or won.recipe is None:
        return None
    older, newest = protocol.older, protocol.newest
    before = fit_recipe(features, matrix.iloc[older], cohort.y[older], won.recipe) if len(newest) else None
    said = before.log_odds(before.encoder.table(matrix.iloc[newest])) if before else np.empty(0)
    progress(f"refitting {won.name} on all leads")
    scorer = Scorer(tuple(features), _refitted(features, matrix, cohort, won.recipe), won.recipe.rung)
    return Winner(won, scorer, said)


def _refitted(features: Sequence[Feature], matrix: pd.DataFrame, cohort: Cohort, recipe: Recipe) -> Blend:
    """On every row. Young ones judge nothing, since nobody knows yet what becomes of them, but they teach here."""
    young = cohort.waiting
    if young is None:
        return fit_recipe(features, matrix, cohort.y, recipe)
    rows = pd.concat([matrix, many(features, young.values)], ignore_index=True)
    maturity = np.append(np.ones(len(matrix)), young.maturity)
    return fit_recipe(features, rows, np.append(cohort.y, young.y), recipe, maturity)


def _files(winner: Winner | None, agreement: Agreement, cohort: Cohort) -> Files:
    if winner is None:
        return {}
    fields = agreement.form.fields
    return bundle_files(winner.scorer, fields, agreement.sales.timezone, golden_leads(fields, cohort.values))


def _save(ledger: Ledger, files: Files, winner: Winner, audition: Audition, cohort: Cohort, progress: Progress) -> int:
    progress("checking the bundle in a child process")
    recipe = winner.candidate.recipe
    facts = {
        "rung": winner.scorer.rung,
        "recipe": recipe.to_json() if recipe else None,
        "rows": len(cohort.y),
        "table": cohort.name,
        "why": audition.why,
    }
    return save_verified(files, facts, ledger)


def _record(
    started: datetime,
    agreement: Agreement,
    cohort: Cohort,
    protocol: Protocol,
    audition: Audition,
    winner: Winner | None,
    matrix: pd.DataFrame,
    files: Files,
    number: int | None,
    promoted: bool,
) -> TrainingRecord:
    capacity = capacity_share(agreement)
    data = pack(files)
    size = {winner.candidate.name: float(len(data))} if winner else {}
    newest, newest_y = protocol.newest, cohort.y[protocol.newest]
    said = winner.newest_log_odds if winner else np.empty(0)
    return TrainingRecord(
        started_at=started,
        table_name=cohort.name,
        rows={
            "fit": len(protocol.older),
            "judge": len(audition.labels),
            "newest": len(newest),
            "forgotten": cohort.forgotten,
        },
        labels=audition.labels,
        candidates=[_candidate(one, audition.labels, capacity, size) for one in audition.candidates],
        winner=winner.candidate.name if winner else "scorecard",
        why=audition.why,
        newest_metrics=metrics(newest_y, said, capacity) if len(said) else {},
        newest_labels=newest_y if len(said) else np.empty(0),
        newest_probabilities=sigmoids(said),
        tables={
            name: labelled(matrix.iloc[rows], cohort.y[rows])
            for name, rows in (("train", protocol.older), ("newest", newest))
        },
        agreement_digest=agreement.digest,
        bundle=files,
        bundle_sha256=digest(data),
        number=number or 0,
        ignored_columns=cohort.ignored,
        reasons_overview=overview(winner.scorer, matrix) if winner else {},
        protocol=protocol.words,
        promoted=promoted,
    )


def _candidate(candidate: Candidate, labels: Array, capacity: float, size: dict[str, float]) -> CandidateRecord:
    extra = {"fit_seconds": candidate.seconds}
    if candidate.name in size:
        extra["bundle_bytes"] = size[candidate.name]
    return candidate_record(
        candidate.name, candidate.recipe, candidate.log_odds, labels, capacity, extra, candidate.curve
    )
