"""A table that still knows people who were erased: they teach nothing."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from leads.agreement import parse_agreement
from leads.ledger import Ledger, digests, erase, open_ledger
from leads.person import identities_of_text
from tests.conftest import AGREEMENT, Accord
from training.cohort import read_cohort
from training.forgotten import forgotten_people

WITH_PHONE = AGREEMENT + '\n[form.fields.phone]\nkind = "phone"\n'


def forget(ledger: Ledger, *people: str) -> None:
    with ledger.transaction() as connection:
        for person in people:
            names = digests(ledger, identities_of_text(person))
            erase(connection, names, (), datetime.now(UTC), lambda names: None)


@pytest.fixture
def table(leads: Callable[..., pd.DataFrame], tmp_path: Path) -> Path:
    people = leads(60).assign(phone=[f"+49 30 {1000 + number}" for number in range(60)])
    people.loc[7, "email"] = "Person.SEVEN+fair@Example.com"
    people.loc[9, "email"] = None
    people.to_csv(tmp_path / "history.csv", index=False)
    return tmp_path / "history.csv"


def test_rows_of_erased_people_are_left_out_however_they_are_written(table: Path, tmp_path: Path) -> None:
    ledger = open_ledger(f"sqlite:///{tmp_path / 'accord.db'}")
    agreement = parse_agreement(WITH_PHONE)
    everybody = read_cohort(table, agreement, forgotten_people(ledger))
    assert (len(everybody.y), everybody.forgotten) == (60, 0)
    forget(ledger, "person.seven@example.com", "person8@example.com", "0049301009", "nobody@example.com")
    cohort = read_cohort(table, agreement, forgotten_people(ledger))
    ledger.close()
    assert (len(cohort.y), cohort.forgotten) == (57, 3)
    left = set(everybody.values["phone"]) - set(cohort.values["phone"])
    assert left == {"+49 30 1007", "+49 30 1008", "+49 30 1009"}


def test_a_training_says_how_many_were_left_out_and_nothing_of_whom(
    accord: Accord, table: Path, tmp_path: Path
) -> None:
    (tmp_path / "accord.toml").write_text(WITH_PHONE)
    ledger = open_ledger(f"sqlite:///{tmp_path / 'home' / 'accord.db'}")
    forget(ledger, "person8@example.com")
    ledger.close()
    done = accord("train", table.name, "--budget", 0, "--json")
    assert json.loads(done.stdout)["forgotten_rows"] == 1
    assert json.loads(done.stdout)["rows"] == 59
    assert "person8" not in done.stdout + done.stderr
    told = accord("train", table.name, "--budget", 0).stdout
    assert "Left out because these people asked to be forgotten: 1 rows." in told
