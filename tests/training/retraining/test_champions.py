"""What serves already: its recipe stands for a model that may have learned from the judging leads; live leads and
imported ones teach together."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from benchmarks.retrainings import LEADS, crm
from leads.ledger import promote, save_bundle
from models.bundle import pack
from tests.bundles import trained
from tests.serving.conftest import AGREEMENT as OTHER_FORM
from tests.serving.office import SALES, Office, people
from tests.training.retraining.company import Company
from training.retraining.history import known_at, read_history
from training.retraining.study import facts_at

BEGIN = datetime(2026, 7, 6, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
TABLE = """
[table]
target = "converted"
positive = "1"
arrived = "created_at"
converted_at = "won_date"
"""


def test_the_recipe_stands_for_a_champion_that_may_have_learned_from_the_judging_leads(company: Company) -> None:
    crm().to_csv(company.place / "crm.csv", index=False)
    company("train", company.place / "crm.csv", "--budget", 0)
    assert company.champion() == 1
    told = company.retrain()
    assert "champion" in {one["name"] for one in told["candidates"]}
    assert "scorecard" in {one["name"] for one in told["candidates"]}
    assert company.champion() == (2 if told["promoted"] else 1)
    (prediction,) = [gate for gate in told["gates"] if gate["name"] == "prediction"]
    losses = {one["name"]: one["log_loss"] for one in told["candidates"]}
    assert prediction["numbers"]["champion_log_loss"] == pytest.approx(losses["champion"], abs=1e-4)
    assert losses["champion"] > 0.9 * losses["logistic"]  # not by what it knows of them already


def test_a_champion_that_cannot_be_opened_is_replaced_all_the_same(company: Company) -> None:
    """Then the scorecard answers, so that is what a new model must beat."""
    with company.ledger() as ledger:
        damaged = pack(trained(OTHER_FORM))[:-20]
        promote(ledger, save_bundle(ledger, damaged, {}), None, "by hand")
    told = company.retrain()
    assert (told["result"], told["model"]) == ("promoted", "conversion/2")
    assert "scorecard" in {one["name"] for one in told["candidates"]}
    assert 0 < company.score() < 1


def test_on_postgresql_the_same_is_known(past: Company, postgres: str, tmp_path: Path) -> None:
    other = Company(tmp_path / "other", ACCORD_DATABASE_URL=postgres)
    other.take_in(crm())
    one, two = past.history(), other.history()
    assert len(one) == len(two) == LEADS
    for name in ("decided_at", "converted_after", "known_after", "followed", "weight"):
        assert np.array_equal(getattr(one, name), getattr(two, name))
    assert one.values.equals(two.values)


def test_live_and_imported_leads_teach_together(tmp_path: Path) -> None:
    """And none of them is a plain negative while it is young."""
    company = Company(tmp_path / "company")
    office = Office(company.database, BEGIN, SALES + people("anna") + TABLE)
    try:
        table = "email,country,hot,created_at,converted,won_date\n" + "".join(
            f"old{n}@example.com,DE,{n % 2},2026-06-{1 + n % 28:02} 09:00:00+00:00,{n % 3 // 2},2026-06-30\n"
            for n in range(30)
        )
        (company.place / "past.csv").write_text(table.replace(",0,2026-06-30", ",0,"))
        company("import", "leads", company.place / "past.csv")
        live = [office.send(hot=bool(n % 2), country="DE") for n in range(12)]
        office.now += 20 * DAY
        for lead in live[:4]:
            office.tell(lead, "converted")
        history = read_history(office.ledger, office.agreement, datetime.now(UTC) + 30 * DAY)
    finally:
        office.close()
    live_rows = np.isfinite(history.action)
    assert (live_rows.sum(), (~live_rows).sum()) == (12, 30)
    for days in (1, 10, 19.5, 21, 60, 89):
        moment = BEGIN.timestamp() / 86_400 + days
        rows = np.flatnonzero(history.decided_at < moment)
        known, facts = known_at(history, moment), facts_at(history, rows, moment)
        young = (known.age[rows] < history.horizon) & (facts.y == 0)
        assert young.any()
        assert (facts.maturity[young] < 1).all()
        told = facts.y[live_rows[rows]].sum()
        assert told == (4 if days > 20 else 0)
