"""Whoever lets a model serve brings its price with it, in the same step."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from leads.agreement import parse_agreement
from leads.ledger import DayPrice, Ledger, adopt_agreement, newest_price, open_ledger, promote, save_bundle
from models.bundle import pack
from tests.bundles import trained
from tests.conftest import AGREEMENT as TABLE_AGREEMENT
from tests.conftest import Accord
from tests.history import remember
from tests.serving.conftest import AGREEMENT as FORM_AGREEMENT

AGREEMENT = FORM_AGREEMENT.replace("[routing]", '[[sales.people]]\nname = "Ann"\ndaily_cap = 2\n[routing]')
FORMS = [{"email": f"p{number}@example.com", "country": ["DE", "FR"][number % 2]} for number in range(200)]


@pytest.fixture
def ledger(tmp_path: Path) -> Callable[[str], Ledger]:
    def opened(text: str) -> Ledger:
        made = open_ledger(f"sqlite:///{tmp_path / 'home' / 'accord.db'}")
        adopt_agreement(made, text, parse_agreement(text).digest)
        return made

    return opened


def price_under(ledger: Ledger, bundle: int) -> DayPrice | None:
    with ledger.reading() as connection:
        saved = newest_price(connection, bundle, 1)
    return saved.price if saved else None


def test_a_promotion_and_a_rollback_bring_the_price_of_their_model(accord: Accord, ledger: Any) -> None:
    here = ledger(AGREEMENT)
    for seed in (1, 2):
        save_bundle(here, pack(trained(AGREEMENT, seed=seed)), {})
    promote(here, 1, None, "before anything was decided")
    remember(here, AGREEMENT, 1, FORMS, datetime.now(UTC))
    accord("promote", "2")
    second = price_under(here, 2)
    assert second is not None
    assert (second.reason, second.bundle) == ("promotion", 2)
    assert price_under(here, 1) is None
    accord("rollback")
    first = price_under(here, 1)
    assert first is not None
    assert first.value != second.value
    here.close()


def test_the_first_champion_of_a_training_brings_its_price(
    accord: Accord, ledger: Any, leads: Callable[..., pd.DataFrame], tmp_path: Path
) -> None:
    here = ledger(TABLE_AGREEMENT)
    forms = [{"email": f"p{number}@example.com", "pages": float(number % 7)} for number in range(200)]
    remember(here, TABLE_AGREEMENT, 1, forms, datetime.now(UTC))
    (tmp_path / "accord.toml").write_text(TABLE_AGREEMENT)
    leads(400).to_csv(tmp_path / "leads.csv", index=False)
    accord("train", "leads.csv", "--budget", "2")
    made = price_under(here, 1)
    assert made is not None
    assert made.reason == "promotion"
    here.close()
