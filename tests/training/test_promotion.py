"""Rows 81 and 82 of the table of bad input: a model is promoted by its number in the ledger, never by a path."""

from pathlib import Path

import pytest

from leads.ledger import champion, open_ledger, promotions, save_bundle
from models.bundle import pack
from tests.bundles import trained
from tests.conftest import Accord
from tests.serving.conftest import AGREEMENT

NAMES = ["../../x", "file:///etc/passwd", "1/../2", "conversion/1", "https://example.com/model", "-1", "1e9", ""]


@pytest.mark.parametrize("name", NAMES, ids=lambda name: f"82 {name or 'nothing'}")
def test_a_name_or_a_path_is_no_model(accord: Accord, name: str) -> None:
    said = accord("promote", name, expect=2).stderr
    assert "Traceback" not in said
    assert "invalid int value" in said or "There is no model" in said


def test_81_what_cannot_serve_leaves_the_champion_alone(accord: Accord, tmp_path: Path) -> None:
    ledger = open_ledger(f"sqlite:///{tmp_path / 'home' / 'accord.db'}")
    good = pack(trained(AGREEMENT))
    save_bundle(ledger, good, {})
    save_bundle(ledger, good[:-20], {})
    accord("promote", "1")
    assert "There is no model 3" in accord("promote", "3", expect=2).stderr
    assert "Model 2 may not serve" in accord("promote", "2", expect=1).stderr
    assert (champion(ledger), len(promotions(ledger))) == (1, 1)
    ledger.close()
