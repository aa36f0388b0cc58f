"""A retraining as MLflow is to show it."""

from __future__ import annotations

import pandas as pd

from leads.agreement import Agreement
from models.bundle import digest, pack
from models.encoder import Array
from training.assessment.evaluation import Evaluation, Subject, evaluation
from training.assessment.forward import Trial
from training.evaluation import capacity_share
from training.record import CandidateRecord, TrainingRecord
from training.recording import candidate_record, labelled, overview
from training.retraining.contenders import Contender
from training.retraining.history import known_at
from training.retraining.retrain import Retrained
from training.retraining.study import Study

PROTOCOL = "leads decided after all that fitted, each old enough for its outcome to be known"


def training_record(done: Retrained, agreement: Agreement) -> TrainingRecord | None:
    """Every contender on the same judging leads; None where nothing was judged."""
    study, installed = done.study, done.installed
    if study is None or not done.contenders:
        return None
    history, rows = done.history, study.window.rows
    labels = known_at(history, history.until).y[rows]
    capacity = capacity_share(agreement)
    files = installed.files if installed else {}
    winner = done.challenge.contender.name if done.challenge else done.contenders[1].name
    return TrainingRecord(
        started_at=done.ended.began_at,
        table_name="the ledger",
        rows={"fit": len(study.older), "judge": len(rows), "newest": 0, "forgotten": 0},
        labels=labels,
        candidates=[_candidate(one, labels, capacity) for one in _named_once(done)],
        winner=winner,
        why=done.ended.why or "",
        newest_metrics={},
        newest_labels=labels[:0],
        newest_probabilities=labels[:0],
        tables=_tables(study),
        agreement_digest=agreement.digest,
        bundle=files,
        bundle_sha256=digest(pack(files)),
        number=installed.number if installed else 0,
        ignored_columns=[],
        reasons_overview=overview(installed.scorer, study.matrix) if installed else {},
        protocol=PROTOCOL,
        promoted=done.ended.result == "promoted",
        name=f"retraining {done.ended.id}",
        tags=_tags(done),
    )


def judged_evaluation(done: Retrained, agreement: Agreement) -> Evaluation | None:
    """Of the model that came of it, by what all contenders said of the judging leads before they learned of them."""
    if done.study is None or done.installed is None or done.challenge is None:
        return None
    installed, serves = done.installed, done.ended.result == "promoted"
    subject = Subject(installed.scorer, installed.number, installed.facts, done.ended.until, serves)
    said = {one.name: one.said.log_odds for one in _named_once(done)}
    trial = Trial(done.study.window.rows, said, done.challenge.contender.name)
    return evaluation(done.history, subject, agreement, trial)


def _named_once(done: Retrained) -> list[Contender]:
    """A refresh is a contender of its own, by the name of its rung."""
    known = {one.name: one for one in done.contenders}
    if done.challenge is not None:
        known[done.challenge.contender.name] = done.challenge.contender
    return list(known.values())


def _candidate(one: Contender, labels: Array, capacity: float) -> CandidateRecord:
    extra = {"fit_seconds": one.seconds}
    return candidate_record(one.name, one.recipe, one.said.log_odds, labels, capacity, extra, one.curve)


def _tables(study: Study) -> dict[str, pd.DataFrame]:
    older = known_at(study.history, study.window.began).y[study.older]
    judging = known_at(study.history, study.history.until).y[study.window.rows]
    return {
        "train": labelled(study.matrix.iloc[study.older], older),
        "judging": labelled(study.matrix.iloc[study.window.rows], judging),
    }


def _tags(done: Retrained) -> dict[str, str]:
    tags = {"retraining": str(done.ended.id), "result": done.ended.result or "", "mlflow.source.name": "accord retrain"}
    tags |= {"kind": done.kind} if done.kind else {}
    gates = {f"gate.{gate['name']}": "passed" if gate["passed"] else "refused" for gate in done.ended.gates or ()}
    return tags | gates
