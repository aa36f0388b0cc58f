"""What a retraining did, told to a person and to a program."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from leads.counted import counted
from leads.ledger.retraining import Result, Retraining
from models.naming import model_or_none
from training.evaluation import log_loss
from training.gates.verdict import Kind
from training.retraining.history import known_at
from training.retraining.retrain import Retrained

RESULTS: Mapping[Result, str] = {
    "promoted": "A new champion serves from now on",
    "challenger": "The challenger passed every gate, but does not serve by itself",
    "kept": "The champion stays",
    "too-early": "It is too early to learn",
    "failed": "It went wrong",
}
KINDS: Mapping[Kind, str] = {
    "new recipe": "a new recipe",
    "new input": "the champion's recipe that also knows who followed up",
    "refresh": "the champion's recipe on newer leads",
}


@dataclass(frozen=True)
class Account:
    """`warning` says what did not work though the retraining did."""

    done: Retrained
    run_id: str | None
    seconds: float
    megabytes: float
    warning: str | None


def account_json(account: Account) -> str:
    ended, history = account.done.ended, account.done.history
    model = model_or_none(ended.bundle)
    document: dict[str, Any] = {
        "retraining": ended.id,
        "result": ended.result,
        "promoted": ended.result == "promoted",
        "why": ended.why,
        "model": model,
        "run_id": account.run_id,
        "until": ended.until.isoformat(),
        "leads": len(np.unique(history.lead)),
        "left_out": dict(history.left_out),
        "lessons": account.done.lessons,
        "candidates": [{"name": name, "log_loss": loss} for name, loss in _losses(account.done)],
        "rung": account.done.rung,
        "next_rung": ended.next_rung,
        "kind": account.done.kind,
        "gates": list(ended.gates or ()),
        "seconds": round(account.seconds, 2),
        "megabytes": round(account.megabytes),
        "warning": account.warning,
    }
    return json.dumps(document, ensure_ascii=False)


def account_words(account: Account) -> str:
    ended = account.done.ended
    lines = [*_learned(account.done), *_table(account.done), *_gates(account.done)]
    lines += ["", f"{RESULTS[ended.result or 'failed']}: {_told(ended)}", *_next(ended), *_rung(account.done)]
    lines.append(f"It took {account.seconds:.0f} s and {account.megabytes:.0f} MB of memory.")
    return "\n".join(lines + ([f"Not everything worked: {account.warning}"] if account.warning else []))


def _learned(done: Retrained) -> Iterator[str]:
    history = done.history
    yield f"Retraining {done.ended.id}, by what the ledger knew on {done.ended.until:%Y-%m-%d %H:%M} UTC."
    y = known_at(history, history.until).y
    leads, converted = len(np.unique(history.lead)), len(np.unique(history.lead[y > 0]))
    yield f"{leads:,} leads may teach, {converted:,} of them converted so far."
    for why, count in sorted(history.left_out.items()):
        yield f"Left out: {counted(count, 'lead')} ({why})."
    yield done.lessons


def _losses(done: Retrained) -> list[tuple[str, float]]:
    if done.study is None:
        return []
    labels = known_at(done.history, done.history.until).y[done.study.window.rows]
    return [(one.name, round(log_loss(labels, one.said.log_odds), 5)) for one in done.contenders]


def _table(done: Retrained) -> Iterator[str]:
    if not done.contenders or done.study is None:
        return
    yield ""
    yield f"On the {len(done.study.window.rows):,} newest leads whose outcome is known, which taught none of them:"
    yield from (f"  {name:<11} log loss {loss:.4f}" for name, loss in _losses(done))


def _gates(done: Retrained) -> Iterator[str]:
    if done.kind:
        yield ""
        yield f"The gates, before {KINDS[done.kind]}:"
    for gate in done.ended.gates or ():
        mark = "passed " if gate["passed"] else "refused"
        yield f"  {mark} {gate['name']:<12} {gate['sentence']}"


def _told(ended: Retraining) -> str:
    told = (ended.why or "no reason is known").removeprefix("The champion stays. ")
    return told if told.endswith(".") else f"{told}."


def _next(ended: Retraining) -> Iterator[str]:
    if ended.bundle is not None and ended.result == "promoted":
        yield f"Model {ended.bundle} serves; running services follow within seconds. Back: `accord rollback`"
    elif ended.bundle is not None and ended.result == "kept":
        yield (
            f"What was refused is model {ended.bundle}. To let it serve all the same: "
            f'`accord promote {ended.bundle} --override "why"`'
        )
    elif ended.bundle is not None:
        yield f"It is model {ended.bundle}. To let it serve: `accord promote {ended.bundle}`"


def _rung(done: Retrained) -> Iterator[str]:
    if done.ended.next_rung:
        yield f"What scores now: {done.rung}. {done.ended.next_rung}"
