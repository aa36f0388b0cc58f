"""Which model serves: one compare-and-set in the ledger; MLflow's aliases follow."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from leads.ledger.book import Ledger
from leads.ledger.bundle import (
    ROLLED_BACK,
    brought_by,
    champion,
    load_bundle,
    promote,
    promotions,
    returned_from,
)
from leads.ledger.opening import open_ledger
from leads.refusal import Failure, Refusal
from leads.settings import settings
from models.bundle import BundleRefused
from models.naming import model_or_none
from models.pricing import price_under
from models.verification import verified_files

BY_HAND = "promoted by hand"
LONGEST_REASON = 500


@dataclass(frozen=True)
class Change:
    """The model that serves now and the one that did before, None for the scorecard. `reason` is kept with the
    promotion; `warning` is what MLflow does not know of it, or what was found there."""

    number: int | None
    before: int | None
    reason: str
    warning: str | None


def promote_model(number: int, override: str | None = None) -> Change:
    """Refusal where a gate refused the model, or the service gave it up by itself, unless `override` says why it is to
    serve all the same."""
    with _ledger() as ledger:
        before = champion(ledger)
        if before == number:
            raise Refusal(f"Model {number} serves already.")
        return _move(ledger, number, before, _reason(number, objection(ledger, number), override))


def roll_back() -> Change:
    """To what the present champion replaced, in the end the scorecard. A second rollback goes one further back and not
    forth again."""
    with _ledger() as ledger:
        before = champion(ledger)
        arrival = brought_by(promotions(ledger), before) if before is not None else None
        if arrival is None:
            raise Refusal("No model serves, so there is none to go back from; the agreement's scorecard does.")
        return _move(ledger, arrival.replaced, before, ROLLED_BACK)


def objection(ledger: Ledger, number: int) -> str | None:
    """What speaks against the model, in a sentence; None where nothing does. Refusal where there is no such model."""
    refused = load_bundle(ledger, number).facts.get("refused")
    if refused:
        return f"A gate refused model {number}: {_ended(str(refused))}"
    wrong = returned_from(promotions(ledger), number)
    return f"Model {number} served before and was given up by itself: {_ended(wrong)}" if wrong else None


def passed_gates(ledger: Ledger, number: int) -> bool:
    """False also for a model that no gate judged."""
    facts = load_bundle(ledger, number).facts
    return bool(facts.get("gates")) and not facts.get("refused")


def let_serve(ledger: Ledger, number: int | None, before: int | None, reason: str) -> None:
    """Failure where the bundle may not serve, Stale where `before` serves no longer; then nothing was changed. None
    lets the scorecard serve."""
    if number is not None:
        _verify(ledger, number)
    promote(ledger, number, before, reason, price_under(ledger, number))


def _verify(ledger: Ledger, number: int) -> None:
    saved = load_bundle(ledger, number)
    try:
        verified_files(saved.data, saved.sha256)
    except BundleRefused as refused:
        raise Failure(f"Model {number} may not serve: {refused}. Nothing was changed.") from None


def told(change: Change, *, as_json: bool) -> str:
    if as_json:
        facts = {"before": change.before, "reason": change.reason, "warning": change.warning}
        return json.dumps({"model": model_or_none(change.number), **facts}, ensure_ascii=False)
    now, before = ("the scorecard" if one is None else f"model {one}" for one in (change.number, change.before))
    lines = [f"{now[0].upper()}{now[1:]} serves now; before it was {before}. Running services follow within seconds."]
    return "\n".join(lines + ([f"About MLflow: {change.warning}"] if change.warning else []))


@contextmanager
def _ledger() -> Iterator[Ledger]:
    ledger = open_ledger(settings().database_url)
    try:
        yield ledger
    finally:
        ledger.close()


def _reason(number: int, spoken: str | None, override: str | None) -> str:
    why = " ".join(override.split()) if override is not None else None
    if why == "" or len(why or "") > LONGEST_REASON:
        raise Refusal(f"--override takes the reason in words, at most {LONGEST_REASON} letters of them.")
    if spoken is not None and why is None:
        raise Refusal(
            f"{spoken} Nothing was changed. If it is to serve all the same, say why, which is kept: "
            f'`accord promote {number} --override "why"`'
        )
    if why is None:
        return BY_HAND
    return f"{BY_HAND}: {why}" if spoken is None else f"{BY_HAND} all the same: {why} ({_ended(spoken).rstrip('.')})"


def _move(ledger: Ledger, number: int | None, before: int | None, reason: str) -> Change:
    let_serve(ledger, number, before, reason)
    return Change(number, before, reason, _tell_mlflow(ledger))


def _tell_mlflow(ledger: Ledger) -> str | None:
    from training.experiment.aliases import reconcile

    try:
        return " ".join(reconcile(settings(), ledger)) or None
    except Failure as failure:
        return str(failure)


def _ended(sentence: str) -> str:
    return sentence if sentence.rstrip().endswith((".", "!", "?")) else f"{sentence.rstrip()}."
