"""Small forms of `python -m benchmarks.reliability kills`."""

from benchmarks.reliability import kills


def test_nothing_acknowledged_is_lost_or_made_twice_on_sqlite() -> None:
    report = kills.measure(submissions=300, kills=4, seed=11)
    assert report.missed(timed=False) == [], report.figures


def test_nothing_acknowledged_is_lost_or_made_twice_on_postgresql() -> None:
    report = kills.measure(submissions=200, kills=3, seed=12, database="postgresql")
    assert report.missed(timed=False) == [], report.figures
