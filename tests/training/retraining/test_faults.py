"""What may go wrong with a retraining: it ends in a clear sentence, and what served goes on serving."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import select, text

from benchmarks.retrainings import AGREEMENT, crm
from leads.agreement import parse_agreement
from leads.ledger import adopt_agreement, promote, save_bundle, tables
from leads.ledger.retraining import begin_retraining, retraining_alone, retrainings
from models.bundle import pack
from tests.bundles import trained
from tests.serving.conftest import AGREEMENT as OF_THE_BUNDLE
from tests.training.retraining.company import Company
from training.retraining.history import known_at
from training.retraining.study import facts_at

PATIENCE = 120.0
Change = Callable[[pd.DataFrame], pd.DataFrame]


def without_labels(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(converted=0, won_date=None)


def all_converted(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(converted=1, won_date=table["created_at"].dt.strftime("%Y-%m-%d"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda table: table.head(0), "no lead that may teach"),
        (lambda table: table.tail(100), "days old, and what becomes of a lead is known after 60"),
        (without_labels, "with 0 conversions, must be at least 400 with 20"),
        (all_converted, "too little was known to choose anything by"),
    ],
    ids=["no leads", "young leads", "no outcomes", "one class"],
)
def test_too_little_is_known(empty: Company, change: Change, said: str) -> None:
    table = change(crm())
    if len(table):
        empty.take_in(table)
    told = empty.retrain()
    assert (told["result"], told["promoted"], told["model"]) == ("too-early", False, None)
    assert said in told["why"]
    assert "It is too early to learn" in empty("retrain", "--budget", 0)
    assert empty.champion() is None
    assert 0 < empty.score() < 1


def test_a_longer_horizon_waits_until_leads_are_old_enough(company: Company) -> None:
    text = AGREEMENT.replace("within_days = 60", "within_days = 700")
    with company.ledger() as ledger:
        adopt_agreement(ledger, text, parse_agreement(text).digest)
    told = company.retrain()
    assert told["result"] == "too-early"
    assert "known after 700" in told["why"]


def test_what_was_put_right_or_erased_is_so_for_the_next(company: Company) -> None:
    before = company.history()
    with company.ledger() as ledger, ledger.reading() as connection:
        here = tables.outcomes
        row = connection.execute(select(here).where(here.c.type == "converted").limit(1)).one()
        others = select(tables.submissions.c.form).where(tables.submissions.c.lead != row.lead).limit(1)
        email = connection.scalars(others).one()["email"]
    company("erase", "--person", email, "--yes")
    when = (row.occurred_at + timedelta(days=1)).isoformat()
    wrong = pd.DataFrame({"lead": [row.lead], "type": ["lost"], "occurred_at": [when], "reason": ["bad-fit"]})
    wrong.to_csv(company.place / "lost.csv", index=False)
    company("import", "outcomes", company.place / "lost.csv")
    after = company.history()
    assert len(after) == len(before) - 1
    assert known_at(after, after.until).y.sum() in (known_at(before, before.until).y.sum() - k for k in (1, 2))


def test_no_young_lead_is_plainly_a_negative(past: Company) -> None:
    history = past.history()
    first, last = history.decided_at[0], history.decided_at[-1]
    for moment in [*np.linspace(first + 1, last + 59, 40), history.until]:
        rows = np.flatnonzero(history.decided_at < moment)
        known, facts = known_at(history, moment), facts_at(history, rows, moment)
        young = (known.age[rows] < history.horizon) & (facts.y == 0)
        assert (facts.maturity[young] < 1).all()
        assert (facts.maturity[known.age[rows] >= history.horizon] == 1).all()


def test_a_locked_ledger_is_told_and_nothing_is_changed(company: Company) -> None:
    with closing(sqlite3.connect(company.home / "accord.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        said = company("retrain", expect=1)
    assert "locked" in said or "busy" in said
    assert company.story() == []
    assert company.champion() is None


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_of_two_at_once_one_works_and_the_other_says_so(
    kind: str, empty: Company, request: pytest.FixtureRequest
) -> None:
    if kind == "postgresql":
        empty.settings["ACCORD_DATABASE_URL"] = request.getfixturevalue("postgres")
    with empty.ledger() as ledger, retraining_alone(ledger):
        with empty.apart("retrain") as other:
            said = other.communicate(timeout=PATIENCE)[0]
        assert other.returncode == 1
        assert "running already" in said
    assert empty.retrain()["result"] == "too-early"


def test_one_that_was_killed_after_it_promoted_is_told_as_promoted(empty: Company) -> None:
    now = datetime.now(UTC)
    with empty.ledger() as ledger:
        begun = begin_retraining(ledger, now, None)
        facts = {"retraining": begun.id, "why": "The challenger passed every gate.", "gates": []}
        number = save_bundle(ledger, pack(trained(OF_THE_BUNDLE)), facts)
        promote(ledger, number, None, "retraining 1")
        another = begin_retraining(ledger, now, number)
        newest, before = retrainings(ledger)
        assert (newest.id, another.id) == (begun.id + 1, begun.id + 1)
        assert (before.result, before.bundle) == ("promoted", number)
        by_hand = save_bundle(ledger, pack(trained(OF_THE_BUNDLE)), {})
        promote(ledger, by_hand, number, "by hand")
        begin_retraining(ledger, now, by_hand)
        assert [one.result for one in retrainings(ledger)] == [None, "failed", "promoted"]


def test_what_breaks_off_is_told_without_a_trace(company: Company) -> None:
    """A model whose description makes no sense."""
    with company.ledger() as ledger:
        facts = {"recipe": {"logistic": None, "trees": None, "of": "tomorrow"}}
        promote(ledger, save_bundle(ledger, pack(trained(OF_THE_BUNDLE)), facts), None, "by hand")
    said = company("retrain", "--budget", 0, expect=1)
    assert "The retraining broke off" in said
    assert "The champion serves on" in said
    (told,) = company.story()
    assert told["result"] == "failed"
    assert company.champion() == 1


def test_a_lock_whose_connection_broke_hides_nothing(empty: Company, postgres: str) -> None:
    """A server that was started again meanwhile: what the job came to is told, not that its lock is gone."""
    empty.settings["ACCORD_DATABASE_URL"] = postgres
    with empty.ledger() as ledger:
        with retraining_alone(ledger), ledger.transaction() as connection:
            others = "FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
            connection.execute(text(f"SELECT pg_terminate_backend(pid) {others}"))
        with retraining_alone(ledger):
            pass
