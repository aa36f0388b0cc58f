from benchmarks.schema_fuzz import run

CASES = 1_000
SEED = 20_261_122


def test_the_service_answers_as_it_describes_itself() -> None:
    found = run(CASES, SEED)
    assert found["failures"] == []
    assert found["cases"] >= CASES
