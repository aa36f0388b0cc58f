from pathlib import Path

import pytest

from benchmarks.retrainings import crm
from tests.training.retraining.company import Company


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """Its ledger holds what the company's CRM knew, and no model serves yet."""
    made = Company(tmp_path_factory.mktemp("past") / "company")
    made.take_in(crm())
    return made


@pytest.fixture
def company(past: Company, tmp_path: Path) -> Company:
    return past.copy(tmp_path / "company")


@pytest.fixture
def empty(tmp_path: Path) -> Company:
    return Company(tmp_path / "company")
