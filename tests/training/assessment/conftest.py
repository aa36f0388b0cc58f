from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from features.matrix import many, plan
from leads.lead import Route
from leads.ledger import Ledger, champion, open_ledger, promote, save_bundle
from models.bundle import bundle_files, pack
from models.logistic import LogisticRecipe
from models.scorer import Scorer
from tests.training.assessment.company import AGREEMENT, UNTIL, WITHIN, Lead, leads, written
from training.golden import golden_leads
from training.recipe import Recipe, fit_recipe
from training.retraining.history import known_at, read_history

GATES = [{"name": "prediction", "passed": True, "sentence": "It is better by 0.0123.", "numbers": {}}]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[[list[Lead]], Ledger]]:
    ledgers = list[Ledger]()

    def open_with(made: list[Lead]) -> Ledger:
        ledgers.append(open_ledger(f"sqlite:///{tmp_path / f'ledger{len(ledgers)}.db'}"))
        written(ledgers[-1], made)
        return ledgers[-1]

    yield open_with
    for ledger in ledgers:
        ledger.close()


def mixed(lead: Lead, draw: np.random.Generator) -> None:
    """Most of what a ledger holds: both routes, history, second forms, promises that are too high for one size."""
    route: Route = "nurture" if lead.promised < 0.12 else "sales"
    lead.route = route
    if lead.day > 330:
        lead.cause = "imported"
    if draw.random() < 0.1 and lead.day > 20 and lead.cause != "imported":
        lead.again = (3.0, 9.0)
    if draw.random() < 0.02:
        lead.left_out = True
    if lead.said["size"] == "more":
        lead.promised = min(0.9, lead.promised * 2.5)


@pytest.fixture(scope="package")
def mixture() -> list[Lead]:
    return leads(1_600, 400, 7, mixed)


def make_champion(ledger: Ledger, days_ago: float) -> int:
    """A logistic that learned from what came before."""
    from datetime import timedelta

    until = UNTIL - timedelta(days=days_ago)
    history = read_history(ledger, AGREEMENT, until)
    mature = np.flatnonzero(history.decided_at <= history.until - WITHIN)
    features = plan(AGREEMENT.form.fields, AGREEMENT.sales.timezone)
    values = history.values.iloc[mature].reset_index(drop=True)
    y = known_at(history, history.until).y[mature]
    blend = fit_recipe(features, many(features, values), y, Recipe(LogisticRecipe(), None))
    fields = AGREEMENT.form.fields
    files = bundle_files(Scorer(features, blend, "logistic"), fields, "Europe/Berlin", golden_leads(fields, values))
    number = save_bundle(ledger, pack(files), {"until": until.isoformat(), "gates": GATES, "rung": "logistic"})
    promote(ledger, number, champion(ledger), "test")
    return number
