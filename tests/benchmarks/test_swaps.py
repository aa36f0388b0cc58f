"""A champion that is swapped under load costs no request, and every answer is that of the model it names."""

from pathlib import Path

from benchmarks.swaps import Answered, checked, measure
from leads.ledger import open_ledger


def test_five_swaps_under_load(tmp_path: Path) -> None:
    found = measure(tmp_path, swaps=5, requests=300, senders=2, seconds=120)
    assert found["swaps"] == 5
    assert found["requests"] >= 300
    assert (found["failed"], found["wrong"]) == ({}, {})
    assert found["farthest"] <= 1e-12
    assert len(found["models"].keys() - {"scorecard"}) == 5  # which answers where a busy machine holds a model up
    assert found["told_from_the_next_model"] > 0.9 * found["requests"]
    assert sum(found["models"].values()) == found["requests"]
    ledger = open_ledger(f"sqlite:///{tmp_path / 'home' / 'accord.db'}")
    with ledger.reading() as connection:
        decision = connection.exec_driver_sql("select id, model, probability from decisions limit 1").one()
    changed = [
        Answered(decision[0], decision[1], decision[2] + 1e-11, 0.0),
        Answered(decision[0], "conversion/9", 0, 0),
    ]
    assert checked(ledger, changed)["wrong"] == {"off": 1, "another model than was kept": 1}
    ledger.close()
