"""From a recipe that was judged to a model of the ledger: fitted on every lead, checked, saved, perhaps promoted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from leads.agreement import Agreement
from leads.ledger.book import Ledger
from leads.ledger.bundle import RETURNED, Stale, bundles, is_arrival, is_return, promote, promotions
from leads.ledger.retraining import Retraining
from models.bundle import Files, bundle_files
from models.pricing import price_under
from models.scorer import Scorer
from training.gates.gate import Gate
from training.gates.refit import near
from training.gates.verdict import Verdict
from training.golden import golden_leads
from training.recipe import Recipe
from training.retraining.contenders import said_by
from training.retraining.judging import Said
from training.retraining.study import Study, fitted, taught
from training.saving import save_verified


@dataclass(frozen=True)
class Refitted:
    """A recipe fitted on every row, young ones included, and whether it is still what was judged."""

    scorer: Scorer
    files: Files
    gate: Gate


@dataclass(frozen=True)
class Installed:
    """A model's number; `refused` says why it does not serve, None where it does."""

    number: int
    scorer: Scorer
    files: Files
    facts: Mapping[str, Any]
    refused: str | None


def refitted(study: Study, recipe: Recipe, judged: Said, agreement: Agreement) -> Refitted:
    history = study.history
    scorer = Scorer(tuple(study.features), fitted(study, recipe, taught(study), history.until), recipe.rung)
    fields = agreement.form.fields
    files = bundle_files(scorer, fields, agreement.sales.timezone, golden_leads(fields, history.values))
    return Refitted(scorer, files, near(judged.log_odds, said_by(study, scorer).log_odds))


def install(
    made: Refitted, recipe: Recipe, verdict: Verdict, begun: Retraining, leads: int, ledger: Ledger
) -> Installed:
    """What a gate refused is saved as well, so that people can look at it and overrule the gate."""
    refused = None if verdict.passed else verdict.sentence
    facts = _facts(made, recipe, verdict, begun, leads)
    number = save_verified(made.files, facts, ledger)
    if refused is None:
        refused = _given_up(recipe, ledger) or _promoted(number, begun, ledger)
    return Installed(number, made.scorer, made.files, facts, refused)


def _facts(made: Refitted, recipe: Recipe, verdict: Verdict, begun: Retraining, leads: int) -> dict[str, Any]:
    return {
        "rung": made.scorer.rung,
        "recipe": recipe.to_json(),
        "rows": leads,
        "table": "the ledger",
        "why": verdict.sentence,
        "retraining": begun.id,
        "until": begun.until.isoformat(),
        "action": made.scorer.action is not None,
        "gates": [gate.facts for gate in verdict.gates],
        "refused": None if verdict.passed else verdict.sentence,
    }


def _given_up(recipe: Recipe, ledger: Ledger) -> str | None:
    """Whether a model of the same settings failed on real leads since anybody wanted one: made anew, it would probably
    fail again, week by week."""
    settings, recipes = recipe.to_json(), {entry.number: entry.facts.get("recipe") for entry in bundles(ledger)}
    for one in reversed(promotions(ledger)):
        if is_return(one) and one.replaced is not None and recipes.get(one.replaced) == settings:
            wrong = one.reason.removeprefix(RETURNED)
            return f"model {one.replaced} has the same settings and was given up by itself: {wrong}"
        if is_arrival(one) and one.bundle is not None and recipes.get(one.bundle) == settings:
            return None
    return None


def _promoted(number: int, begun: Retraining, ledger: Ledger) -> str | None:
    """Why not, where somebody else was quicker."""
    reason = f"retraining {begun.id} of {datetime.now(UTC):%Y-%m-%d} passed every gate"
    try:
        promote(ledger, number, begun.champion, reason, price_under(ledger, number))
    except Stale as stale:
        return str(stale)
    return None
