"""Which model serves: one compare-and-set in the ledger; MLflow's aliases follow."""

from __future__ import annotations

import json
from dataclasses import dataclass

from leads.ledger.book import Ledger
from leads.ledger.bundle import champion, load_bundle, promote, promotions
from leads.ledger.opening import open_ledger
from leads.refusal import Failure, Refusal
from leads.settings import settings
from models.bundle import BundleRefused
from models.champion import REGISTERED_MODEL
from models.pricing import price_under
from models.verification import verified_files

ROLLED_BACK = "rolled back by hand"


@dataclass(frozen=True)
class Change:
    """The model that serves now and the one that did before. `warning`: what MLflow does not know of it."""

    number: int
    before: int | None
    warning: str | None


def promote_model(number: int) -> Change:
    ledger = open_ledger(settings().database_url)
    try:
        before = champion(ledger)
        if before == number:
            raise Refusal(f"Model {number} serves already.")
        return _move(ledger, number, before, "promoted by hand")
    finally:
        ledger.close()


def roll_back() -> Change:
    """To the model that the present champion replaced."""
    ledger = open_ledger(settings().database_url)
    try:
        before = champion(ledger)
        # Going back is no arrival: a second rollback goes one further back and not forth again.
        arrivals = [one for one in promotions(ledger) if one.bundle == before and one.reason != ROLLED_BACK]
        if not arrivals or arrivals[-1].replaced is None:
            raise Refusal("No model served before the present one, so there is none to go back to.")
        return _move(ledger, arrivals[-1].replaced, before, ROLLED_BACK)
    finally:
        ledger.close()


def told(change: Change, *, as_json: bool) -> str:
    if as_json:
        return json.dumps(
            {"model": f"{REGISTERED_MODEL}/{change.number}", "before": change.before, "warning": change.warning}
        )
    before = "the scorecard" if change.before is None else f"model {change.before}"
    lines = [f"Model {change.number} serves now; before it was {before}. Running services follow within seconds."]
    return "\n".join(lines + ([f"Not everything worked: {change.warning}"] if change.warning else []))


def _move(ledger: Ledger, number: int, before: int | None, reason: str) -> Change:
    saved = load_bundle(ledger, number)
    try:
        verified_files(saved.data, saved.sha256)
    except BundleRefused as refused:
        raise Failure(f"Model {number} may not serve: {refused}. Nothing was changed.") from None
    promote(ledger, number, before, reason, price_under(ledger, number))
    return Change(number, before, _tell_mlflow(number, before))


def _tell_mlflow(number: int, before: int | None) -> str | None:
    from training.experiment.log import set_aliases

    try:
        set_aliases(settings(), number, before)
    except Failure as failure:
        return str(failure)
    return None
