"""However a promotion ends, and however many there are at once, one model is champion: the whole of it or none."""

import json
import subprocess
import sys
from typing import Any

import pytest

from benchmarks.promotions import Stale, champion, open_ledger, promote, save_bundle
from benchmarks.reliability.workplace import ROOT


def measured(database: str) -> dict[str, Any]:
    sizes = ("--kills", "50", "--kills-a-step", "4", "--rounds", "60")
    call = [sys.executable, "-m", "benchmarks.promotions", "--database", database, *sizes]
    done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_one_champion_always(database: str) -> None:
    found = measured(database)
    for kind in ("killed_at_lines", "killed_at_steps", "at_once"):
        assert found[kind]["wrong"] == []
    assert found["killed_at_lines"]["kills"]["died"] == 50
    assert found["killed_at_steps"]["places"] > 8
    assert found["killed_at_steps"]["kills"].keys() == {"died", "the old one serves", "the new one serves"}
    assert found["at_once"]["winners"] == {"1": 60}


def test_who_expects_another_champion_changes_nothing(database: str) -> None:
    ledger = open_ledger(database)
    for _ in range(3):
        save_bundle(ledger, b"bytes", {})
    promote(ledger, 1, None, "test")
    with pytest.raises(Stale, match="You expected model 2 to be champion, but now model 1 serves"):
        promote(ledger, 3, 2, "test")
    assert champion(ledger) == 1
    ledger.close()
