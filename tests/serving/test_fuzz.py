from benchmarks.fuzz import run

CASES = 5_000
SEED = 20_261_122


def test_whatever_is_sent_is_answered_properly() -> None:
    found = run(CASES, SEED)
    assert found["cases"] >= CASES
    assert found["statuses"]["201"] > CASES / 100, "few requests were good enough to reach the ledger"
    assert len(found["codes"]) >= 20, "few checks were met"
