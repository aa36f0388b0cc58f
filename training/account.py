"""What a training did, told to a person and to a program."""

from __future__ import annotations

import json
from typing import Any

from models.naming import model_name
from training.cohort import Cohort
from training.record import CandidateRecord
from training.run import Account

HEADLINES = ("log_loss", "roc_auc", "brier", "ece", "lift_at_10pct")


def account_json(account: Account) -> str:
    training, record = account.training, account.training.record
    document: dict[str, Any] = {
        "model": model_name(training.number) if training.number else None,
        "run_id": account.run_id,
        "scored_by": record.winner if record else "scorecard",
        "promoted": training.promoted,
        "why": training.why,
        "rows": len(training.cohort.y),
        "young_rows": training.cohort.young,
        "young_rows_teach": training.cohort.waiting is not None,
        "forgotten_rows": training.cohort.forgotten,
        "metrics": _winner(account).metrics if record else {},
        "newest": record.newest_metrics if record else {},
        "candidates": [_brief(candidate) for candidate in record.candidates] if record else [],
        "ignored_columns": training.cohort.ignored,
        "absent_columns": training.cohort.absent,
        "bad_cells": dict(training.cohort.bad_cells),
        "seconds": round(account.seconds, 2),
        "warning": account.warning,
    }
    return json.dumps(document, ensure_ascii=False)


def account_words(account: Account) -> str:
    training = account.training
    lines = [*_cohort_words(account)]
    if training.record is not None:
        lines += ["", _judged_words(account), *_table(training.record.candidates), "", *_newest_words(account)]
    lines += ["", training.why[:1].upper() + training.why[1:] + ".", *_next_words(account)]
    if account.warning:
        lines.append(f"Not everything worked: {account.warning}")
    return "\n".join(lines)


def _cohort_words(account: Account) -> list[str]:
    cohort = account.training.cohort
    rate = f", {cohort.y.mean():.1%} of them converted" if len(cohort.y) else ""
    lines = [f"Learned from {len(cohort.y)} leads of {cohort.name}{rate}."]
    if cohort.young:
        lines.append(_young_words(cohort))
    if cohort.forgotten:
        lines.append(f"Left out because these people asked to be forgotten: {cohort.forgotten} rows.")
    return lines


def _young_words(cohort: Cohort) -> str:
    if cohort.waiting is None:
        return f"{cohort.young} younger leads were left out: their time to convert had not passed."
    return (
        f"{cohort.young} younger leads, {cohort.waiting.y.sum():.0f} of them converted so far, teach by how much of "
        f"their time to convert has passed (half of all conversions come within {cohort.waiting.half_days:.0f} days). "
        "They judge nothing."
    )


def _judged_words(account: Account) -> str:
    record = account.training.record
    if record is None:
        return ""
    return f"Judged on {record.rows['judge']} leads, by {record.protocol}:"


def _table(candidates: list[CandidateRecord]) -> list[str]:
    head = "  {:<11}{:>9}{:>9}{:>9}{:>9}{:>10}{:>9}".format(
        "", "log loss", "ROC AUC", "Brier", "ECE", "top-10 %", "seconds"
    )
    return [head, *(_line(candidate) for candidate in candidates)]


def _line(candidate: CandidateRecord) -> str:
    figures = [candidate.metrics.get(name) for name in HEADLINES]
    told = ["      –" if figure is None else f"{figure:.4f}" for figure in figures[:4]]
    lift = "–" if figures[4] is None else f"{figures[4]:.2f}×"
    return (
        f"  {candidate.name:<11}"
        + "".join(f"{one:>9}" for one in told)
        + f"{lift:>10}"
        + (f"{candidate.metrics['fit_seconds']:>9.1f}")
    )


def _newest_words(account: Account) -> list[str]:
    record = account.training.record
    if record is None or not record.newest_metrics:
        return []
    figures = record.newest_metrics
    auc = f", ROC AUC {figures['roc_auc']:.4f}" if "roc_auc" in figures else ""
    which = "newest" if account.training.cohort.ordered else "last"
    return [
        f"On the {which} {record.rows['newest']} leads, which chose nothing: log loss {figures['log_loss']:.4f}{auc}, "
        f"ECE {figures['ece']:.3f}."
    ]


def _next_words(account: Account) -> list[str]:
    training = account.training
    if training.number is None:
        return ["No model was saved; the agreement's scorecard goes on answering."]
    if training.promoted:
        return [f"Model {training.number} serves from now on. Next: `accord serve`, or `accord mlflow` to compare."]
    return [
        *_beside_champion(account),
        f"Model {training.number} is the challenger. To let it serve: `accord promote {training.number}`",
    ]


def _beside_champion(account: Account) -> list[str]:
    """A challenger that is no better is worth a word before somebody promotes it."""
    candidates = account.training.record.candidates if account.training.record else []
    champion = next((one for one in candidates if one.name == "champion"), None)
    if champion is None:
        return []
    gain = champion.metrics["log_loss"] - _winner(account).metrics["log_loss"]
    if gain > 0:
        return [f"Its log loss is {gain:.4f} below that of the champion's recipe on the same leads."]
    return ["It is no better than the champion's recipe on the same leads: there is no reason to promote it."]


def _winner(account: Account) -> CandidateRecord:
    record = account.training.record
    if record is None:
        raise ValueError("nothing was compared")
    return next(candidate for candidate in record.candidates if candidate.name == record.winner)


def _brief(candidate: CandidateRecord) -> dict[str, Any]:
    return {
        "name": candidate.name,
        "log_loss": candidate.metrics["log_loss"],
        "roc_auc": candidate.metrics.get("roc_auc"),
        "brier": candidate.metrics["brier"],
        "ece": candidate.metrics["ece"],
        "fit_seconds": round(candidate.metrics["fit_seconds"], 3),
    }
